/* SPDX-License-Identifier: MIT */
/* read_png.h - a PNG thumbnail as RGBA, by libpng's simple interface. */
#ifndef TEST_SUPPORT_READ_PNG_H
#define TEST_SUPPORT_READ_PNG_H

#include <png.h>

#include "image/pixels.h"

/* False: it is none. */
static inline bool test_read_png(const uint8_t *data, size_t len, struct th_pixels *out)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    *out = (struct th_pixels){0};
    if (!png_image_begin_read_from_memory(&png, data, len)) return false;
    png.format = PNG_FORMAT_RGBA;
    bool ok = th_pixels_init(out, png.width, png.height, 4) &&
              png_image_finish_read(&png, NULL, out->data, 0, NULL);
    png_image_free(&png);
    return ok;
}

/* A pixel by its place, 0 to 1. */
static inline const uint8_t *test_pixel(const struct th_pixels *p, double x, double y)
{
    const size_t column = (size_t)(x * p->width), row = (size_t)(y * p->height);
    return p->data + (row * p->width + column) * p->bands;
}

#endif

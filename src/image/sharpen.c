/* SPDX-License-Identifier: MIT */
#include "image/sharpen.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/sys.h"

/* Brightness of all pixels (BT.601, as in JPEG). */
static void fill_brightness(const struct th_pixels *p, size_t n, uint8_t *out)
{
    const uint8_t *from = p->data;
    for (size_t i = 0; i < n; i++, from += p->bands)
        out[i] = p->bands < 3
                     ? from[0]
                     : (uint8_t)((from[0] * 299u + from[1] * 587u + from[2] * 114u + 500) / 1000);
}

static uint32_t near(uint32_t at, int by, uint32_t side)
{
    if (by < 0) return at ? at - 1 : 0;
    return at + (uint32_t)by < side ? at + (uint32_t)by : side - 1;
}

/* How much a pixel is brighter than the weighted mean of three by three, times 16. */
static int32_t detail_at(const struct th_pixels *p, const uint8_t *y_of, uint32_t x, uint32_t y)
{
    const bool alpha = th_pixels_has_alpha(p);
    int32_t sum = 0, weights = 0;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            const size_t i = (size_t)near(y, dy, p->height) * p->width + near(x, dx, p->width);
            const int32_t weight =
                (dx ? 1 : 2) * (dy ? 1 : 2) * (alpha ? p->data[(i + 1) * p->bands - 1] : 1);
            sum += weight * y_of[i];
            weights += weight;
        }
    if (!weights) return 0;
    return (int32_t)y_of[(size_t)y * p->width + x] * 16 - (sum * 16 + weights / 2) / weights;
}

static uint8_t added(uint8_t colour, int32_t by)
{
    const int32_t v = colour + by;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

bool th_sharpen(struct th_pixels *p, uint32_t hundredths)
{
    const uint32_t colours = p->bands - th_pixels_has_alpha(p);
    size_t n;
    if (!th_mul_size(p->width, p->height, &n)) return false;
    uint8_t *brightness = th_alloc(n);
    if (!brightness) return false;
    fill_brightness(p, n, brightness);
    uint8_t *to = p->data;
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x++, to += p->bands) {
            const int32_t detail = detail_at(p, brightness, x, y) * (int32_t)hundredths,
                          by = (detail + (detail < 0 ? -800 : 800)) / 1600;
            for (uint32_t i = 0; i < colours; i++)
                to[i] = added(to[i], by);
        }
    free(brightness);
    return true;
}

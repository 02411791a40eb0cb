/* SPDX-License-Identifier: MIT */
/*
 * pixels.h - a small picture: 8-bit samples, interleaved, rows without gaps.
 *
 * One owner, not thread-safe. Everything here works on thumbnails, so whole copies are fine.
 */
#ifndef TH_IMAGE_PIXELS_H
#define TH_IMAGE_PIXELS_H

#include "thumbs/thumbs.h"

/* Samples are sRGB (or grey with sRGB's tone curve), alpha last and not multiplied in, unless
 * `cmyk`: then the four bands are ink densities, 255 for full ink. Zero-initialise;
 * th_pixels_finish() frees. */
struct th_pixels {
    uint8_t *data; /* height rows of width * bands bytes; owned */
    uint32_t width, height;
    uint32_t bands; /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha or CMYK */
    bool cmyk;
};

/* Room for width x height x bands samples, not initialised. False: no memory, or more bytes than
 * there are; *p is then untouched. */
bool th_pixels_init(struct th_pixels *p, uint32_t width, uint32_t height, uint32_t bands);
void th_pixels_finish(struct th_pixels *p); /* back to zero; zeroed is fine */

/* *out gets the same picture in memory of its own. False: no memory, *out untouched. */
bool th_pixels_copy(const struct th_pixels *p, struct th_pixels *out);

static inline bool th_pixels_has_alpha(const struct th_pixels *p)
{
    return !p->cmyk && (p->bands == 2 || p->bands == 4);
}

/* Turn a picture stored with EXIF orientation 1 to 8 (CIPA DC-008 tag 0x0112) upright; other values
 * leave it as it is. False: no memory, *p is then unchanged. */
bool th_pixels_orient(struct th_pixels *p, unsigned orientation);
/* Does this orientation swap width and height? */
static inline bool th_orientation_swaps(unsigned orientation)
{
    return orientation >= 5 && orientation <= 8;
}

/* Lay a picture with alpha on background (R, G, B): *out gets its own copy, without the alpha band;
 * grey stays grey only if the background is grey. A picture without alpha is copied. False: no
 * memory, *out untouched. */
bool th_pixels_flatten(const struct th_pixels *p, const uint8_t background[3],
                       struct th_pixels *out);

/* Lay a picture in the middle of a canvas of `colour` (R, G, B, alpha), which is not smaller: *out
 * gets its own copy. Grey becomes RGB if the colour needs it; alpha counts where the picture has
 * some, and no colour is left where it is 0. False: no memory, *out untouched. */
bool th_pixels_pad(const struct th_pixels *p, uint32_t width, uint32_t height,
                   const uint8_t colour[4], struct th_pixels *out);

/* A sample that alpha was multiplied into, without it. */
static inline uint8_t th_pixels_divided(uint8_t sample, uint8_t alpha)
{
    const unsigned v = alpha ? (sample * 255u + alpha / 2u) / alpha : 0;
    return v > 255 ? 255 : (uint8_t)v;
}

/* Is every pixel opaque? True without alpha. */
bool th_pixels_is_opaque(const struct th_pixels *p);

/* Drop the alpha band in place. */
void th_pixels_drop_alpha(struct th_pixels *p);

#endif

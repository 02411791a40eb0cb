/* SPDX-License-Identifier: MIT */
/*
 * png_adam7.h - the passes of an interlaced PNG (ISO/IEC 15948, 8.2). Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_PNG_ADAM7_H
#define TH_IMAGE_PNG_ADAM7_H

#include "image/png/png_chunks.h"

/* Pixels of one pass: every `across`th of every `down`th row, from (x, y). */
struct th_png_pass {
    unsigned i;             /* which of seven */
    uint32_t width, height; /* in pixels of its own; width 0: there are no more */
    uint32_t x, y, across, down;
};

/* The first pass that has pixels, and the one behind *p. A picture that is not interlaced has one.
 */
struct th_png_pass th_png_pass_first(const struct th_png_header *h);
struct th_png_pass th_png_pass_next(const struct th_png_header *h, const struct th_png_pass *p);

/* Put row y of a pass, `pixel_bytes` to a pixel, into the frame that is `frame_width` pixels wide.
 */
void th_png_pass_scatter(const struct th_png_pass *p, const uint8_t *row, uint32_t y,
                         uint8_t *frame, uint32_t frame_width, size_t pixel_bytes);

#endif

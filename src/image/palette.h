/* SPDX-License-Identifier: MIT */
/*
 * palette.h - the colours of a small picture, where they are few. One owner, not thread-safe.
 */
#ifndef TH_IMAGE_PALETTE_H
#define TH_IMAGE_PALETTE_H

#include "image/pixels.h"

#define TH_PALETTE_MOST  256
#define TH_PALETTE_SLOTS 1024 /* a power of two, several times as many */

struct th_palette {
    uint8_t colours[TH_PALETTE_MOST][4]; /* RGBA; what is not opaque comes first */
    unsigned n, n_not_opaque;
    uint32_t keys[TH_PALETTE_SLOTS];   /* a table of hashes: the colour, */
    int16_t indices[TH_PALETTE_SLOTS]; /* and its place, -1: none */
};

/* Find the colours of p, which has 3 or 4 bands. False: they are more than TH_PALETTE_MOST. */
bool th_palette_find(struct th_palette *palette, const struct th_pixels *p);

/* The places of one row's pixels. */
void th_palette_map(const struct th_palette *palette, const struct th_pixels *p, uint32_t y,
                    uint8_t *to);

#endif

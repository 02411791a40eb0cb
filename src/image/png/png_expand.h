/* SPDX-License-Identifier: MIT */
/*
 * png_expand.h - stored pixels to samples of 8 or 16 bits.
 *
 * As libpng's png_set_expand() makes them: palettes become RGB, small grey depths fill 8 bits, tRNS
 * becomes alpha. 16 bits stay, or are rounded to 8. One thread at a time for each object once it is
 * set up.
 */
#ifndef TH_IMAGE_PNG_EXPAND_H
#define TH_IMAGE_PNG_EXPAND_H

#include "image/png/png_chunks.h"

struct th_png_expand {
    uint32_t width;
    unsigned depth, channels; /* as stored */
    unsigned bands;           /* of what comes out, 1 to 4; the last of 2 and 4 is alpha */
    unsigned sample_bytes;    /* 1, or 2: uint16_t of this machine */
    bool plain;               /* what is stored is what comes out */
    bool keyed;               /* one colour becomes transparent */
    bool by_table;            /* a byte or less is a pixel, found in table */
    uint16_t key[3];
    uint8_t table[256][4]; /* palettes, and grey of less than 8 bits */
};

/* wide: leave 16 bits as they are. */
void th_png_expand_init(struct th_png_expand *e, const struct th_png_header *h, bool wide);

/* One row of `width` pixels, which may be fewer than e->width. `to` has room for as many and 16
 * bytes. */
void th_png_expand_row(const struct th_png_expand *e, const uint8_t *from, void *to,
                       uint32_t width);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * jpeg_fdct.h - samples to quantised coefficients, many blocks at a time.
 *
 * The forward DCT (ITU-T T.81 A.3.3) of 8 x 8 samples by the factorisation of Loeffler, Ligtenberg
 * and Moschytz (ICASSP 1989) in integers of 13 fractional bits, rounded where libjpeg's accurate
 * one is, so that coefficients equal those of libjpeg-turbo. Thread-safe on different memory.
 */
#ifndef TH_IMAGE_JPEG_FDCT_H
#define TH_IMAGE_JPEG_FDCT_H

#include <stdint.h>

enum { TH_JPEG_FDCT_BLOCKS = 32 };

struct th_jpeg_fdct {
    float inverse[64]; /* of eight times the quantisers, row by row */
    /* Samples less 128, [row by row][block]; overwritten. */
    int16_t samples[64][TH_JPEG_FDCT_BLOCKS];
    int32_t rows[64][TH_JPEG_FDCT_BLOCKS];
    int16_t coefficients[64][TH_JPEG_FDCT_BLOCKS]; /* [in zigzag order][block] */
    uint64_t set[TH_JPEG_FDCT_BLOCKS];             /* bit k: coefficient k is not 0 */
};

/* Sixty-four quantisers of 1 to 255 in zigzag order. */
void th_jpeg_fdct_init(struct th_jpeg_fdct *f, const uint8_t *quantisers);

/* From `samples` to `coefficients` and `set`, those of the first n blocks. */
void th_jpeg_fdct_run(struct th_jpeg_fdct *f, uint32_t n);

#endif

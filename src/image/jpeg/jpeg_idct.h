/* SPDX-License-Identifier: MIT */
/*
 * jpeg_idct.h - inverse transforms of the low corner of blocks: planes of 1/8, 2/8, 4/8, 6/8 or
 * 8/8, many blocks at a time.
 *
 * At 1/8 and 8/8 samples equal those of libjpeg, else they are band-limited: see
 * docs/design/jpeg-hot-path.md. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_JPEG_IDCT_H
#define TH_IMAGE_JPEG_IDCT_H

#include <stddef.h>
#include <stdint.h>

/* Coefficients of a row of blocks: record_len int16 a block: 1, 4, 16 or 64 are the corner row by
 * row, 8 or 32 the first in zigzag order. Blocks come in groups of 1, 2 or 4, and from one group to
 * the next it is `stride` int16. */
struct th_jpeg_idct_row {
    const int16_t *records;
    size_t n_blocks, stride;
    unsigned group, record_len;
};

/* The row's blocks as n rows of samples (n * n <= record_len), `stride` bytes apart; quantisers in
 * zigzag order. */
void th_jpeg_idct(const struct th_jpeg_idct_row *row, unsigned n, const uint16_t *quant,
                  uint8_t *out, size_t stride);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * jpeg_block.h - inverse transforms of blocks of which all coefficients are there: samples of 8/8
 * and 6/8.
 *
 * 8/8 is the accurate integer transform of libjpeg (jidctint.c, after Loeffler, Ligtenberg and
 * Moschytz, ICASSP 1989), 6/8 its 6-point form: the low 6 x 6 coefficients through a 6-point
 * inverse DCT, which is band-limited. One result on every CPU. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_JPEG_BLOCK_H
#define TH_IMAGE_JPEG_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TH_JPEG_BLOCK_SPILL = 2 }; /* bytes behind a row of 6 samples that may be written */

/* Blocks `a` and `b`, 64 coefficients each row by row, to n rows (6 or 8) of 2 n samples, those of
 * `a` first; `stride` bytes from row to row, of which TH_JPEG_BLOCK_SPILL behind the samples are
 * overwritten. Quantisers row by row; products are taken modulo 2^16, as they fit in any real
 * picture. */
typedef void th_jpeg_block_fn(const int16_t *a, const int16_t *b, const int16_t quant[64],
                              uint8_t *out, size_t stride);

/* The function for n of 6 or 8, in the variant for this CPU. */
th_jpeg_block_fn *th_jpeg_block_pick(unsigned n);

/* The variant for any CPU: the reference for tests. */
th_jpeg_block_fn *th_jpeg_block_plain(unsigned n);

#endif

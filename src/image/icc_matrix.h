/* SPDX-License-Identifier: MIT */
/*
 * icc_matrix.h - colour profiles that are three curves and a matrix (or, for grey, one curve),
 * converted to sRGB.
 *
 * Nearly all profiles of cameras, phones and screens are of this kind, and setting up Little CMS
 * for one takes milliseconds, longer than a small photo takes in all. Here it takes some twenty
 * microseconds, and no sample was ever more than one step from what Little CMS computes (without
 * its shortcuts, which for grey cost it more than that), in thousands of profiles made at random
 * (test_icc.c makes some hundred each time). Takes only what is plain (ICC.1:2001-04 6.4 and 6.5,
 * ICC.1:2010 8.3 to 8.5, 10.5, 10.15 and 10.16); what has tables or is odd is left to Little CMS:
 * versions to come, curves that go below black or above white, grey whose white would not be white.
 * Input is hostile: nothing is read past len.
 */
#ifndef TH_IMAGE_ICC_MATRIX_H
#define TH_IMAGE_ICC_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TH_ICC_UNIT = 1 << 14 }; /* of linear light: 14 fractional bits */

/* Sums of three products must fit into 32 bits. Real matrices have rows of 3 at most. */
#define TH_ICC_MAX_ROW 7.0

/* The tone curve of sRGB from linear light to samples; the same for all profiles, so a thread keeps
 * one. */
struct th_icc_encoder {
    uint8_t samples[TH_ICC_UNIT + 1];
};
void th_icc_encoder_init(struct th_icc_encoder *encoder);

/* A profile, understood. Plain data. */
struct th_icc_matrix {
    bool grey;
    int16_t linear[3][256]; /* samples to linear light; of grey the first */
    int32_t matrix[3][3];   /* to linear light of sRGB, row by row, 14 fractional bits */
};

/* Understand a profile for pictures of three colours, or of grey. False: not of this kind, or odd.
 */
bool th_icc_matrix_read(struct th_icc_matrix *out, const uint8_t *profile, size_t len, bool grey);

/* Convert n pixels of `bands` bands in place, relative colorimetric; the band behind the colours
 * (alpha) is left alone. */
void th_icc_matrix_apply(const struct th_icc_matrix *m, const struct th_icc_encoder *encoder,
                         uint8_t *pixels, size_t n, uint32_t bands);

#endif

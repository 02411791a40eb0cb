/* SPDX-License-Identifier: MIT */
/*
 * heif_colour.h - R'G'B' out of the planes of a HEIF picture, by matrix and range (CICP, ITU-T
 * H.273); colours.h makes sRGB of that. A matrix that is unspecified, or has a number that means
 * nothing yet, is that of BT.601: so still pictures are written, and so libheif has it. Pure
 * functions; thread-safe.
 */
#ifndef TH_IMAGE_HEIF_COLOUR_H
#define TH_IMAGE_HEIF_COLOUR_H

#include "image/heif/heif_picture.h"

/* 16.16 fixed-point factors for samples of 8 bits. */
struct th_heif_matrix {
    bool identity; /* the planes are G, B, R */
    bool is_ycgco;
    int32_t luma, luma_offset; /* (Y - offset) * luma */
    int32_t r_cr, g_cb, g_cr, b_cb;
};

/* UNSUPPORTED, stage decode: this matrix is something else than weights of red, green and blue
 * (ICtCp, IPT, Y'D'zD'x, lossless YCgCo), which would come out in wrong colours. */
enum thumbs_code th_heif_matrix_check(unsigned matrix, struct thumbs_error *err);

/* The factors for these codes; the matrix has been checked. */
void th_heif_matrix_init(struct th_heif_matrix *out, const struct th_heif_nclx *nclx);

/* n samples of three planes to n pixels of R, G, B. */
void th_heif_to_rgb(const struct th_heif_matrix *m, const uint8_t *y, const uint8_t *cb,
                    const uint8_t *cr, size_t n, uint8_t *rgb);
/* n samples of luma alone, at full range. In place is fine. */
void th_heif_to_grey(const struct th_heif_matrix *m, const uint8_t *y, size_t n, uint8_t *grey);

#endif

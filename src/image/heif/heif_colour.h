/* SPDX-License-Identifier: MIT */
/*
 * heif_colour.h - what the planes of a HEIF picture mean as colours (CICP, ITU-T H.273), and sRGB
 * out of them.
 *
 * Matrix and range make R'G'B' of Y'CbCr. Primaries and transfer, where no ICC profile says more,
 * make sRGB of that. Unspecified codes are taken as sRGB with the matrix of BT.601, as still
 * pictures are written. Transfers of BT.709's family count as sRGB's, as viewers have it. PQ and
 * HLG are mapped to SDR: 203 cd/m2 (BT.2408) becomes white, what is brighter is compressed above a
 * knee. Pure functions; thread-safe.
 */
#ifndef TH_IMAGE_HEIF_COLOUR_H
#define TH_IMAGE_HEIF_COLOUR_H

#include "image/heif/heif_picture.h"
#include "image/pixels.h"

/* 16.16 fixed-point factors for samples of 8 bits. */
struct th_heif_matrix {
    bool identity; /* the planes are G, B, R */
    bool is_ycgco;
    int32_t luma, luma_offset; /* (Y - offset) * luma */
    int32_t r_cr, g_cb, g_cr, b_cb;
};

/* The factors for these codes. False: a matrix that is not known here. */
bool th_heif_matrix_init(struct th_heif_matrix *out, const struct th_heif_nclx *nclx);

/* n samples of three planes to n pixels of R, G, B. */
void th_heif_to_rgb(const struct th_heif_matrix *m, const uint8_t *y, const uint8_t *cb,
                    const uint8_t *cr, size_t n, uint8_t *rgb);
/* n samples of luma alone, at full range. In place is fine. */
void th_heif_to_grey(const struct th_heif_matrix *m, const uint8_t *y, size_t n, uint8_t *grey);

/* Are these colours sRGB, or so close that they are shown as such? */
bool th_heif_is_srgb(const struct th_heif_nclx *nclx);

/* Convert R, G, B (alpha behind is left alone) to sRGB in place, by primaries and transfer. Codes
 * that are not known are taken as sRGB's. */
void th_heif_to_srgb(const struct th_heif_nclx *nclx, struct th_pixels *p);

#endif

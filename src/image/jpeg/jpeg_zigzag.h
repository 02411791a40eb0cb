/* SPDX-License-Identifier: MIT */
/*
 * jpeg_zigzag.h - the order in which a JPEG holds the coefficients of a block (ITU-T T.81 figure
 * A.6).
 */
#ifndef TH_IMAGE_JPEG_ZIGZAG_H
#define TH_IMAGE_JPEG_ZIGZAG_H

#include <stdint.h>

/* Where the k-th coefficient in zigzag order lies, row by row. */
extern const uint8_t th_jpeg_zigzag[64];

#endif

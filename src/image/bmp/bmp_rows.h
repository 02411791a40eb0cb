/* SPDX-License-Identifier: MIT */
/*
 * bmp_rows.h - the rows of a bitmap, from the top, as grey, RGB or RGBA. Hostile data.
 */
#ifndef TH_IMAGE_BMP_ROWS_H
#define TH_IMAGE_BMP_ROWS_H

#include "image/bmp/bmp_head.h"

struct th_bmp_rows {
    struct th_view v;
    const struct th_bmp *b;
    uint8_t *unpacked;  /* of a packed picture; the holder frees it */
    bool own_alpha;     /* its pixels have one, and use it */
    bool alpha;         /* that, or an icon's mask */
    uint32_t n_missing; /* rows that the file does not hold, wholly or in part */
};

/* Looks for alpha. Borrows v and b. */
void th_bmp_rows_init(struct th_bmp_rows *r, struct th_view v, const struct th_bmp *b);
/* Unpack a packed picture; of others nothing need be held. To be called once before the first row.
 * False: no memory. */
bool th_bmp_rows_begin(struct th_bmp_rows *r);
void th_bmp_rows_finish(struct th_bmp_rows *r); /* zeroed is fine */

/* Samples of a pixel: 1, 3 or 4. */
uint32_t th_bmp_rows_bands(const struct th_bmp_rows *r);

/* Row y of the picture to `to`, of width x bands bytes. What is missing is black, or see-through
 * where there is alpha, and counted. */
void th_bmp_rows_get(struct th_bmp_rows *r, uint32_t y, uint8_t *to);

#endif

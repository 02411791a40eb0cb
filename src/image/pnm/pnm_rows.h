/* SPDX-License-Identifier: MIT */
/* pnm_rows.h - the rows of a Netpbm picture, from the top, as samples of 8 bits. Hostile data. */
#ifndef TH_IMAGE_PNM_ROWS_H
#define TH_IMAGE_PNM_ROWS_H

#include "image/pnm/pnm_head.h"

struct th_pnm_rows {
    struct th_view v;
    const struct th_pnm *p;
    size_t at;   /* in text: where the next number is looked for */
    bool broken; /* in text: what followed was none */
};

/* Borrows v and p. */
void th_pnm_rows_init(struct th_pnm_rows *r, struct th_view v, const struct th_pnm *p);

/* Row y to `to`, of width x bands bytes; in order, each once. False: the file does not hold all of
 * it; `to` is then black, from where it ends. */
bool th_pnm_rows_get(struct th_pnm_rows *r, uint32_t y, uint8_t *to);

#endif

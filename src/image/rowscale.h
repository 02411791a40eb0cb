/* SPDX-License-Identifier: MIT */
/*
 * rowscale.h - a picture fed row by row, reduced (or enlarged) as it comes.
 *
 * Several of these can drink from one decoder, one per thumbnail size, and each holds a few dozen
 * rows at most however large the source is. Separable Lanczos-3, the vertical pass first; a large
 * reduction is begun with a box average over whole pixels, which leaves the filter a factor between
 * 2 and 4. Centres are aligned: pixel i covers [i, i+1). Sums are made in a fixed order in single
 * precision without contraction, so the result is the same on every CPU. Alpha is multiplied in
 * before and divided out after. One owner, not thread-safe.
 */
#ifndef TH_IMAGE_ROWSCALE_H
#define TH_IMAGE_ROWSCALE_H

#include "image/pixels.h"

/* What is fed and what comes out. */
struct th_rowscale_plan {
    uint32_t in_width, in_height; /* pixels that are fed */
    /* How much of that the picture really covers, in fed pixels: in_width and in_height, or a
     * little less where a decoder rounded up (1001 pixels reduced eightfold are 126, of which
     * 125.125 are picture). */
    double span_x, span_y;
    uint32_t out_width, out_height;
    uint32_t bands; /* 1 to 4 */
    bool alpha;     /* the last band is alpha; bands is then 2 or 4 */
    /* Where the span begins, in fed pixels: 0 unless a part is cut out. What lies around it is seen
     * by the filter and by nobody else. */
    double from_x, from_y;
    /* Average light, and not samples: these are turned into light by the tone curve of sRGB, and
     * back at the end. */
    bool linear;
};

struct th_rowscale;

/* Bytes that a scaler of this plan holds, its finished picture included; UINT64_MAX where they
 * overflow, 0 for a plan that makes no sense. */
uint64_t th_rowscale_size(const struct th_rowscale_plan *plan);

/* NULL: no memory, or a plan that makes no sense (a side of 0, a span beyond what is fed). */
struct th_rowscale *th_rowscale_create(const struct th_rowscale_plan *plan);
void th_rowscale_destroy(struct th_rowscale *r); /* NULL is fine */

/* The rows [*first, *end) of those that are fed are looked at; the others are only counted. */
void th_rowscale_rows(const struct th_rowscale *r, uint32_t *first, uint32_t *end);

/* The next n_rows rows, `stride` bytes apart. Rows past in_height are ignored. */
void th_rowscale_feed(struct th_rowscale *r, const uint8_t *rows, size_t stride, uint32_t n_rows);

/* Move the finished picture to *out. False while rows are missing. */
bool th_rowscale_take(struct th_rowscale *r, struct th_pixels *out);

#endif

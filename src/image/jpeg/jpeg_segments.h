/* SPDX-License-Identifier: MIT */
/*
 * jpeg_segments.h - restart intervals by two streams: where each begins is known, so nothing has to
 * fall into step.
 */
#ifndef TH_IMAGE_JPEG_SEGMENTS_H
#define TH_IMAGE_JPEG_SEGMENTS_H

#include "image/jpeg/jpeg_pair.h"

#define TH_JPEG_SEGMENTS_MAX 1024 /* in one batch */

/* Whole segments without stuffing, one behind the other. */
struct th_jpeg_segments {
    const uint8_t *data; /* with 64 bytes more to be read behind the last */
    uint32_t n;
    uint32_t ends[TH_JPEG_SEGMENTS_MAX]; /* offsets in data */
};

/* Decode all of them, n_blocks each, to `out`, where there is room for one record more. At n = 1
 * the running sum of DC begins anew with each. False: one of them is irregular. */
bool th_jpeg_segments_decode(const struct th_jpeg_pair *p, const struct th_jpeg_segments *segments,
                             size_t n_blocks, uint8_t *out);

#endif

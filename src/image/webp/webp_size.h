/* SPDX-License-Identifier: MIT */
/*
 * webp_size.h - how a WebP picture is decoded: reduced by libwebp or not, and what that holds.
 */
#ifndef TH_IMAGE_WEBP_SIZE_H
#define TH_IMAGE_WEBP_SIZE_H

#include "image/webp/webp_chunks.h"

/* Rows that have been handed over are given back in pieces of this size. */
#define TH_WEBP_RELEASE_BYTES ((size_t)1 << 20)

struct th_webp_plan {
    uint32_t shrink;
    uint32_t bands;                     /* 3 or 4 */
    uint32_t width, height;             /* of the canvas that is fed */
    uint32_t frame_width, frame_height; /* that libwebp makes */
    bool placed;                        /* the frame lies somewhere on the canvas */
};

/* Will there be alpha? */
bool th_webp_has_alpha(const struct th_webp *w);

/* Where a reduction of up to most_shrink is welcome. */
struct th_webp_plan th_webp_plan(const struct th_webp *w, uint32_t most_shrink);

/* How many bytes of the pixels may be decoded before the clock is looked at again. */
size_t th_webp_step(const struct th_webp *w);

/* Bytes that decoding by this plan holds, at most. */
uint64_t th_webp_decoder_size(const struct th_webp *w, const struct th_webp_plan *plan);

#endif

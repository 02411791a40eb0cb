/* SPDX-License-Identifier: MIT */
/*
 * jpeg_stream.h - the loop of the scan decoder: bits without stuffing to records of the wanted
 * coefficients.
 *
 * Thread-safe on different streams.
 */
#ifndef TH_IMAGE_JPEG_STREAM_H
#define TH_IMAGE_JPEG_STREAM_H

#include "image/jpeg/jpeg_tables.h"

/* One block of the MCU: what follows what. */
struct th_jpeg_node {
    const uint32_t *ac, *dc, *next_dc;
    const struct th_jpeg_node *next;
    const struct th_jpeg_tables *tables;
};

/* A reader of the scan. `buf` holds the next bits from the top; its number of valid bits is n
 * modulo 64 (what lies above is rubbish, since entries are subtracted whole). Bits of buf below the
 * valid ones equal those at `in`. */
struct th_jpeg_stream {
    uint64_t buf, n;
    const uint8_t *in;
    const uint32_t *table;
    const struct th_jpeg_node *node;
    uint8_t *out; /* record of the present block */
    uint32_t k;   /* biased position, times 256 */
    uint32_t sum; /* n = 1: sum of all DC differences so far */
};

enum th_jpeg_run_end {
    TH_JPEG_RUN_DONE, /* out reached out_end */
    TH_JPEG_RUN_HUNGRY /* in went past in_limit */,
    TH_JPEG_RUN_IRREGULAR
};

/* The loop. It decodes until out reaches out_end or in passes in_limit, behind which there are at
 * least 32 bytes more to be read. */
typedef enum th_jpeg_run_end th_jpeg_run_fn(struct th_jpeg_stream *s, uint8_t *out_end,
                                            const uint8_t *in_limit);

/* Two streams in lockstep, until one of them has come near its bounds or needs more than the loop
 * can do. Both are then where they can go on, one by one. */
typedef void th_jpeg_run_pair_fn(struct th_jpeg_stream *a, struct th_jpeg_stream *b,
                                 const uint8_t *a_out_end, const uint8_t *b_out_end,
                                 const uint8_t *a_in_limit, const uint8_t *b_in_limit);

/* What decodes to n/8. The loops are compiled for the reduction. */
struct th_jpeg_loops {
    const struct th_jpeg_reduction *reduction;
    th_jpeg_run_fn *run;
    th_jpeg_run_pair_fn *run_pair;
};

/* In the variant for this CPU; n is 1, 2, 4, 6 or 8. */
const struct th_jpeg_loops *th_jpeg_loops_pick(unsigned n);

#endif

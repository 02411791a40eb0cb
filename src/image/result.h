/* SPDX-License-Identifier: MIT */
/*
 * result.h - what th_image_make() tells of one source. Plain data: a worker process sends it as
 * it is.
 */
#ifndef TH_IMAGE_RESULT_H
#define TH_IMAGE_RESULT_H

#include "thumbs/thumbs.h"

struct th_image_output {
    uint64_t offset, len; /* in the sink */
    uint32_t format;      /* enum thumbs_format, never KEEP */
    uint32_t i_size;      /* which of options->sizes */
    uint32_t width, height;
};

struct th_image_result {
    uint32_t source_format; /* enum thumbs_format */
    uint32_t width, height; /* of the source, upright */
    uint32_t damaged;       /* 0 or 1 */
    char warning[200];      /* what is wrong with it, damaged or not: one clause, NUL-terminated */
    uint64_t decode_ns, resize_ns, encode_ns;
    struct thumbs_placeholder placeholder;
    uint32_t n_outputs;
    uint32_t from; /* enum thumbs_from */
    struct th_image_output outputs[THUMBS_MAX_OUTPUTS];
};

#endif

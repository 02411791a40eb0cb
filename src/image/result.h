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
    uint32_t sizes;       /* which of options->sizes it stands for, as bits; never 0 */
    uint32_t width, height;
};

/* The size that it is named by: the first of them. */
static inline uint32_t th_image_output_size(const struct th_image_output *output)
{
    return (uint32_t)__builtin_ctz(output->sizes);
}

/* Are these what a picture becomes: for each size one output in each format, the formats of a size
 * together, in the order of options? Sizes share one where nothing is enlarged; then they stand
 * where the first of them would. Takes any values. */
bool th_image_outputs_are_whole(const struct th_image_output *outputs, uint32_t n,
                                const struct thumbs_image_options *options);

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

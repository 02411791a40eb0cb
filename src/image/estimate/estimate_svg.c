/* SPDX-License-Identifier: MIT */
/* SVG: the one format whose header does not tell what it takes. librsvg makes objects of all
 * elements: drawings that consist of paths took 12 to 40 times the length of the file, icons a
 * megabyte; but empty elements 280 times, and one long line of text 60 MB. What is usual is
 * foreseen here, not the worst: who goes past it must be stopped. */
#include "image/estimate/estimators.h"

#define FILE_COPIES   48
#define LIBRARY_BYTES ((uint64_t)24 << 20)

bool th_estimate_svg(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    uint32_t side = 1;
    for (uint32_t i = 0; i < options->n_sizes && i < THUMBS_MAX_SIZES; i++) {
        const struct thumbs_size *size = &options->sizes[i];
        side = (uint32_t)th_max_u64(
            side, th_min_u64(th_max_u64(size->width, size->height), THUMBS_MAX_SIDE));
    }
    /* It is drawn at the size that is wanted; its shape is not known. */
    out->width = out->height = side;
    out->decoder = th_add_sat(LIBRARY_BYTES, th_mul_sat(v.len, FILE_COPIES));
    return true;
}

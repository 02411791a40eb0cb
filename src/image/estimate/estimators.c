/* SPDX-License-Identifier: MIT */
/* What several estimators ask. */
#include "image/estimate/estimators.h"

#include "image/reduction.h"

void th_estimate_worst_size(uint32_t side, const struct thumbs_image_options *options,
                            uint32_t *width, uint32_t *height)
{
    *width = side;
    *height = (uint32_t)th_max_u64(th_min_u64(options->max_pixels / side, side), 1);
}

uint32_t th_estimate_shrink(uint32_t width, uint32_t height,
                            const struct thumbs_image_options *options)
{
    uint32_t least = UINT32_MAX;
    for (int turned = 0; turned <= 1; turned++) {
        struct th_targets targets;
        th_targets_fit(&targets, width, height, turned ? 6 : 1, options, options->enlarge != 0);
        uint32_t most = options->linear ? 1 : th_reduction_most(&targets, options->fast != 0);
        if (most < least) least = most;
    }
    return least;
}

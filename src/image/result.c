/* SPDX-License-Identifier: MIT */
#include "image/result.h"

static uint32_t first_of(uint32_t sizes)
{
    return sizes & -sizes;
}

bool th_image_outputs_are_whole(const struct th_image_output *outputs, uint32_t n,
                                const struct thumbs_image_options *options)
{
    const uint32_t wanted = (UINT32_C(1) << options->n_sizes) - 1;
    uint32_t seen = 0, before = 0;
    if (n % options->n_formats) return false;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t sizes = outputs[i].sizes;
        if (i % options->n_formats) {
            if (sizes != before) return false;
            continue;
        }
        if (sizes == 0 || (sizes & seen) || first_of(sizes) < first_of(before)) return false;
        if (options->enlarge && sizes != first_of(sizes)) return false;
        seen |= sizes;
        before = sizes;
    }
    return seen == wanted;
}

/* SPDX-License-Identifier: MIT */
/* The one rule for how far decoders reduce. */
#include "image/reduction.h"

#include <math.h>

#define RESIDUAL      2.0
#define RESIDUAL_FAST 1.5

void th_targets_fit(struct th_targets *out, uint32_t width, uint32_t height, bool turned,
                    const struct thumbs_image_options *options, bool enlarge)
{
    uint32_t upright_width = turned ? height : width, upright_height = turned ? width : height;
    enum thumbs_fit fit = (enum thumbs_fit)options->fit;
    out->n = options->n_sizes < THUMBS_MAX_SIZES ? options->n_sizes : THUMBS_MAX_SIZES;
    for (uint32_t i = 0; i < out->n; i++) {
        const struct thumbs_size *size = &options->sizes[i];
        struct th_geometry g = th_geometry_fit(upright_width, upright_height, size, fit, enlarge);
        out->sizes[i] = turned ? th_geometry_transposed(&g) : g;
    }
}

double th_reduction_residual(bool fast)
{
    return fast ? RESIDUAL_FAST : RESIDUAL;
}

double th_reduction_factor(const struct th_geometry *g, double across, double down)
{
    double x = across * g->cut_width / g->scaled_width;
    double y = down * g->cut_height / g->scaled_height;
    return x < y ? x : y;
}

double th_reduction_least(const struct th_targets *targets, double across, double down)
{
    double least = INFINITY;
    for (uint32_t i = 0; i < targets->n; i++) {
        double factor = th_reduction_factor(&targets->sizes[i], across, down);
        if (factor < least) least = factor;
    }
    return least;
}

uint32_t th_reduction_most(const struct th_targets *targets, bool fast)
{
    double most = th_reduction_least(targets, 1, 1) / th_reduction_residual(fast);
    return most < 1 ? 1 : most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

double th_reduction_draw_scale(const struct th_targets *targets, uint32_t width, uint32_t height,
                               uint64_t max_pixels)
{
    double scale = 0, most = sqrt((double)max_pixels / width / height);
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        double across = (double)g->scaled_width / g->cut_width;
        double down = (double)g->scaled_height / g->cut_height;
        scale = fmax(scale, fmax(across, down));
    }
    return fmin(scale, most);
}

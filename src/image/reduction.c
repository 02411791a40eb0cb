/* SPDX-License-Identifier: MIT */
/* The one rule for how far decoders reduce. */
#include "image/reduction.h"

#include <math.h>

#include "image/placeholder.h"

#define RESIDUAL      2.0
#define RESIDUAL_FAST 1.5

/* The whole picture, within the side that placeholders have, and reduced at least as far as any
 * size is: so a decoder reduces for the sizes just as far as without it. */
static void add_placeholder(struct th_targets *out, uint32_t width, uint32_t height)
{
    const double longer = width > height ? width : height;
    const double scale =
        fmin(1, fmin(TH_PLACEHOLDER_SIDE / longer, 1 / th_reduction_least(out, 1, 1)));
    const uint32_t to_width = (uint32_t)(width * scale), to_height = (uint32_t)(height * scale);
    struct th_geometry g = {.cut_width = width, .cut_height = height};
    g.scaled_width = g.canvas_width = to_width ? to_width : 1;
    g.scaled_height = g.canvas_height = to_height ? to_height : 1;
    out->stands_for[out->n] = 0;
    out->sizes[out->n++] = g;
    out->placeholder = true;
}

/* The whole picture, pixel for pixel. */
static bool is_own_size(const struct th_geometry *g, uint32_t width, uint32_t height)
{
    return g->cut_width == width && g->cut_height == height && g->scaled_width == width &&
           g->scaled_height == height && g->canvas_width == width && g->canvas_height == height;
}

void th_targets_fit(struct th_targets *out, uint32_t width, uint32_t height, unsigned orientation,
                    const struct thumbs_image_options *options, bool enlarge)
{
    const bool turned = orientation >= 5 && orientation <= 8;
    const uint32_t upright_width = turned ? height : width,
                   upright_height = turned ? width : height;
    const enum thumbs_fit fit = (enum thumbs_fit)options->fit;
    const uint32_t n = options->n_sizes < THUMBS_MAX_SIZES ? options->n_sizes : THUMBS_MAX_SIZES;
    uint32_t *own_size = NULL; /* of the target that is the picture as it is */
    out->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t bit = UINT32_C(1) << i;
        const struct thumbs_size *size = &options->sizes[i];
        struct th_geometry g = th_geometry_fit(upright_width, upright_height, size, fit, enlarge);
        if (fit == THUMBS_FIT_COVER)
            th_geometry_place(&g, upright_width, upright_height,
                              (enum thumbs_gravity)options->gravity);
        const bool is_own = !enlarge && is_own_size(&g, upright_width, upright_height);
        if (is_own && own_size) {
            *own_size |= bit;
            continue;
        }
        if (is_own) own_size = &out->stands_for[out->n];
        out->stands_for[out->n] = bit;
        out->sizes[out->n++] = th_geometry_stored(&g, upright_width, upright_height, orientation);
    }
    out->placeholder = false;
    if (options->placeholder && out->n > 0) add_placeholder(out, width, height);
}

/* A filter of six lobes sees three output pixels on each side; half as many samples of chroma are
 * twice as wide, averages before it are looked at with their neighbours. */
#define MARGIN_OUTPUTS 8
#define MARGIN_PIXELS  32

/* Widen [*from, *to) by what a target shows of an axis. */
static void widen(uint32_t side, uint32_t at, uint32_t cut, uint32_t scaled, uint64_t *from,
                  uint64_t *to)
{
    const uint64_t margin = (uint64_t)MARGIN_OUTPUTS * (cut / scaled + 1) + MARGIN_PIXELS;
    const uint64_t begin = at > margin ? at - margin : 0, end = (uint64_t)at + cut + margin;
    if (begin < *from) *from = begin;
    if (end > *to) *to = end < side ? end : side;
}

struct th_window th_targets_window(const struct th_targets *targets, uint32_t width,
                                   uint32_t height)
{
    uint64_t left = width, right = 0, top = height, bottom = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        widen(width, g->cut_x, g->cut_width, g->scaled_width, &left, &right);
        widen(height, g->cut_y, g->cut_height, g->scaled_height, &top, &bottom);
    }
    if (left >= right || top >= bottom) return (struct th_window){0, 0, width, height};
    return (struct th_window){(uint32_t)left, (uint32_t)top, (uint32_t)(right - left),
                              (uint32_t)(bottom - top)};
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

bool th_targets_outgrow(const struct thumbs_image_options *options, uint32_t width, uint32_t height,
                        uint32_t copy_width, uint32_t copy_height, double slack)
{
    struct th_targets targets;
    const double across = (1 + slack) * copy_width / width,
                 down = (1 + slack) * copy_height / height;
    th_targets_fit(&targets, width, height, 1, options, options->enlarge != 0);
    for (uint32_t i = 0; i < targets.n; i++) {
        const struct th_geometry *g = &targets.sizes[i];
        if (g->scaled_width > g->cut_width * across || g->scaled_height > g->cut_height * down)
            return true;
    }
    return false;
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

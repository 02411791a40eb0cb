/* SPDX-License-Identifier: MIT */
#include "image/geometry.h"

uint32_t th_geometry_scale(uint32_t side, uint32_t to, uint32_t from)
{
    /* Below 2^64: both factors are below 2^32 and half of `from` fits into what is left. */
    uint64_t scaled = ((uint64_t)side * to + from / 2) / from;
    if (scaled == 0) return 1;
    return scaled > UINT32_MAX ? UINT32_MAX : (uint32_t)scaled;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t at_most_max_side(uint32_t side)
{
    return min_u32(side, THUMBS_MAX_SIDE);
}

/* Is the box, laid over the picture, narrower in proportion? Then its width decides. */
static bool width_decides(uint32_t width, uint32_t height, uint32_t box_width, uint32_t box_height)
{
    return (uint64_t)box_width * height <= (uint64_t)box_height * width;
}

/* The whole picture scaled so that its width (or else its height) becomes the box's. */
static void scale_to(struct th_geometry *g, uint32_t width, uint32_t height, uint32_t box_width,
                     uint32_t box_height, bool by_width, bool enlarge)
{
    bool grows = by_width ? box_width > width : box_height > height;
    if (grows && !enlarge) {
        g->scaled_width = width;
        g->scaled_height = height;
    } else if (by_width) {
        g->scaled_width = box_width;
        g->scaled_height = th_geometry_scale(height, box_width, width);
    } else {
        g->scaled_width = th_geometry_scale(width, box_height, height);
        g->scaled_height = box_height;
    }
    g->scaled_width = at_most_max_side(g->scaled_width);
    g->scaled_height = at_most_max_side(g->scaled_height);
}

/* Cut what sticks out of the box. One box pixel is from / to source pixels; counted from there, not
 * from the rounded scaled side, so that the shape is kept to the pixel. */
static void cut_to(struct th_geometry *g, uint32_t box_width, uint32_t box_height, uint32_t to,
                   uint32_t from)
{
    if (g->scaled_width > box_width) {
        g->cut_width = min_u32(g->cut_width, th_geometry_scale(box_width, from, to));
        g->scaled_width = box_width;
    }
    if (g->scaled_height > box_height) {
        g->cut_height = min_u32(g->cut_height, th_geometry_scale(box_height, from, to));
        g->scaled_height = box_height;
    }
}

struct th_geometry th_geometry_fit(uint32_t width, uint32_t height, const struct thumbs_size *size,
                                   enum thumbs_fit fit, bool enlarge)
{
    struct th_geometry g = {.cut_width = width, .cut_height = height};
    uint32_t box_width = at_most_max_side(size->width);
    uint32_t box_height = at_most_max_side(size->height);

    if (box_width == 0 || box_height == 0) {
        scale_to(&g, width, height, box_width, box_height, box_width != 0, enlarge);
        fit = THUMBS_FIT_INSIDE;
    } else if (fit == THUMBS_FIT_FILL) {
        g.scaled_width = enlarge ? box_width : min_u32(width, box_width);
        g.scaled_height = enlarge ? box_height : min_u32(height, box_height);
    } else {
        bool by_width = width_decides(width, height, box_width, box_height);
        if (fit == THUMBS_FIT_COVER) by_width = !by_width;
        scale_to(&g, width, height, box_width, box_height, by_width, enlarge);
        if (fit == THUMBS_FIT_COVER)
            cut_to(&g, box_width, box_height, by_width ? g.scaled_width : g.scaled_height,
                   by_width ? width : height);
    }
    g.canvas_width = g.scaled_width;
    g.canvas_height = g.scaled_height;
    if (fit == THUMBS_FIT_CONTAIN) {
        g.canvas_width = box_width;
        g.canvas_height = box_height;
        g.pad_left = (box_width - g.scaled_width) / 2;
        g.pad_top = (box_height - g.scaled_height) / 2;
    }
    return g;
}

struct th_geometry th_geometry_transposed(const struct th_geometry *g)
{
    struct th_geometry t = {.cut_width = g->cut_height,
                            .cut_height = g->cut_width,
                            .scaled_width = g->scaled_height,
                            .scaled_height = g->scaled_width,
                            .canvas_width = g->canvas_height,
                            .canvas_height = g->canvas_width,
                            .pad_left = g->pad_top,
                            .pad_top = g->pad_left};
    return t;
}

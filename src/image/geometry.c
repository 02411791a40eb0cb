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
    g.cut_x = (width - g.cut_width) / 2;
    g.cut_y = (height - g.cut_height) / 2;
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

/* All of one axis, scaled as its cut was. */
static void take_whole(uint32_t side, uint32_t *at, uint32_t *cut, uint32_t *scaled)
{
    const uint32_t whole = th_geometry_scale(side, *scaled, *cut);
    if (whole > THUMBS_MAX_SIDE) {
        *cut = min_u32(side, th_geometry_scale(THUMBS_MAX_SIDE, *cut, *scaled));
        *scaled = THUMBS_MAX_SIDE;
    } else {
        *cut = side;
        *scaled = whole;
    }
    *at = (side - *cut) / 2;
}

/* -1: at the beginning of an axis, 1: at its end. */
static uint32_t placed(uint32_t side, uint32_t cut, int where)
{
    return where < 0 ? 0 : where > 0 ? side - cut : (side - cut) / 2;
}

void th_geometry_place(struct th_geometry *g, uint32_t width, uint32_t height,
                       enum thumbs_gravity gravity)
{
    static const int8_t where[][2] = {
        [THUMBS_GRAVITY_CENTRE] = {0, 0},     [THUMBS_GRAVITY_NORTH] = {0, -1},
        [THUMBS_GRAVITY_NORTHEAST] = {1, -1}, [THUMBS_GRAVITY_EAST] = {1, 0},
        [THUMBS_GRAVITY_SOUTHEAST] = {1, 1},  [THUMBS_GRAVITY_SOUTH] = {0, 1},
        [THUMBS_GRAVITY_SOUTHWEST] = {-1, 1}, [THUMBS_GRAVITY_WEST] = {-1, 0},
        [THUMBS_GRAVITY_NORTHWEST] = {-1, -1}};
    if (gravity == THUMBS_GRAVITY_ATTENTION || gravity == THUMBS_GRAVITY_ENTROPY) {
        take_whole(width, &g->cut_x, &g->cut_width, &g->scaled_width);
        take_whole(height, &g->cut_y, &g->cut_height, &g->scaled_height);
    } else {
        g->cut_x = placed(width, g->cut_width, where[gravity][0]);
        g->cut_y = placed(height, g->cut_height, where[gravity][1]);
    }
}

struct th_geometry th_geometry_transposed(const struct th_geometry *g)
{
    struct th_geometry t = {.cut_x = g->cut_y,
                            .cut_y = g->cut_x,
                            .cut_width = g->cut_height,
                            .cut_height = g->cut_width,
                            .scaled_width = g->scaled_height,
                            .scaled_height = g->scaled_width,
                            .canvas_width = g->canvas_height,
                            .canvas_height = g->canvas_width,
                            .pad_left = g->pad_top,
                            .pad_top = g->pad_left};
    return t;
}

bool th_geometry_mirrors_x(unsigned orientation)
{
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}

bool th_geometry_mirrors_y(unsigned orientation)
{
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

static uint32_t mirrored_pad(uint32_t pad, uint32_t scaled, uint32_t canvas)
{
    return canvas > scaled ? canvas - scaled - pad : 0;
}

struct th_geometry th_geometry_stored(const struct th_geometry *g, uint32_t width, uint32_t height,
                                      unsigned orientation)
{
    const bool turned = orientation >= 5 && orientation <= 8;
    struct th_geometry s = turned ? th_geometry_transposed(g) : *g;
    if (th_geometry_mirrors_x(orientation)) {
        s.cut_x = (turned ? height : width) - s.cut_x - s.cut_width;
        s.pad_left = mirrored_pad(s.pad_left, s.scaled_width, s.canvas_width);
    }
    if (th_geometry_mirrors_y(orientation)) {
        s.cut_y = (turned ? width : height) - s.cut_y - s.cut_height;
        s.pad_top = mirrored_pad(s.pad_top, s.scaled_height, s.canvas_height);
    }
    return s;
}

/* SPDX-License-Identifier: MIT */
/*
 * Box arithmetic over all sizes of picture and box: a thumbnail is at least one pixel, fits its
 * box, is never larger than its source unless asked, and keeps its shape to the pixel. The
 * expectations are computed with 128 bits.
 */
#include "fuzz.h"
#include "image/geometry.h"

typedef unsigned __int128 u128;

static uint32_t at_most(uint32_t v, uint32_t most)
{
    return v < most ? v : most;
}

static void check_scale(uint32_t side, uint32_t to, uint32_t from)
{
    u128 exact = ((u128)side * to * 2 + from) / ((u128)from * 2); /* to nearest, halves up */
    uint32_t got = th_geometry_scale(side, to, from);
    if (exact == 0) exact = 1;
    if (exact > UINT32_MAX) exact = UINT32_MAX;
    fuzz_check(got == (uint32_t)exact);
}

/* Is `got` what `side` becomes when `from` becomes `to`, but for half a pixel of rounding, and for
 * the limits? */
static bool is_scaled(uint32_t got, uint32_t side, uint32_t to, uint32_t from)
{
    u128 exact_times_from = (u128)side * to;
    u128 low = got == 1 ? 0 : (u128)(got * UINT64_C(2) - 1) * from,
         high = (u128)(got * UINT64_C(2) + 1) * from;
    if (got == THUMBS_MAX_SIDE) return low <= exact_times_from * 2;
    return low <= exact_times_from * 2 && exact_times_from * 2 <= high;
}

/* Whole pictures: inside, contain before its padding, and everything with a free side. */
static void check_inside(const struct th_geometry *g, uint32_t width, uint32_t height,
                         uint32_t box_width, uint32_t box_height, bool enlarge)
{
    fuzz_check(g->cut_width == width && g->cut_height == height);
    if (box_width) fuzz_check(g->scaled_width <= box_width);
    if (box_height) fuzz_check(g->scaled_height <= box_height);
    if (!enlarge) fuzz_check(g->scaled_width <= width && g->scaled_height <= height);
    /* Either the picture as it is, or one side that fills its box and the other as the shape wants
     * it. */
    bool as_it_is = g->scaled_width == at_most(width, THUMBS_MAX_SIDE) &&
                    g->scaled_height == at_most(height, THUMBS_MAX_SIDE);
    bool by_width =
        g->scaled_width == box_width && is_scaled(g->scaled_height, height, box_width, width);
    bool by_height =
        g->scaled_height == box_height && is_scaled(g->scaled_width, width, box_height, height);
    fuzz_check(as_it_is || by_width || by_height);
}

static void check_cover(const struct th_geometry *g, uint32_t width, uint32_t height,
                        uint32_t box_width, uint32_t box_height, bool enlarge)
{
    fuzz_check(g->scaled_width <= box_width && g->scaled_height <= box_height);
    if (enlarge || (width >= box_width && height >= box_height))
        fuzz_check(g->scaled_width == box_width && g->scaled_height == box_height);
    else
        fuzz_check(g->scaled_width <= width && g->scaled_height <= height);
    /* One side at least is whole. */
    fuzz_check(g->cut_width == width || g->cut_height == height || !enlarge);
}

static void check_fit(uint32_t width, uint32_t height, struct thumbs_size size, enum thumbs_fit fit,
                      bool enlarge)
{
    struct th_geometry g = th_geometry_fit(width, height, &size, fit, enlarge);
    uint32_t box_width = at_most(size.width, THUMBS_MAX_SIDE),
             box_height = at_most(size.height, THUMBS_MAX_SIDE);
    bool is_free = !box_width || !box_height;

    fuzz_check(g.cut_width >= 1 && g.cut_width <= width && g.cut_height >= 1 &&
               g.cut_height <= height);
    fuzz_check(g.scaled_width >= 1 && g.scaled_height >= 1);
    fuzz_check(g.canvas_width <= THUMBS_MAX_SIDE && g.canvas_height <= THUMBS_MAX_SIDE);
    fuzz_check((uint64_t)g.pad_left + g.scaled_width <= g.canvas_width);
    fuzz_check((uint64_t)g.pad_top + g.scaled_height <= g.canvas_height);
    if (fit == THUMBS_FIT_CONTAIN && !is_free) {
        fuzz_check(g.canvas_width == box_width && g.canvas_height == box_height);
        uint32_t right = g.canvas_width - g.scaled_width - g.pad_left;
        uint32_t bottom = g.canvas_height - g.scaled_height - g.pad_top;
        fuzz_check(right - g.pad_left <= 1 && bottom - g.pad_top <= 1); /* in the middle */
    } else {
        fuzz_check(g.canvas_width == g.scaled_width && g.canvas_height == g.scaled_height);
    }

    if (is_free || fit == THUMBS_FIT_INSIDE || fit == THUMBS_FIT_CONTAIN) {
        check_inside(&g, width, height, box_width, box_height, enlarge);
    } else if (fit == THUMBS_FIT_COVER) {
        check_cover(&g, width, height, box_width, box_height, enlarge);
    } else {
        fuzz_check(g.scaled_width == (enlarge ? box_width : at_most(width, box_width)));
        fuzz_check(g.scaled_height == (enlarge ? box_height : at_most(height, box_height)));
    }

    struct th_geometry once = th_geometry_transposed(&g), twice = th_geometry_transposed(&once);
    fuzz_check(once.cut_width == g.cut_height && once.canvas_height == g.canvas_width &&
               once.pad_left == g.pad_top);
    fuzz_check(!memcmp(&twice, &g, sizeof g));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    uint8_t how = fuzz_u8(&in);
    /* Sides of one to four bytes, so that small and huge ones are equally likely. */
    unsigned n_bytes = 1 + (how >> 3 & 3);
    uint32_t width = (uint32_t)fuzz_number(&in, n_bytes),
             height = (uint32_t)fuzz_number(&in, n_bytes);
    struct thumbs_size size = {.width = (uint32_t)fuzz_number(&in, how & 0x20 ? 4 : 2),
                               .height = (uint32_t)fuzz_number(&in, how & 0x20 ? 4 : 2)};
    if (!width) width = UINT32_MAX;
    if (!height) height = UINT32_MAX;
    if (!size.width && !size.height) return 0;
    check_fit(width, height, size, (enum thumbs_fit)(how & 3), how & 4);
    check_scale(size.width, width, height);
    return 0;
}

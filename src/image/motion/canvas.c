/* SPDX-License-Identifier: MIT */
#include "image/motion/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

bool th_canvas_init(struct th_canvas *c, uint32_t width, uint32_t height)
{
    size_t pixels, size;
    *c = (struct th_canvas){.width = width, .height = height};
    if (!th_mul_size(width, height, &pixels) || !th_mul_size(pixels, TH_CANVAS_BANDS, &size))
        return false;
    c->data = th_calloc(1, size);
    return c->data;
}

void th_canvas_finish(struct th_canvas *c)
{
    free(c->data);
    free(c->before);
    *c = (struct th_canvas){0};
}

static uint8_t *row_of(const struct th_canvas *c, uint32_t y)
{
    return c->data + (((size_t)c->area.y + y) * c->width + c->area.x) * TH_CANVAS_BANDS;
}

static size_t area_row_len(const struct th_canvas *c)
{
    return (size_t)c->area.width * TH_CANVAS_BANDS;
}

/* Bytes into a row, and whether they are others. */
static bool replace(uint8_t *to, const uint8_t *from, size_t len)
{
    if (memcmp(to, from, len) == 0) return false;
    memcpy(to, from, len);
    return true;
}

static void restore(struct th_canvas *c)
{
    const size_t len = area_row_len(c);
    for (uint32_t y = 0; y < c->area.height; y++)
        if (replace(row_of(c, y), c->before + y * len, len)) c->changed = true;
}

static void clear(struct th_canvas *c)
{
    const size_t len = area_row_len(c);
    if (!len) return;
    for (uint32_t y = 0; y < c->area.height; y++)
        memset(row_of(c, y), 0, len);
    c->changed = true;
}

/* Only what is painted over is kept, not the whole canvas. */
static bool save(struct th_canvas *c)
{
    const size_t len = area_row_len(c);
    size_t size;
    if (!th_mul_size(len, c->area.height, &size)) return false;
    c->before = th_alloc(size ? size : 1);
    for (uint32_t y = 0; c->before && y < c->area.height; y++)
        memcpy(c->before + y * len, row_of(c, y), len);
    return c->before;
}

/* The part of a stretch from `at` that lies before `side`. */
static uint32_t within(uint32_t at, uint32_t len, uint32_t side)
{
    return at < side ? (uint32_t)th_min_u64(len, side - at) : 0;
}

bool th_canvas_begin(struct th_canvas *c, const struct th_area *area, enum th_leaves leaves)
{
    c->changed = false;
    if (c->leaves == TH_LEAVES_BEFORE && c->before)
        restore(c);
    else if (c->leaves == TH_LEAVES_NOTHING)
        clear(c);
    free(c->before);
    c->before = NULL;
    c->area = (struct th_area){.x = area->x,
                               .y = area->y,
                               .width = within(area->x, area->width, c->width),
                               .height = within(area->y, area->height, c->height)};
    if (!c->area.width || !c->area.height) c->area = (struct th_area){0};
    c->leaves = leaves;
    return leaves != TH_LEAVES_BEFORE || save(c);
}

/* Porter and Duff's "over", alpha not multiplied in, rounded to nearest. */
static void lay_over(uint8_t *to, const uint8_t *from)
{
    const uint32_t above = from[3] * 255u, below = to[3] * (255u - from[3]), sum = above + below;
    for (int k = 0; k < 3; k++)
        to[k] = (uint8_t)((from[k] * above + to[k] * below + sum / 2) / sum);
    to[3] = (uint8_t)((sum + 127) / 255);
}

void th_canvas_paint(struct th_canvas *c, uint32_t y, const uint8_t *pixels, uint32_t n, bool over)
{
    if (y >= c->area.height) return;
    uint8_t *to = row_of(c, y);
    n = (uint32_t)th_min_u64(n, c->area.width);
    if (!over) {
        if (replace(to, pixels, (size_t)n * TH_CANVAS_BANDS)) c->changed = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++, to += TH_CANVAS_BANDS, pixels += TH_CANVAS_BANDS) {
        if (pixels[3] == 0) continue;
        if (pixels[3] == 255) {
            if (replace(to, pixels, TH_CANVAS_BANDS)) c->changed = true;
        } else {
            lay_over(to, pixels);
            c->changed = true;
        }
    }
}

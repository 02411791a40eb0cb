/* SPDX-License-Identifier: MIT */
#include "image/png/png_adam7.h"

#include <string.h>

#define N_PASSES 7

static const struct {
    uint8_t x, y, across, down;
} passes[N_PASSES] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                      {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

static uint32_t count(uint32_t side, uint32_t first, uint32_t every)
{
    return side > first ? (side - first - 1) / every + 1 : 0;
}

/* The first pass from i on that has pixels. */
static struct th_png_pass pass_from(const struct th_png_header *h, unsigned i)
{
    for (; i < N_PASSES; i++) {
        struct th_png_pass p = {.i = i,
                                .x = passes[i].x,
                                .y = passes[i].y,
                                .across = passes[i].across,
                                .down = passes[i].down};
        p.width = count(h->width, p.x, p.across);
        p.height = count(h->height, p.y, p.down);
        if (p.width && p.height) return p;
    }
    return (struct th_png_pass){.i = N_PASSES};
}

struct th_png_pass th_png_pass_first(const struct th_png_header *h)
{
    const struct th_png_pass whole = {
        .i = N_PASSES, .width = h->width, .height = h->height, .across = 1, .down = 1};
    return h->interlaced ? pass_from(h, 0) : whole;
}

struct th_png_pass th_png_pass_next(const struct th_png_header *h, const struct th_png_pass *p)
{
    return pass_from(h, p->i + 1);
}

void th_png_pass_scatter(const struct th_png_pass *p, const uint8_t *row, uint32_t y,
                         uint8_t *frame, uint32_t frame_width, size_t pixel_bytes)
{
    const size_t step = p->across * pixel_bytes;
    const uint64_t at_row = p->y + (uint64_t)y * p->down;
    uint8_t *to = frame + ((size_t)at_row * frame_width + p->x) * pixel_bytes;
    if (p->across == 1) {
        memcpy(to, row, p->width * pixel_bytes);
        return;
    }
    for (uint32_t i = 0; i < p->width; i++, to += step, row += pixel_bytes)
        memcpy(to, row, pixel_bytes);
}

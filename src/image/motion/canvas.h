/* SPDX-License-Identifier: MIT */
/*
 * canvas.h - what a moving picture shows: frames are painted on it, one over the other, and leave
 * it as they say. Samples are RGB and alpha, 8 bits, alpha not multiplied in. One owner.
 */
#ifndef TH_IMAGE_MOTION_CANVAS_H
#define TH_IMAGE_MOTION_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TH_CANVAS_BANDS 4

struct th_area {
    uint32_t x, y, width, height;
};

/* What a frame leaves behind where it was, when the next one comes. */
enum th_leaves {
    TH_LEAVES_ITSELF,
    TH_LEAVES_NOTHING, /* what it covered is empty */
    TH_LEAVES_BEFORE   /* what it covered is as it was before it */
};

struct th_canvas {
    uint8_t *data; /* rows without gaps; owned */
    uint32_t width, height;
    bool changed; /* another picture than before the last th_canvas_begin() */
    struct th_area area;
    enum th_leaves leaves;
    uint8_t *before; /* what the area covers; owned */
};

/* Empty: clear everywhere. False: no memory. */
bool th_canvas_init(struct th_canvas *canvas, uint32_t width, uint32_t height);
void th_canvas_finish(struct th_canvas *canvas); /* zeroed is fine */

/* The next frame begins: what the one before it leaves is left. Only the part of `area` on the
 * canvas counts. False: no memory. */
bool th_canvas_begin(struct th_canvas *canvas, const struct th_area *area, enum th_leaves leaves);

/* Paint the next n pixels of row y of the frame that has begun, both counted from the corner of its
 * area, from x 0. `over`: what is clear lets through what is there; else it replaces it. */
void th_canvas_paint(struct th_canvas *canvas, uint32_t y, const uint8_t *pixels, uint32_t n,
                     bool over);

#endif

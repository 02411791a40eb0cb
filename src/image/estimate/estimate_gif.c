/* SPDX-License-Identifier: MIT */
/* GIF89a, as gif_hot.c decodes it: lines of the first frame, held together if it is interlaced.
 * Where that is not built in, as libnsgif reads it for libvips: the canvas as RGBA, a second one
 * for frames that are taken back, and a record for each frame. */
#include "image/estimate/estimators.h"

#ifdef THUMBS_WITH_GIF
#define DIRECT true
#else
#define DIRECT false
#endif

/* Of giflib, rounded up. */
#define GIFLIB_BYTES ((uint64_t)64 << 10)

/* A frame takes 12 bytes at least: its descriptor, the code size, the end of its data. */
#define LEAST_FRAME_LEN 12
/* libnsgif's record of it and libvips' delay, while the arrays grow. */
#define FRAME_BYTES 256
/* Sub-blocks of at most 255 bytes that are looked at; without them frames are not found. A file of
 * 64 MiB: they are more than are looked at elsewhere, since one after the other they come fast, and
 * what is not seen costs dear. */
#define STEPS (1u << 18)
/* Of the screen and of what its first frame adds. */
#define MOST_SIDE (2u * UINT16_MAX)

/* libnsgif's, and the copy of it that a frame to be taken back asks for. */
#define CANVASES 2

struct walk {
    uint64_t at, width, height, n_frames;
    uint64_t frame_pixels; /* of the first */
    bool interlaced;
};

/* Behind a colour table whose size the flags tell. */
static uint64_t table_len(unsigned flags)
{
    return flags & 0x80 ? 3u << ((flags & 7) + 1) : 0;
}

/* Step over one block at w->at; false at the end. A sub-block chain is walked as `steps` allow. */
static bool step(struct th_view v, struct walk *w, unsigned *steps)
{
    unsigned kind = (unsigned)th_view_be(v, w->at, 1);
    if (kind == 0x21) {
        w->at += 2;
    } else if (kind == 0x2C) {
        /* The first frame may be larger than the screen that was declared, which then grows. */
        if (!w->n_frames++) {
            w->width =
                th_max_u64(w->width, th_view_le(v, w->at + 1, 2) + th_view_le(v, w->at + 5, 2));
            w->height =
                th_max_u64(w->height, th_view_le(v, w->at + 3, 2) + th_view_le(v, w->at + 7, 2));
            w->frame_pixels = th_view_le(v, w->at + 5, 2) * (th_view_le(v, w->at + 7, 2) + 1);
            w->interlaced = th_view_be(v, w->at + 9, 1) & 0x40;
            if (DIRECT) return false;
        }
        w->at += 10 + table_len((unsigned)th_view_be(v, w->at + 9, 1)) + 1;
    } else {
        return false;
    }
    for (; *steps; --*steps) {
        uint64_t n = th_view_be(v, w->at, 1);
        w->at += 1 + n;
        if (!n) return w->at < v.len;
    }
    return false;
}

/* Steps that ran out: the rest may be frames of nothing, the first of them of any size. */
static void fear(struct th_view v, struct walk *w, const struct thumbs_image_options *options)
{
    if (!w->n_frames) {
        uint32_t width, height;
        th_estimate_worst_size(MOST_SIDE, options, &width, &height);
        w->width = width;
        w->height = height;
        w->frame_pixels = th_mul_sat(width, height);
        w->interlaced = true;
    }
    w->n_frames += (v.len - w->at) / LEAST_FRAME_LEN;
}

bool th_estimate_gif(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    if (v.len < 13) return false;
    struct walk w = {.width = th_view_le(v, 6, 2), .height = th_view_le(v, 8, 2)};
    w.at = 13 + table_len(v.data[10]);
    unsigned steps = STEPS;
    while (steps && step(v, &w, &steps))
        steps--;
    if (!steps && w.at < v.len) fear(v, &w, options);
    out->width = (uint32_t)w.width;
    out->height = (uint32_t)w.height;
    out->direct = DIRECT;
    /* A row of the canvas, a line of the frame. */
    if (DIRECT)
        out->decoder = GIFLIB_BYTES + w.width * 5 + (w.interlaced ? w.frame_pixels : 0);
    else
        out->decoder =
            th_add_sat(th_mul3_sat(w.width, w.height, 4 * CANVASES), w.n_frames * FRAME_BYTES);
    return true;
}

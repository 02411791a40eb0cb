/* SPDX-License-Identifier: MIT */
/* GIF89a, as gif_hot.c decodes it: lines of the first frame, held together if it is interlaced.
 * Where that is not built in, as libnsgif reads it for libvips: the canvas as RGBA, a second one
 * for frames that are taken back, and a record for each frame. */
#include "image/estimate/estimators.h"
#include "image/gif/gif_outline.h"

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
/* Of the screen and of what its first frame adds. */
#define MOST_SIDE (2u * UINT16_MAX)

/* libnsgif's, and the copy of it that a frame to be taken back asks for. */
#define CANVASES 2

/* Steps that ran out: the rest may be frames of nothing, the first of them of any size. */
static void fear(struct th_gif_outline *o, const struct thumbs_image_options *options)
{
    if (!o->n_frames) {
        uint32_t width, height;
        th_estimate_worst_size(MOST_SIDE, options, &width, &height);
        o->width = width;
        o->height = height;
        o->frame_pixels = th_mul_sat(width, height);
        o->interlaced = true;
    }
    o->n_frames += o->left / LEAST_FRAME_LEN;
}

/* Composed, a GIF needs the canvas and what a frame has painted over, and all lines of one that is
 * interlaced. */
#define MOTION_PIXEL_BYTES (4 + 4 + 1)

bool th_estimate_gif(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    struct th_gif_outline o;
    const bool moves = options->pages == THUMBS_PAGES_ALL;
    if (!th_gif_outline(v, DIRECT && !moves ? 1 : UINT64_MAX, &o)) return false;
    if (!o.whole) fear(&o, options);
    out->width = (uint32_t)o.width;
    out->height = (uint32_t)o.height;
    out->direct = DIRECT;
    out->n_frames = o.n_frames;
    out->motion = GIFLIB_BYTES + th_mul3_sat(o.width, o.height, MOTION_PIXEL_BYTES);
    /* A row of the canvas, a line of the frame. */
    if (DIRECT)
        out->decoder = GIFLIB_BYTES + o.width * 5 + (o.interlaced ? o.frame_pixels : 0);
    else
        out->decoder =
            th_add_sat(th_mul3_sat(o.width, o.height, 4 * CANVASES), o.n_frames * FRAME_BYTES);
    return true;
}

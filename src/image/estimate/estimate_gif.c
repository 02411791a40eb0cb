/* GIF89a, as libnsgif reads it for libvips: the canvas as RGBA, a second one for frames that are taken back, and a
 * record for each frame. */
#include "image/estimate/estimators.h"

/* A frame takes 12 bytes at least: its descriptor, the code size, the end of its data. */
#define LEAST_FRAME_LEN 12
/* libnsgif's record of it and libvips' delay, while the arrays grow. */
#define FRAME_BYTES 256
/* Sub-blocks of at most 255 bytes that are looked at; without them frames are not found. A file of 64 MiB: they are
 * more than are looked at elsewhere, since one after the other they come fast, and what is not seen costs dear. */
#define STEPS (1u << 18)
/* Of the screen and of what its first frame adds. */
#define MOST_SIDE (2u * UINT16_MAX)

/* libnsgif's, and the copy of it that a frame to be taken back asks for. */
#define CANVASES 2

struct walk {
    uint64_t at, width, height, n_frames;
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
            w->width = th_max_u64(w->width, th_view_le(v, w->at + 1, 2) + th_view_le(v, w->at + 5, 2));
            w->height = th_max_u64(w->height, th_view_le(v, w->at + 3, 2) + th_view_le(v, w->at + 7, 2));
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

bool th_estimate_gif(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    if (v.len < 13) return false;
    struct walk w = {.width = th_view_le(v, 6, 2), .height = th_view_le(v, 8, 2)};
    w.at = 13 + table_len(v.data[10]);
    unsigned steps = STEPS;
    while (steps && step(v, &w, &steps))
        steps--;
    out->width = (uint32_t)w.width;
    out->height = (uint32_t)w.height;
    /* Steps that ran out: the rest may be frames of nothing, the first of them of any size. */
    if (!steps && w.at < v.len) {
        if (!w.n_frames) th_estimate_worst_size(MOST_SIDE, options, &out->width, &out->height);
        w.n_frames += (v.len - w.at) / LEAST_FRAME_LEN;
    }
    out->decoder = th_add_sat(th_mul3_sat(out->width, out->height, 4 * CANVASES), w.n_frames * FRAME_BYTES);
    return true;
}

/* SPDX-License-Identifier: MIT */
/* GIF89a: a screen, then extensions and frames, each with a chain of sub-blocks. */
#include "image/gif/gif_outline.h"

#include "base/num.h"

#define SCREEN_LEN 13

/* Behind a colour table whose size the flags tell. */
static uint64_t table_len(unsigned flags)
{
    return flags & 0x80 ? 3u << ((flags & 7) + 1) : 0;
}

/* The first frame may be larger than the screen that was declared, which then grows. */
static void note_first(struct th_view v, uint64_t at, struct th_gif_outline *o)
{
    const uint64_t width = th_view_le(v, at + 5, 2), height = th_view_le(v, at + 7, 2);
    o->width = th_max_u64(o->width, th_view_le(v, at + 1, 2) + width);
    o->height = th_max_u64(o->height, th_view_le(v, at + 3, 2) + height);
    o->frame_pixels = width * (height + 1);
    o->interlaced = th_view_be(v, at + 9, 1) & 0x40;
}

/* To the sub-blocks of the block at *at; false if it has none. */
static bool enter(struct th_view v, uint64_t *at, struct th_gif_outline *o)
{
    const unsigned kind = (unsigned)th_view_be(v, *at, 1);
    if (kind == 0x21) {
        *at += 2;
        return true;
    }
    if (kind != 0x2C) return false;
    if (!o->n_frames++) note_first(v, *at, o);
    *at += 10 + table_len((unsigned)th_view_be(v, *at + 9, 1)) + 1;
    return true;
}

bool th_gif_outline(struct th_view v, uint64_t most_frames, struct th_gif_outline *out)
{
    if (v.len < SCREEN_LEN) return false;
    *out = (struct th_gif_outline){.width = th_view_le(v, 6, 2), .height = th_view_le(v, 8, 2)};
    uint64_t at = SCREEN_LEN + table_len(v.data[10]);
    unsigned steps = TH_GIF_OUTLINE_STEPS;
    while (steps && at < v.len && enter(v, &at, out) && out->n_frames < most_frames) {
        uint64_t n;
        do {
            n = th_view_be(v, at, 1);
            at += 1 + n;
        } while (n && --steps);
        if (steps) steps--;
    }
    out->whole = steps > 0 || at >= v.len;
    out->left = at < v.len ? v.len - at : 0;
    return true;
}

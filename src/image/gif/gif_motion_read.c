/* SPDX-License-Identifier: MIT */
/* The frames of a GIF, composed one over the other. */
#include <stdlib.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/gif/gif_failed.h"
#include "image/gif/gif_outline.h"
#include "image/motion.h"
#include "image/motion/canvas.h"

#define MS_PER_CS 10

struct reading {
    struct th_make *make;
    struct th_gif *gif;
    struct th_canvas canvas;
    uint8_t *row; /* of a frame, RGB and alpha */
    bool begun;   /* the first frame has been painted */
    bool ended;
};

static void close_reading(void *state)
{
    struct reading *r = state;
    th_gif_close(r->gif);
    th_canvas_finish(&r->canvas);
    free(r->row);
    free(r);
}

static bool moves(struct th_view file)
{
    struct th_gif_outline outline;
    return th_gif_outline(file, 2, &outline) && (outline.n_frames > 1 || !outline.whole);
}

static enum thumbs_code open_reading(struct th_make *make, void **state,
                                     struct th_motion_header *header, struct thumbs_error *err)
{
    struct th_gif *gif = NULL;
    make->declined = !moves((struct th_view){make->data, make->len});
    if (make->declined) return THUMBS_OK;
    const enum th_gif_code opened = th_gif_open(make->data, make->len, th_gif_is_late, make, &gif);
    make->declined = opened == TH_GIF_BROKEN;
    if (opened != TH_GIF_OK) return make->declined ? THUMBS_OK : th_gif_failed(make, opened, err);
    struct reading *r = th_calloc(1, sizeof *r);
    if (!r) {
        th_gif_close(gif);
        return th_make_no_memory(err);
    }
    const struct th_gif_header *h = th_gif_header(gif);
    r->make = make;
    r->gif = gif;
    *state = r;
    *header = (struct th_motion_header){
        .width = h->width, .height = h->height, .orientation = 1, .plays = h->plays};
    return THUMBS_OK;
}

static enum thumbs_code begin_reading(void *state, struct thumbs_error *err)
{
    struct reading *r = state;
    const struct th_gif_header *h = th_gif_header(r->gif);
    return th_canvas_init(&r->canvas, h->width, h->height) ? THUMBS_OK : th_make_no_memory(err);
}

/* ---- a frame ---- */

static enum th_leaves leaves_of(const struct th_gif_header *h)
{
    switch (h->disposal) {
    case 2:
        return TH_LEAVES_NOTHING;
    case 3:
        return TH_LEAVES_BEFORE;
    default:
        return TH_LEAVES_ITSELF;
    }
}

static void paint(struct reading *r, uint32_t y, const uint8_t *line)
{
    const struct th_gif_header *h = th_gif_header(r->gif);
    for (uint32_t x = 0; x < h->frame_width; x++)
        for (int k = 0; k < TH_CANVAS_BANDS; k++)
            r->row[(size_t)x * TH_CANVAS_BANDS + (size_t)k] = h->palette[line[x]][k];
    th_canvas_paint(&r->canvas, y, r->row, h->frame_width, true);
}

/* All lines that come. */
static enum thumbs_code paint_frame(struct reading *r, struct thumbs_error *err)
{
    const struct th_gif_header *h = th_gif_header(r->gif);
    const struct th_area area = {h->x, h->y, h->frame_width, h->frame_height};
    enum th_gif_code made = TH_GIF_OK;
    const uint8_t *line;
    size_t size;
    free(r->row);
    r->row = th_mul_size(h->frame_width, TH_CANVAS_BANDS, &size) ? th_alloc(size + 1) : NULL;
    if (!r->row || !th_canvas_begin(&r->canvas, &area, leaves_of(h))) return th_make_no_memory(err);
    for (uint32_t y = 0; (line = th_gif_line(r->gif, &made)); y++)
        paint(r, y, line);
    return th_gif_failed(r->make, made, err);
}

/* A frame without pixels cannot be passed over: its codes tell no end. */
static enum th_gif_code go_on(struct reading *r)
{
    if (!r->begun) return TH_GIF_OK;
    enum th_gif_code code = th_gif_next(r->gif);
    const struct th_gif_header *h = th_gif_header(r->gif);
    return code == TH_GIF_OK && (!h->frame_width || !h->frame_height) ? TH_GIF_BROKEN : code;
}

static enum thumbs_code next_frame(void *state, struct th_motion_frame *frame,
                                   struct thumbs_error *err)
{
    struct reading *r = state;
    *frame = (struct th_motion_frame){0};
    enum thumbs_code code = th_make_check_deadline(r->make, THUMBS_STAGE_DECODE, err);
    if (code != THUMBS_OK || r->ended) return code;
    const enum th_gif_code found = go_on(r);
    if (found == TH_GIF_END) return THUMBS_OK;
    if (found == TH_GIF_BROKEN)
        return th_make_damaged(r->make, "what follows one of its frames is not a frame", err);
    code = found == TH_GIF_OK ? paint_frame(r, err) : th_gif_failed(r->make, found, err);
    if (code != THUMBS_OK) return code;
    const char *damage = th_gif_damage(r->gif);
    r->ended = damage;
    if (damage && th_gif_decoded(r->gif) == 0 && !r->begun) return THUMBS_OK;
    if (damage) code = th_make_damaged(r->make, damage, err);
    *frame = (struct th_motion_frame){.canvas = r->canvas.data,
                                      .duration_ms = th_gif_header(r->gif)->delay_cs * MS_PER_CS,
                                      .changed = r->canvas.changed || !r->begun};
    r->begun = true;
    return code;
}

const struct th_motion_reader th_motion_reader_gif = {
    .open = open_reading, .begin = begin_reading, .next = next_frame, .close = close_reading};

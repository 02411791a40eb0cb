/* SPDX-License-Identifier: MIT */
/* The frames of an animated PNG, composed one over the other. */
#include <stdlib.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/exif.h"
#include "image/motion.h"
#include "image/png/png_frames.h"
#include "image/png/png_rows.h"
#include "image/steps.h"

#define ROWS_AT_ONCE 64 /* between two looks at the clock */
#define US_PER_S     UINT64_C(1000000)

struct reading {
    struct th_make *make;
    struct th_png_header header;
    struct th_png_frames frames;
    struct th_canvas canvas;
    uint8_t *profile;
    uint8_t *pixels; /* of one frame, RGB and alpha */
    size_t size;
    uint64_t shown_us, shown_ms; /* until the end of the last frame, exact and as told */
    bool begun;                  /* the first frame has been painted */
    bool ended;
};

static void close_reading(void *state)
{
    struct reading *r = state;
    th_canvas_finish(&r->canvas);
    free(r->profile);
    free(r->pixels);
    free(r);
}

static struct th_view file_of(const struct th_make *make)
{
    return (struct th_view){make->data, make->len};
}

/* Is there a first frame, in a file that says that there are others? */
static bool moves(const struct th_make *make, const struct th_png_header *h)
{
    struct th_png_frames walk;
    struct th_png_frame first;
    if (h->frames < 2) return false;
    th_png_frames_begin(&walk, file_of(make), h);
    return th_png_frames_next(&walk, &first) == TH_PNG_FRAME;
}

static enum thumbs_code open_reading(struct th_make *make, void **state,
                                     struct th_motion_header *header, struct thumbs_error *err)
{
    struct reading *r = th_calloc(1, sizeof *r);
    size_t profile_len = 0;
    if (!r) return th_make_no_memory(err);
    r->make = make;
    *state = r;
    const struct th_png_header *h = &r->header;
    make->declined = !th_png_parse(make->data, make->len, &r->header) || !moves(make, h);
    if (make->declined) return THUMBS_OK;
    if (!th_png_profile(h, &r->profile, &profile_len)) return th_make_no_memory(err);
    th_png_frames_begin(&r->frames, file_of(make), h);
    *header = (struct th_motion_header){.width = h->width,
                                        .height = h->height,
                                        .orientation = th_exif_orientation(h->exif, h->exif_len),
                                        .plays = h->plays,
                                        .colours = th_png_colours(h)};
    if (th_png_profile_counts(h)) header->icc = (struct th_view){r->profile, profile_len};
    return THUMBS_OK;
}

static enum thumbs_code begin_reading(void *state, struct thumbs_error *err)
{
    struct reading *r = state;
    return th_canvas_init(&r->canvas, r->header.width, r->header.height) ? THUMBS_OK
                                                                         : th_make_no_memory(err);
}

/* ---- the pixels of a frame ---- */

/* Room for them, kept for the frames that follow. */
static bool make_room(struct reading *r, const struct th_area *area)
{
    size_t size;
    if (!th_mul3_size(area->width, area->height, TH_CANVAS_BANDS, &size)) return false;
    if (size <= r->size) return true;
    free(r->pixels);
    r->pixels = th_alloc(size);
    r->size = r->pixels ? size : 0;
    return r->pixels;
}

static void widen(const uint8_t *from, unsigned bands, uint8_t *to, uint32_t n)
{
    const bool alpha = bands % 2 == 0, grey = bands <= 2;
    for (uint32_t i = 0; i < n; i++, from += bands, to += TH_CANVAS_BANDS) {
        for (unsigned k = 0; k < 3; k++)
            to[k] = from[grey ? 0 : k];
        to[3] = alpha ? from[bands - 1] : 255;
    }
}

/* What came of a frame. */
struct came {
    uint32_t rows;      /* from the top */
    const char *damage; /* one clause, or NULL */
    bool retry;         /* zlib is to have the last word */
};

static enum thumbs_code read_rows(struct reading *r, struct th_png_rows *rows,
                                  const struct th_png_frame *f, struct came *came,
                                  struct thumbs_error *err)
{
    const size_t stride = (size_t)f->area.width * TH_CANVAS_BANDS;
    enum thumbs_code code = THUMBS_OK;
    enum th_png_step step = TH_PNG_ROW;
    const void *row;
    uint64_t of;
    for (uint32_t i = 0; code == THUMBS_OK; i++) {
        step = th_png_rows_next(rows, &row);
        if (step == TH_PNG_RETRY || step == TH_PNG_DONE) break;
        if (step == TH_PNG_ROW)
            widen(row, th_png_rows_bands(rows), r->pixels + stride * came->rows++, f->area.width);
        if (i % ROWS_AT_ONCE == 0) code = th_make_check_deadline(r->make, THUMBS_STAGE_DECODE, err);
    }
    came->retry = step == TH_PNG_RETRY;
    came->damage = th_png_rows_damage(rows);
    if (th_png_rows_decoded(rows, &of) == 0) came->rows = 0;
    return code;
}

static enum thumbs_code decode_by(struct reading *r, enum th_png_engine engine,
                                  const struct th_png_frame *f, struct came *came,
                                  struct thumbs_error *err)
{
    struct th_png_header h = r->header;
    h.width = f->area.width;
    h.height = f->area.height;
    h.pixels = f->pixels;
    const struct th_png_rows_plan plan = {.header = &h,
                                          .data = r->make->data,
                                          .len = r->make->len,
                                          .engine = engine,
                                          .apart = f->apart};
    struct th_png_rows *rows = th_png_rows_create(&plan);
    *came = (struct came){0};
    if (!rows || !make_room(r, &f->area)) {
        th_png_rows_destroy(rows);
        return th_make_no_memory(err);
    }
    enum thumbs_code code = read_rows(r, rows, f, came, err);
    th_png_rows_destroy(rows);
    return code;
}

static enum thumbs_code decode(struct reading *r, const struct th_png_frame *f, struct came *came,
                               struct thumbs_error *err)
{
    enum thumbs_code code = decode_by(r, th_png_engine_best(), f, came, err);
    if (code == THUMBS_OK && came->retry) code = decode_by(r, TH_PNG_ZLIB, f, came, err);
    return code;
}

/* ---- frames ---- */

static enum thumbs_code damaged(struct reading *r, const char *what, struct thumbs_error *err)
{
    r->ended = true;
    return r->begun ? th_make_damaged(r->make, what, err) : THUMBS_OK;
}

/* In whole milliseconds, so that those of all frames together are right. */
static uint32_t duration_ms(struct reading *r, const struct th_png_frame *f)
{
    r->shown_us += (f->delay * US_PER_S + f->per_second / 2) / f->per_second;
    const uint64_t begin_ms = r->shown_ms;
    r->shown_ms = (r->shown_us + 500) / 1000;
    return (uint32_t)(r->shown_ms - begin_ms);
}

static enum thumbs_code paint_frame(struct reading *r, const struct th_png_frame *f,
                                    struct th_motion_frame *frame, struct thumbs_error *err)
{
    const size_t stride = (size_t)f->area.width * TH_CANVAS_BANDS;
    struct came came;
    enum thumbs_code code = decode(r, f, &came, err);
    if (code != THUMBS_OK) return code;
    if (came.rows == 0) return damaged(r, "not one pixel of one of its frames decodes", err);
    if (!th_canvas_begin(&r->canvas, &f->area, f->leaves)) return th_make_no_memory(err);
    for (uint32_t y = 0; y < came.rows; y++)
        th_canvas_paint(&r->canvas, y, r->pixels + y * stride, f->area.width, !f->replaces);
    *frame = (struct th_motion_frame){.canvas = r->canvas.data,
                                      .duration_ms = duration_ms(r, f),
                                      .changed = r->canvas.changed || !r->begun};
    r->begun = true;
    return came.damage ? damaged(r, came.damage, err) : THUMBS_OK;
}

static enum thumbs_code next_frame(void *state, struct th_motion_frame *frame,
                                   struct thumbs_error *err)
{
    struct reading *r = state;
    struct th_png_frame f;
    *frame = (struct th_motion_frame){0};
    enum thumbs_code code = th_make_check_deadline(r->make, THUMBS_STAGE_DECODE, err);
    if (code != THUMBS_OK || r->ended) return code;
    switch (th_png_frames_next(&r->frames, &f)) {
    case TH_PNG_FRAME:
        return paint_frame(r, &f, frame, err);
    case TH_PNG_NOT_ONE:
        return damaged(r, "what follows one of its frames is not a frame", err);
    case TH_PNG_NO_MORE:
        break;
    }
    return r->frames.n < r->header.frames
               ? damaged(r, "it has fewer frames than its header says", err)
               : THUMBS_OK;
}

const struct th_motion_reader th_motion_reader_png = {
    .open = open_reading, .begin = begin_reading, .next = next_frame, .close = close_reading};

/* SPDX-License-Identifier: MIT */
/* The frames of a WebP, composed one over the other. */
#include <stdlib.h>

#include <webp/decode.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/exif.h"
#include "image/motion.h"
#include "image/motion/canvas.h"
#include "image/steps.h"
#include "image/webp/webp_chunks.h"
#include "image/webp/webp_size.h"

struct reading {
    struct th_make *make;
    uint32_t width, height;
    struct th_canvas canvas;
    uint64_t at;     /* of the next frame */
    uint8_t *pixels; /* of one frame, RGB and alpha */
    size_t size;
    bool begun; /* the first frame has been painted */
    bool ended;
};

static struct th_view file_of(const struct th_make *make)
{
    return (struct th_view){make->data, make->len};
}

static enum thumbs_code open_reading(struct th_make *make, void **state,
                                     struct th_motion_header *header, struct thumbs_error *err)
{
    struct th_webp w;
    struct th_webp_motion motion;
    th_webp_motion(file_of(make), UINT64_MAX, &motion);
    make->declined = motion.n_frames < 2 || !th_webp_parse(file_of(make), &w);
    if (make->declined) return THUMBS_OK;
    struct reading *r = th_calloc(1, sizeof *r);
    if (!r) return th_make_no_memory(err);
    *r = (struct reading){.make = make, .width = w.width, .height = w.height};
    *state = r;
    *header = (struct th_motion_header){.width = w.width,
                                        .height = w.height,
                                        .orientation = th_exif_orientation(w.exif.data, w.exif.len),
                                        .plays = motion.plays,
                                        .icc = w.icc};
    return THUMBS_OK;
}

static enum thumbs_code begin_reading(void *state, struct thumbs_error *err)
{
    struct reading *r = state;
    return th_canvas_init(&r->canvas, r->width, r->height) ? THUMBS_OK : th_make_no_memory(err);
}

static void close_reading(void *state)
{
    struct reading *r = state;
    th_canvas_finish(&r->canvas);
    free(r->pixels);
    free(r);
}

/* ---- a frame ---- */

/* Room for it, kept for those that follow. */
static bool make_room(struct reading *r, const struct th_webp *w)
{
    size_t stride, size;
    if (!th_mul_size(w->frame_width, TH_CANVAS_BANDS, &stride) ||
        !th_mul_size(stride, w->frame_height, &size))
        return false;
    if (size <= r->size) return true;
    free(r->pixels);
    r->pixels = th_alloc(size);
    r->size = r->pixels ? size : 0;
    return r->pixels;
}

static VP8StatusCode set_up(struct reading *r, const struct th_webp *w, WebPDecoderConfig *config,
                            WebPIDecoder **decoder)
{
    if (!WebPInitDecoderConfig(config) || !make_room(r, w)) return VP8_STATUS_OUT_OF_MEMORY;
    config->output.colorspace = MODE_RGBA;
    config->output.is_external_memory = 1;
    config->output.u.RGBA =
        (WebPRGBABuffer){.rgba = r->pixels, .stride = (int)w->frame_width * TH_CANVAS_BANDS};
    config->output.u.RGBA.size = (size_t)w->frame_width * TH_CANVAS_BANDS * w->frame_height;
    *decoder = WebPIDecode(NULL, 0, config);
    return *decoder ? VP8_STATUS_SUSPENDED : VP8_STATUS_OUT_OF_MEMORY;
}

/* *rows: how many came from the top. */
static enum thumbs_code decode(struct reading *r, const struct th_webp *w, uint32_t *rows,
                               VP8StatusCode *status, struct thumbs_error *err)
{
    WebPDecoderConfig config;
    WebPIDecoder *decoder = NULL;
    const size_t step = th_webp_step(w);
    enum thumbs_code code = THUMBS_OK;
    *rows = 0;
    *status = set_up(r, w, &config, &decoder);
    for (size_t at = 0;
         code == THUMBS_OK && *status == VP8_STATUS_SUSPENDED && at < w->pixels.len;) {
        int last = 0, width, height, stride;
        at += w->pixels.len - at < step ? w->pixels.len - at : step;
        *status = WebPIUpdate(decoder, w->pixels.data, at);
        if (WebPIDecGetRGB(decoder, &last, &width, &height, &stride) && last > 0)
            *rows = (uint32_t)last;
        code = th_make_check_deadline(r->make, THUMBS_STAGE_DECODE, err);
    }
    WebPIDelete(decoder);
    if (code == THUMBS_OK && *status == VP8_STATUS_OUT_OF_MEMORY) code = th_make_no_memory(err);
    return code;
}

static enum thumbs_code damaged(struct reading *r, const char *what, struct thumbs_error *err)
{
    r->ended = true;
    return r->begun ? th_make_damaged(r->make, what, err) : THUMBS_OK;
}

static enum thumbs_code paint_frame(struct reading *r, const struct th_webp_frame *f,
                                    struct th_motion_frame *frame, struct thumbs_error *err)
{
    const struct th_webp *w = &f->picture;
    const struct th_area area = {w->x, w->y, w->frame_width, w->frame_height};
    uint32_t rows;
    VP8StatusCode status;
    enum thumbs_code code = decode(r, w, &rows, &status, err);
    if (code != THUMBS_OK) return code;
    if (rows == 0) return damaged(r, "not one pixel of one of its frames decodes", err);
    if (!th_canvas_begin(&r->canvas, &area, f->clears ? TH_LEAVES_NOTHING : TH_LEAVES_ITSELF))
        return th_make_no_memory(err);
    for (uint32_t y = 0; y < rows; y++)
        th_canvas_paint(&r->canvas, y, r->pixels + (size_t)y * w->frame_width * TH_CANVAS_BANDS,
                        w->frame_width, !f->replaces);
    *frame = (struct th_motion_frame){.canvas = r->canvas.data,
                                      .duration_ms = f->duration_ms,
                                      .changed = r->canvas.changed || !r->begun};
    r->begun = true;
    if (status == VP8_STATUS_OK) return THUMBS_OK;
    return damaged(r, f->whole ? "its compressed pixels are broken" : "its pixels end early", err);
}

static enum thumbs_code next_frame(void *state, struct th_motion_frame *frame,
                                   struct thumbs_error *err)
{
    struct reading *r = state;
    struct th_webp_frame f;
    *frame = (struct th_motion_frame){0};
    enum thumbs_code code = th_make_check_deadline(r->make, THUMBS_STAGE_DECODE, err);
    if (code != THUMBS_OK || r->ended) return code;
    const enum th_webp_found found = th_webp_next_frame(file_of(r->make), &r->at, &f);
    if (found == TH_WEBP_END) return THUMBS_OK;
    if (found == TH_WEBP_BROKEN || f.picture.frame_width > r->width ||
        f.picture.frame_height > r->height)
        return damaged(r, "one of its frames has no header, or is larger than the whole", err);
    return paint_frame(r, &f, frame, err);
}

const struct th_motion_reader th_motion_reader_webp = {
    .open = open_reading, .begin = begin_reading, .next = next_frame, .close = close_reading};

/* SPDX-License-Identifier: MIT */
#include "image/motion/motion_pass.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/finish_picture.h"
#include "image/icc.h"
#include "image/keep.h"
#include "image/motion/canvas.h"
#include "image/rowfeed.h"

/* Rows that are handed on between two looks at the clock. */
#define ROWS_AT_ONCE 64

/* Browsers show a frame that asks for no longer than this for a tenth of a second. It is written as
 * it is; but a time that several frames share is the one that is seen. */
#define TOO_SHORT_MS 10
#define SEEN_MS      100

/* A thumbnail of one size, which is shown until another comes. */
struct showing {
    struct th_pixels picture; /* none at the beginning */
    uint64_t ms;
    struct th_finish_part part;
};

struct pass {
    struct th_make *make;
    const struct th_motion_reader *reader;
    void *state;
    struct th_motion_header header;
    struct th_icc icc;
    bool keeps_profile;
    struct th_targets targets; /* those that outputs are made of */
    uint32_t i_size[TH_MAX_TARGETS];
    struct th_rowfeed feed;
    struct showing showing[TH_MAX_TARGETS];
    struct th_motion_output *outputs;
    uint32_t n_outputs;
    void *writers[THUMBS_MAX_OUTPUTS];
    uint64_t n_pixels[THUMBS_MAX_OUTPUTS]; /* of all frames that were written */
    uint64_t encode_ns;
};

static enum thumbs_code no_memory(enum thumbs_stage stage, struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, stage, "no memory for a moving thumbnail");
}

/* ---- before the first frame ---- */

static enum thumbs_code read_profile(struct pass *p, struct thumbs_error *err)
{
    const struct th_view icc = p->header.icc;
    if (!th_icc_read(&p->icc, icc.data, icc.len, TH_CANVAS_BANDS))
        return no_memory(THUMBS_STAGE_RESIZE, err);
    if (p->icc.ignored) th_make_profile_ignored(p->make);
    const bool keeps = th_keep_profile(p->make, &p->icc, icc.len, TH_CANVAS_BANDS);
    const bool told = p->icc.kind == TH_ICC_OTHER && p->header.colours;
    if (told && !th_icc_read_colours(&p->icc, p->header.colours, TH_CANVAS_BANDS))
        return no_memory(THUMBS_STAGE_RESIZE, err);
    p->keeps_profile = keeps;
    return th_keep(p->make, keeps ? icc : (struct th_view){0}, err);
}

/* Of all targets those that are asked for. One that stands for several sizes is that of the first
 * of them. */
static void select_targets(struct pass *p, const struct th_targets *all)
{
    for (uint32_t i = 0; i < th_targets_outputs(all); i++) {
        const uint32_t i_size = (uint32_t)__builtin_ctz(all->stands_for[i]);
        bool wanted = false;
        for (uint32_t k = 0; k < p->n_outputs; k++)
            wanted = wanted || p->outputs[k].i_size == i_size;
        if (!wanted) continue;
        p->i_size[p->targets.n] = i_size;
        p->targets.sizes[p->targets.n++] = all->sizes[i];
    }
}

static enum thumbs_code open_source(struct pass *p, struct thumbs_error *err)
{
    struct th_targets all;
    enum thumbs_code code = p->reader->open(p->make, &p->state, &p->header, err);
    if (code != THUMBS_OK || p->make->declined) return code;
    const struct th_motion_header *h = &p->header;
    const struct th_make_source source = {
        .width = h->width, .height = h->height, .orientation = h->orientation};
    code = th_make_targets(p->make, &source, &all, err);
    if (code == THUMBS_OK) select_targets(p, &all);
    if (code == THUMBS_OK) code = read_profile(p, err);
    if (code == THUMBS_OK) code = p->reader->begin(p->state, err);
    p->feed = (struct th_rowfeed){
        .make = p->make, .targets = &p->targets, .width = h->width, .height = h->height};
    return code;
}

/* ---- thumbnails to files ---- */

static enum thumbs_code open_writer(struct pass *p, uint32_t k, const struct th_pixels *picture,
                                    struct thumbs_error *err)
{
    struct th_motion_output *o = &p->outputs[k];
    const struct th_encode_how how = {.quality = o->quality, .metadata = &p->make->kept};
    struct th_motion_header header = p->header;
    o->width = header.width = picture->width;
    o->height = header.height = picture->height;
    return o->encoder->motion->open(&header, &how, o->sink, &p->writers[k], err);
}

static enum thumbs_code check_pixels(const struct pass *p, uint32_t k, struct thumbs_error *err)
{
    const uint64_t most = p->make->options->max_pixels;
    if (p->n_pixels[k] <= most) return THUMBS_OK;
    return th_error_set(
        err, THUMBS_TOO_LARGE, THUMBS_STAGE_RESIZE,
        "the frames of its thumbnail have more pixels together than the %" PRIu64 " allowed", most);
}

static enum thumbs_code write_frame(struct pass *p, uint32_t k, const struct th_pixels *picture,
                                    uint64_t ms, struct thumbs_error *err)
{
    const struct th_motion_output *o = &p->outputs[k];
    struct th_pixels srgb = {0};
    const bool convert = p->make->kept.icc.len && !o->encoder->keeps_profile;
    p->n_pixels[k] = th_add_sat(p->n_pixels[k], (uint64_t)picture->width * picture->height);
    enum thumbs_code code = check_pixels(p, k, err);
    if (code == THUMBS_OK && !p->writers[k]) code = open_writer(p, k, picture, err);
    if (code == THUMBS_OK && convert && !th_kept_in_srgb(p->make, picture, &srgb))
        code = no_memory(THUMBS_STAGE_ENCODE, err);
    if (code == THUMBS_OK)
        code = o->encoder->motion->add(p->writers[k], convert ? &srgb : picture,
                                       (uint32_t)th_min_u64(ms, UINT32_MAX), err);
    th_pixels_finish(&srgb);
    return code;
}

/* The picture that has been shown at target i goes to all its files. */
static enum thumbs_code flush(struct pass *p, uint32_t i, struct thumbs_error *err)
{
    struct showing *s = &p->showing[i];
    const uint64_t start_ns = th_now_ns();
    enum thumbs_code code = THUMBS_OK;
    for (uint32_t k = 0; k < p->n_outputs && s->picture.data && code == THUMBS_OK; k++) {
        if (p->outputs[k].i_size != p->i_size[i]) continue;
        code = th_make_check_deadline(p->make, THUMBS_STAGE_ENCODE, err);
        if (code == THUMBS_OK) code = write_frame(p, k, &s->picture, s->ms, err);
    }
    th_pixels_finish(&s->picture);
    p->encode_ns += th_now_ns() - start_ns;
    return code;
}

/* ---- frames to thumbnails ---- */

static uint64_t seen_ms(uint64_t ms)
{
    return ms <= TOO_SHORT_MS ? SEEN_MS : ms;
}

static void show_longer(struct showing *s, uint32_t ms)
{
    s->ms = th_add_sat(seen_ms(s->ms), seen_ms(ms));
}

static bool looks_like(const struct th_pixels *a, const struct th_pixels *b)
{
    return a->data && a->width == b->width && a->height == b->height && a->bands == b->bands &&
           memcmp(a->data, b->data, (size_t)a->width * a->height * a->bands) == 0;
}

/* A finished picture, consumed either way. */
static enum thumbs_code show(struct pass *p, uint32_t i, struct th_pixels *picture, uint32_t ms,
                             struct thumbs_error *err)
{
    struct showing *s = &p->showing[i];
    if (looks_like(&s->picture, picture)) {
        show_longer(s, ms);
        th_pixels_finish(picture);
        return THUMBS_OK;
    }
    enum thumbs_code code = flush(p, i, err);
    s->picture = *picture;
    s->ms = ms;
    return code;
}

static enum thumbs_code reduce(struct pass *p, const uint8_t *canvas, struct thumbs_error *err)
{
    const uint32_t height = p->header.height;
    const size_t stride = (size_t)p->header.width * TH_CANVAS_BANDS;
    const struct th_row_shape shape = {.width = p->header.width,
                                       .height = height,
                                       .span_x = p->header.width,
                                       .span_y = height,
                                       .colour = TH_ROW_RGB,
                                       .alpha = true,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    enum thumbs_code code = th_rowfeed_begin(&p->feed, &shape, err);
    for (uint32_t y = 0; y < height && code == THUMBS_OK; y += ROWS_AT_ONCE) {
        const struct th_rows rows = {.planes = {canvas + y * stride},
                                     .strides = {stride},
                                     .n = (uint32_t)th_min_u64(ROWS_AT_ONCE, height - y)};
        code = th_rowfeed_rows(&p->feed, &rows, err);
    }
    return code;
}

static enum thumbs_code take(struct pass *p, uint32_t i, uint32_t ms, struct thumbs_error *err)
{
    struct th_pixels picture = {0};
    const uint64_t start_ns = th_now_ns();
    enum thumbs_code code = th_rowfeed_take(&p->feed, i, &picture, err);
    if (code == THUMBS_OK) {
        if (!p->keeps_profile) th_icc_apply_or(&p->icc, p->header.colours, &picture);
        code = th_finish_picture(p->make, &p->targets.sizes[i], p->header.orientation,
                                 &p->showing[i].part, &picture, err);
    }
    p->feed.resize_ns += th_now_ns() - start_ns;
    if (code == THUMBS_OK) return show(p, i, &picture, ms, err);
    th_pixels_finish(&picture);
    return code;
}

static enum thumbs_code run_frame(struct pass *p, const struct th_motion_frame *frame,
                                  struct thumbs_error *err)
{
    if (!frame->changed && p->showing[0].picture.data) {
        for (uint32_t i = 0; i < p->targets.n; i++)
            show_longer(&p->showing[i], frame->duration_ms);
        return THUMBS_OK;
    }
    enum thumbs_code code = reduce(p, frame->canvas, err);
    for (uint32_t i = 0; i < p->targets.n && code == THUMBS_OK; i++)
        code = take(p, i, frame->duration_ms, err);
    return code;
}

static enum thumbs_code end_outputs(struct pass *p, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    for (uint32_t i = 0; i < p->targets.n && code == THUMBS_OK; i++)
        code = flush(p, i, err);
    const uint64_t start_ns = th_now_ns();
    for (uint32_t k = 0; k < p->n_outputs && code == THUMBS_OK; k++) {
        const struct th_motion_output *o = &p->outputs[k];
        if (!p->writers[k]) continue;
        th_metadata_set_sides(&p->make->kept, o->width, o->height);
        code = o->encoder->motion->end(p->writers[k], err);
    }
    p->encode_ns += th_now_ns() - start_ns;
    return code;
}

static enum thumbs_code run(struct pass *p, struct thumbs_error *err)
{
    enum thumbs_code code = open_source(p, err);
    bool any = false;
    while (code == THUMBS_OK && !p->make->declined) {
        struct th_motion_frame frame = {0};
        code = p->reader->next(p->state, &frame, err);
        if (code == THUMBS_OK && !frame.canvas) break;
        if (code == THUMBS_OK) code = run_frame(p, &frame, err);
        any = true;
    }
    if (code != THUMBS_OK) return code;
    if (!any) p->make->declined = true;
    return p->make->declined ? THUMBS_OK : end_outputs(p, err);
}

static void finish(struct pass *p)
{
    for (uint32_t i = 0; i < TH_MAX_TARGETS; i++)
        th_pixels_finish(&p->showing[i].picture);
    for (uint32_t k = 0; k < p->n_outputs; k++)
        p->outputs[k].encoder->motion->close(p->writers[k]);
    th_rowfeed_finish(&p->feed);
    if (p->state) p->reader->close(p->state);
}

enum thumbs_code th_motion_pass(struct th_make *make, const struct th_motion_reader *reader,
                                struct th_motion_output *outputs, uint32_t n_outputs,
                                struct thumbs_error *err)
{
    struct pass p = {.make = make, .reader = reader, .outputs = outputs, .n_outputs = n_outputs};
    const uint64_t start_ns = th_now_ns();
    enum thumbs_code code = run(&p, err);
    finish(&p);
    make->result->resize_ns += p.feed.resize_ns;
    make->result->encode_ns += p.encode_ns;
    make->result->decode_ns += th_now_ns() - start_ns - p.feed.resize_ns - p.encode_ns;
    return code;
}

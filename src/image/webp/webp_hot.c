/* SPDX-License-Identifier: MIT */
/* WebP to a row feed, by libwebp. Of an animation the first frame, on its canvas. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <webp/decode.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/exif.h"
#include "image/rowfeed.h"
#include "image/webp/webp_chunks.h"
#include "image/webp/webp_size.h"

/* One picture that is being decoded. */
struct decoding {
    struct th_make *make;
    struct th_webp webp;
};

/* Its frame, as rows of `bands` samples come of it. */
struct frame {
    const struct decoding *d;
    struct th_rowfeed *feed;
    struct th_webp_plan plan;
    WebPDecoderConfig config;
    WebPIDecoder *decoder;
    uint8_t *pixels; /* what libwebp writes to; rows that have been handed over are given back */
    size_t stride, released;
    uint8_t *row;      /* of the canvas, where the frame leaves some of it open */
    uint32_t n_rows;   /* of the frame, handed over */
    uint32_t y_canvas; /* rows of the canvas that were fed */
};

/* ---- header ---- */

static enum thumbs_code open_decoding(struct th_make *make, void **state,
                                      struct th_row_header *header, struct thumbs_error *err)
{
    struct decoding *d = th_calloc(1, sizeof *d);
    if (!d) return th_make_no_memory(err);
    d->make = make;
    const struct th_webp *w = &d->webp;
    if (!th_webp_parse((struct th_view){make->data, make->len}, &d->webp)) {
        free(d);
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "it has no picture whose header can be read");
    }
    *state = d;
    *header = (struct th_row_header){.width = w->width,
                                     .height = w->height,
                                     .orientation = th_exif_orientation(w->exif.data, w->exif.len),
                                     .colour = TH_ROW_RGB,
                                     .alpha = th_webp_has_alpha(w),
                                     .icc = w->icc.len ? w->icc.data : NULL,
                                     .icc_len = w->icc.len};
    return THUMBS_OK;
}

static void close_decoding(void *state)
{
    free(state);
}

/* ---- rows ---- */

/* Pages of rows that have been handed over are given back: a large picture is never whole in
 * memory. Where that fails it only takes more. */
static void release(struct frame *f, size_t until)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = ((uintptr_t)f->pixels + f->released + page - 1) / page * page;
    const uintptr_t end = ((uintptr_t)f->pixels + until) / page * page;
    if (end < begin + TH_WEBP_RELEASE_BYTES) return;
    (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
    f->released = until;
}

static enum thumbs_code feed(struct frame *f, const uint8_t *rows, size_t stride, uint32_t n,
                             struct thumbs_error *err)
{
    const struct th_rows some = {.planes = {rows}, .strides = {stride}, .n = n};
    f->y_canvas += n;
    return th_rowfeed_rows(f->feed, &some, err);
}

/* Rows of the canvas with nothing on them, up to this one. */
static enum thumbs_code feed_empty(struct frame *f, uint32_t until, struct thumbs_error *err)
{
    const size_t row_len = (size_t)f->plan.width * f->plan.bands;
    enum thumbs_code code = THUMBS_OK;
    if (f->y_canvas >= until) return THUMBS_OK;
    if (f->row)
        memset(f->row, 0, row_len);
    else if (!(f->row = th_calloc(1, row_len)))
        return th_make_no_memory(err);
    while (code == THUMBS_OK && f->y_canvas < until)
        code = feed(f, f->row, row_len, 1, err);
    return code;
}

/* One row of the frame in its place. */
static enum thumbs_code feed_placed(struct frame *f, const uint8_t *row, struct thumbs_error *err)
{
    const struct th_webp *w = &f->d->webp;
    const size_t canvas_len = (size_t)f->plan.width * f->plan.bands;
    enum thumbs_code code = feed_empty(f, (uint32_t)th_min_u64(w->y, w->height), err);
    if (code != THUMBS_OK || f->y_canvas >= w->height) return code;
    if (!f->row && !(f->row = th_calloc(1, canvas_len))) return th_make_no_memory(err);
    const uint64_t n = w->x < w->width ? th_min_u64(w->frame_width, w->width - w->x) : 0;
    if (n) memcpy(f->row + (size_t)w->x * f->plan.bands, row, (size_t)n * f->plan.bands);
    return feed(f, f->row, canvas_len, 1, err);
}

static enum thumbs_code hand_over(struct frame *f, uint32_t until, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    if (f->plan.placed) {
        for (; f->n_rows < until && code == THUMBS_OK; f->n_rows++)
            code = feed_placed(f, f->pixels + f->n_rows * f->stride, err);
    } else if (f->n_rows < until) {
        code = feed(f, f->pixels + f->n_rows * f->stride, f->stride, until - f->n_rows, err);
        f->n_rows = until;
    }
    release(f, until * f->stride);
    return code;
}

/* ---- decoding ---- */

static enum thumbs_code run(struct frame *f, VP8StatusCode *status, struct thumbs_error *err)
{
    const struct th_view pixels = f->d->webp.pixels;
    const size_t step = th_webp_step(&f->d->webp);
    enum thumbs_code code = THUMBS_OK;
    *status = VP8_STATUS_SUSPENDED;
    for (size_t at = 0; code == THUMBS_OK && *status == VP8_STATUS_SUSPENDED && at < pixels.len;) {
        int last = 0, width, height, stride;
        at += pixels.len - at < step ? pixels.len - at : step;
        *status = WebPIUpdate(f->decoder, pixels.data, at);
        if (WebPIDecGetRGB(f->decoder, &last, &width, &height, &stride) && last > 0)
            code = hand_over(f, (uint32_t)last, err);
        else
            code = th_make_check_deadline(f->d->make, THUMBS_STAGE_DECODE, err);
    }
    return code;
}

static enum thumbs_code judge(const struct frame *f, VP8StatusCode status, struct thumbs_error *err)
{
    if (status == VP8_STATUS_OK) return THUMBS_OK;
    if (status == VP8_STATUS_OUT_OF_MEMORY) return th_make_no_memory(err);
    const char *what = status == VP8_STATUS_SUSPENDED || status == VP8_STATUS_NOT_ENOUGH_DATA
                           ? "its pixels end early"
                           : "its compressed pixels are broken";
    if (f->n_rows == 0)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "not one of its pixels decodes: %s", what);
    return th_make_damaged(f->d->make, what, err);
}

static bool prepare(struct frame *f)
{
    const struct th_webp_plan *p = &f->plan;
    size_t size;
    f->stride = (size_t)p->frame_width * p->bands;
    if (!WebPInitDecoderConfig(&f->config) || !th_mul_size(f->stride, p->frame_height, &size))
        return false;
    if (!(f->pixels = th_alloc(size))) return false;
    if (p->shrink > 1) {
        f->config.options.use_scaling = 1;
        f->config.options.scaled_width = (int)p->frame_width;
        f->config.options.scaled_height = (int)p->frame_height;
    }
    f->config.output.colorspace = p->bands == 4 ? MODE_RGBA : MODE_RGB;
    f->config.output.is_external_memory = 1;
    f->config.output.u.RGBA =
        (WebPRGBABuffer){.rgba = f->pixels, .stride = (int)f->stride, .size = size};
    f->decoder = WebPIDecode(NULL, 0, &f->config);
    return f->decoder;
}

static enum thumbs_code run_prepared(struct frame *f, struct thumbs_error *err)
{
    const struct th_webp_plan *p = &f->plan;
    const struct th_row_shape shape = {.width = p->width,
                                       .height = p->height,
                                       .span_x = p->width,
                                       .span_y = p->height,
                                       .colour = TH_ROW_RGB,
                                       .alpha = p->bands == 4,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    VP8StatusCode status;
    enum thumbs_code code = th_rowfeed_begin(f->feed, &shape, err);
    if (code == THUMBS_OK) code = run(f, &status, err);
    if (code == THUMBS_OK) code = judge(f, status, err);
    return code == THUMBS_OK ? feed_empty(f, p->height, err) : code;
}

static enum thumbs_code decode(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err)
{
    const struct decoding *d = state;
    struct frame f = {.d = d, .feed = feed, .plan = th_webp_plan(&d->webp, wish->most_shrink)};
    enum thumbs_code code = prepare(&f) ? run_prepared(&f, err) : th_make_no_memory(err);
    WebPIDelete(f.decoder);
    free(f.pixels);
    free(f.row);
    return code;
}

static const struct th_row_decoder decoder = {
    .open = open_decoding, .decode = decode, .close = close_decoding};

const struct th_backend th_backend_webp = {
    .name = "webp", .rows = &decoder, .about = th_about_webp_reader};

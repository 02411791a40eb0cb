/* SPDX-License-Identifier: MIT */
/* GIF to a row feed: the first frame on its canvas, as a browser shows it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/gif/gif_failed.h"
#include "image/rowfeed.h"

/* One picture that is being decoded. */
struct decoding {
    struct th_make *make;
    struct th_gif *gif;
};

/* Its rows, with or without alpha. */
struct attempt {
    const struct decoding *d;
    const struct th_gif_header *header;
    struct th_rowfeed *feed;
    bool alpha;
    uint32_t bands, y;
    uint8_t *row; /* of the canvas */
};

/* ---- header ---- */

static enum thumbs_code open_gif(struct decoding *d, struct thumbs_error *err)
{
    const enum th_gif_code code =
        th_gif_open(d->make->data, d->make->len, th_gif_is_late, d->make, &d->gif);
    return th_gif_failed(d->make, code, err);
}

/* Alpha is needed for what the frame leaves open. */
static bool has_alpha(const struct th_gif_header *h)
{
    return h->transparent || h->frame_width < h->width || h->frame_height < h->height;
}

static void close_decoding(void *state)
{
    struct decoding *d = state;
    th_gif_close(d->gif);
    free(d);
}

static enum thumbs_code open_decoding(struct th_make *make, void **state,
                                      struct th_row_header *header, struct thumbs_error *err)
{
    struct decoding *d = th_calloc(1, sizeof *d);
    if (!d) return th_make_no_memory(err);
    d->make = make;
    enum thumbs_code code = open_gif(d, err);
    const struct th_gif_header *h = code == THUMBS_OK ? th_gif_header(d->gif) : NULL;
    if (h && (!h->frame_width || !h->frame_height))
        code =
            th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "its first frame has no pixels");
    if (code != THUMBS_OK) {
        close_decoding(d);
        return code;
    }
    *state = d;
    *header = (struct th_row_header){.width = h->width,
                                     .height = h->height,
                                     .orientation = 1,
                                     .colour = h->grey ? TH_ROW_GREY : TH_ROW_RGB,
                                     .alpha = has_alpha(h)};
    return THUMBS_OK;
}

/* ---- rows ---- */

static void paint(const struct attempt *a, const uint8_t *line)
{
    const uint32_t colours = a->header->grey ? 1 : 3;
    uint8_t *to = a->row + (size_t)a->header->x * a->bands;
    for (uint32_t i = 0; i < a->header->frame_width; i++, to += a->bands) {
        const uint8_t *from = a->header->palette[line[i]];
        to[0] = from[0];
        if (colours == 3) to[1] = from[1], to[2] = from[2];
        if (a->alpha) to[colours] = from[3];
    }
}

static enum thumbs_code feed_row(struct attempt *a, struct thumbs_error *err)
{
    const struct th_rows one = {
        .planes = {a->row}, .strides = {(size_t)a->header->width * a->bands}, .n = 1};
    a->y++;
    return th_rowfeed_rows(a->feed, &one, err);
}

static enum thumbs_code feed_empty(struct attempt *a, uint32_t until, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    memset(a->row, 0, (size_t)a->header->width * a->bands);
    while (code == THUMBS_OK && a->y < until)
        code = feed_row(a, err);
    return code;
}

static enum thumbs_code feed_lines(struct attempt *a, struct thumbs_error *err)
{
    enum th_gif_code made = TH_GIF_OK;
    enum thumbs_code code = THUMBS_OK;
    const uint8_t *line;
    while (code == THUMBS_OK && (line = th_gif_line(a->d->gif, &made))) {
        paint(a, line);
        code = feed_row(a, err);
    }
    return code == THUMBS_OK ? th_gif_failed(a->d->make, made, err) : code;
}

static bool begin(struct attempt *a)
{
    size_t size;
    a->bands = (a->header->grey ? 1u : 3u) + (a->alpha ? 1u : 0u);
    return th_mul_size(a->header->width, a->bands, &size) && (a->row = th_alloc(size));
}

static enum thumbs_code run(struct attempt *a, struct thumbs_error *err)
{
    const struct th_gif_header *h = a->header;
    const struct th_row_shape shape = {.width = h->width,
                                       .height = h->height,
                                       .span_x = h->width,
                                       .span_y = h->height,
                                       .colour = h->grey ? TH_ROW_GREY : TH_ROW_RGB,
                                       .alpha = a->alpha,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    enum thumbs_code code =
        begin(a) ? th_rowfeed_begin(a->feed, &shape, err) : th_make_no_memory(err);
    if (code == THUMBS_OK) code = feed_empty(a, h->y, err);
    if (code == THUMBS_OK) code = feed_lines(a, err);
    /* What is missing needs alpha, too: then all is done again. */
    const bool missing = a->y < h->y + h->frame_height;
    if (code == THUMBS_OK && (!missing || a->alpha)) code = feed_empty(a, h->height, err);
    free(a->row);
    return code;
}

static enum thumbs_code judge(const struct decoding *d, struct thumbs_error *err)
{
    const char *damage = th_gif_damage(d->gif);
    if (!damage) return THUMBS_OK;
    if (th_gif_decoded(d->gif) == 0)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "not one of its pixels decodes: %s", damage);
    return th_make_damaged(d->make, damage, err);
}

static enum thumbs_code attempt(struct decoding *d, struct th_rowfeed *feed, bool alpha,
                                bool *complete, struct thumbs_error *err)
{
    struct attempt a = {.d = d, .header = th_gif_header(d->gif), .feed = feed, .alpha = alpha};
    enum thumbs_code code = run(&a, err);
    *complete = a.y == a.header->height;
    return code == THUMBS_OK ? judge(d, err) : code;
}

static enum thumbs_code decode(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err)
{
    (void)wish;
    struct decoding *d = state;
    bool complete;
    enum thumbs_code code = attempt(d, feed, has_alpha(th_gif_header(d->gif)), &complete, err);
    if (code != THUMBS_OK || complete) return code;
    th_gif_close(d->gif);
    d->gif = NULL;
    code = open_gif(d, err);
    return code == THUMBS_OK ? attempt(d, feed, true, &complete, err) : code;
}

static const struct th_row_decoder decoder = {
    .open = open_decoding, .decode = decode, .close = close_decoding};

const struct th_backend th_backend_gif = {.name = "gif", .rows = &decoder, .about = th_about_gif};

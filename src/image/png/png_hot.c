/* SPDX-License-Identifier: MIT */
/* PNG to a row feed, without libvips and libpng. What is irregular is declined. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/exif.h"
#include "image/png/png_expand.h"
#include "image/png/png_rows.h"
#include "image/rowfeed.h"

/* One picture that is being decoded. */
struct decoding {
    struct th_make *make;
    struct th_png_header header;
    struct th_png_expand expand;
    uint8_t *profile;
};

static void close_decoding(void *state)
{
    struct decoding *d = state;
    free(d->profile);
    free(d);
}

static enum th_row_colour colour_of(const struct th_png_expand *e)
{
    return e->bands <= 2 ? TH_ROW_GREY : TH_ROW_RGB;
}

static enum thumbs_code open_decoding(struct th_make *make, void **state,
                                      struct th_row_header *header, struct thumbs_error *err)
{
    struct decoding *d = th_calloc(1, sizeof *d);
    if (!d) return th_make_no_memory(err);
    d->make = make;
    const struct th_png_header *h = &d->header;
    if (!th_png_parse(make->data, make->len, &d->header)) {
        make->declined = !h->broken;
        free(d);
        if (make->declined) return THUMBS_OK;
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "its header is damaged, or no pixels follow it");
    }
    *state = d;
    size_t profile_len;
    if (!th_png_profile(h, &d->profile, &profile_len)) return th_make_no_memory(err);
    const bool by_profile = d->profile && th_png_profile_counts(h);
    if (h->icc && !d->profile && th_png_profile_counts(h)) th_make_profile_ignored(make);
    th_png_expand_init(&d->expand, h, false);
    *header = (struct th_row_header){.width = h->width,
                                     .height = h->height,
                                     .orientation = th_exif_orientation(h->exif, h->exif_len),
                                     .colour = colour_of(&d->expand),
                                     .alpha = d->expand.bands % 2 == 0,
                                     .icc = by_profile ? d->profile : NULL,
                                     .icc_len = by_profile ? profile_len : 0,
                                     .colours = th_png_colours(h)};
    return THUMBS_OK;
}

/* ---- rows ---- */

/* How the rows by one engine went. */
struct attempt {
    struct decoding *d;
    struct th_rowfeed *feed;
    struct th_png_rows *rows;
    uint32_t n_fed;
    bool retry;
};

static enum thumbs_code feed_row(struct attempt *a, const void *row, struct thumbs_error *err)
{
    const struct th_rows one = {
        .planes = {row}, .strides = {(size_t)a->d->header.width * a->d->expand.bands}, .n = 1};
    a->n_fed++;
    return th_rowfeed_rows(a->feed, &one, err);
}

/* What is missing is black, or transparent where there is alpha. */
static enum thumbs_code feed_rest(struct attempt *a, struct thumbs_error *err)
{
    if (a->n_fed == a->d->header.height) return THUMBS_OK;
    uint8_t *row = th_calloc(a->d->header.width, a->d->expand.bands);
    if (!row) return th_make_no_memory(err);
    enum thumbs_code code = THUMBS_OK;
    while (code == THUMBS_OK && a->n_fed < a->d->header.height)
        code = feed_row(a, row, err);
    free(row);
    return code;
}

static enum thumbs_code feed_all(struct attempt *a, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    while (code == THUMBS_OK) {
        const void *row = NULL;
        switch (th_png_rows_next(a->rows, &row)) {
        case TH_PNG_ROW:
            code = feed_row(a, row, err);
            if (th_rowfeed_is_full(a->feed)) th_png_rows_pass_over(a->rows);
            break;
        case TH_PNG_WORKING:
            code = th_make_check_deadline(a->d->make, THUMBS_STAGE_DECODE, err);
            break;
        case TH_PNG_RETRY:
            a->retry = true;
            return THUMBS_OK;
        case TH_PNG_DONE:
            return THUMBS_OK;
        }
    }
    return code;
}

static enum thumbs_code tell_damage(const struct attempt *a, struct thumbs_error *err)
{
    uint64_t of;
    const char *damage = th_png_rows_damage(a->rows);
    if (!damage) return THUMBS_OK;
    if (th_png_rows_decoded(a->rows, &of) == 0)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "not one of its pixels decodes: %s", damage);
    return th_make_damaged(a->d->make, damage, err);
}

static enum thumbs_code attempt(struct attempt *a, enum th_png_engine engine,
                                struct thumbs_error *err)
{
    const struct th_png_header *h = &a->d->header;
    const struct th_png_rows_plan plan = {
        .header = h, .data = a->d->make->data, .len = a->d->make->len, .engine = engine};
    const struct th_row_shape shape = {.width = h->width,
                                       .height = h->height,
                                       .span_x = h->width,
                                       .span_y = h->height,
                                       .colour = colour_of(&a->d->expand),
                                       .alpha = a->d->expand.bands % 2 == 0,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    a->rows = th_png_rows_create(&plan);
    enum thumbs_code code =
        a->rows ? th_rowfeed_begin(a->feed, &shape, err) : th_make_no_memory(err);
    if (code == THUMBS_OK) code = feed_all(a, err);
    if (code == THUMBS_OK && !a->retry) code = tell_damage(a, err);
    if (code == THUMBS_OK && !a->retry) code = feed_rest(a, err);
    th_png_rows_destroy(a->rows);
    return code;
}

static enum thumbs_code decode(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err)
{
    (void)wish;
    struct attempt first = {.d = state, .feed = feed}, again = first;
    enum thumbs_code code = attempt(&first, th_png_engine_best(), err);
    if (code == THUMBS_OK && first.retry) code = attempt(&again, TH_PNG_ZLIB, err);
    return code;
}

static const struct th_row_decoder decoder = {
    .open = open_decoding, .decode = decode, .close = close_decoding};

const struct th_backend th_backend_png = {
    .name = "png", .rows = &decoder, .about = th_about_png_reader};

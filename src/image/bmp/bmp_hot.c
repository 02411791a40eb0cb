/* SPDX-License-Identifier: MIT */
#include "image/bmp/bmp_hot.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/bmp/bmp_rows.h"
#include "image/rowfeed.h"

/* One picture that is being decoded. */
struct decoding {
    struct th_make *make;
    struct th_bmp bmp;
    struct th_bmp_rows rows;
    uint8_t *row;
};

static void close_decoding(void *state)
{
    struct decoding *d = state;
    th_bmp_rows_finish(&d->rows);
    free(d->row);
    free(d);
}

static enum th_row_colour colour_of(const struct decoding *d)
{
    return th_bmp_rows_bands(&d->rows) == 1 ? TH_ROW_GREY : TH_ROW_RGB;
}

static enum thumbs_code open_decoding(struct th_make *make, bool icon, void **state,
                                      struct th_row_header *header, struct thumbs_error *err)
{
    const struct th_view v = {make->data, make->len};
    const char *why = NULL;
    bool unsupported = false;
    struct decoding *d = th_calloc(1, sizeof *d);
    if (!d) return th_make_no_memory(err);
    const bool ok = icon ? th_bmp_parse_icon(v, &d->bmp, &unsupported, &why)
                         : th_bmp_parse_file(v, &d->bmp, &unsupported, &why);
    if (!ok) {
        free(d);
        return th_error_set(err, unsupported ? THUMBS_UNSUPPORTED : THUMBS_CORRUPT,
                            THUMBS_STAGE_DECODE, "%s", why);
    }
    d->make = make;
    th_bmp_rows_init(&d->rows, v, &d->bmp);
    *state = d;
    *header = (struct th_row_header){.width = d->bmp.width,
                                     .height = d->bmp.height,
                                     .orientation = 1,
                                     .colour = colour_of(d),
                                     .alpha = d->rows.alpha,
                                     .icc = d->bmp.icc.len ? d->bmp.icc.data : NULL,
                                     .icc_len = d->bmp.icc.len};
    return THUMBS_OK;
}

static enum thumbs_code open_file(struct th_make *make, void **state, struct th_row_header *header,
                                  struct thumbs_error *err)
{
    return open_decoding(make, false, state, header, err);
}

static enum thumbs_code open_icon(struct th_make *make, void **state, struct th_row_header *header,
                                  struct thumbs_error *err)
{
    return open_decoding(make, true, state, header, err);
}

static enum thumbs_code judge(const struct decoding *d, struct thumbs_error *err)
{
    if (!d->rows.n_missing) return THUMBS_OK;
    if (d->rows.n_missing == d->bmp.height)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "the file ends before its first row");
    return th_make_damaged(d->make, "the file ends early", err);
}

static enum thumbs_code feed_rows(struct decoding *d, struct th_rowfeed *feed,
                                  struct thumbs_error *err)
{
    const size_t stride = (size_t)d->bmp.width * th_bmp_rows_bands(&d->rows);
    enum thumbs_code code = THUMBS_OK;
    for (uint32_t y = 0; y < d->bmp.height && code == THUMBS_OK; y++) {
        const struct th_rows one = {.planes = {d->row}, .strides = {stride}, .n = 1};
        th_bmp_rows_get(&d->rows, y, d->row);
        code = th_rowfeed_rows(feed, &one, err);
    }
    return code == THUMBS_OK ? judge(d, err) : code;
}

static enum thumbs_code decode(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err)
{
    struct decoding *d = state;
    const struct th_row_shape shape = {.width = d->bmp.width,
                                       .height = d->bmp.height,
                                       .span_x = d->bmp.width,
                                       .span_y = d->bmp.height,
                                       .colour = colour_of(d),
                                       .alpha = d->rows.alpha,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    size_t size;
    (void)wish;
    if (!th_mul_size(d->bmp.width, th_bmp_rows_bands(&d->rows), &size) ||
        !(d->row = th_alloc(size)) || !th_bmp_rows_begin(&d->rows))
        return th_make_no_memory(err);
    enum thumbs_code code = th_rowfeed_begin(feed, &shape, err);
    return code == THUMBS_OK ? feed_rows(d, feed, err) : code;
}

static const struct th_row_decoder decoder = {
    .open = open_file, .decode = decode, .close = close_decoding};

const struct th_row_decoder th_bmp_icon_decoder = {
    .open = open_icon, .decode = decode, .close = close_decoding};

const struct th_backend th_backend_bmp = {.name = "bmp", .rows = &decoder};

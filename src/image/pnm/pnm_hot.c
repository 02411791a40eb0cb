/* SPDX-License-Identifier: MIT */
/* Netpbm to a row feed. */
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/pnm/pnm_rows.h"
#include "image/rowfeed.h"

/* One picture that is being decoded. */
struct decoding {
    struct th_make *make;
    struct th_pnm pnm;
    uint8_t *row;
};

static void close_decoding(void *state)
{
    struct decoding *d = state;
    free(d->row);
    free(d);
}

static enum th_row_colour colour_of(const struct th_pnm *p)
{
    return p->bands <= 2 ? TH_ROW_GREY : TH_ROW_RGB;
}

static enum thumbs_code open_decoding(struct th_make *make, void **state,
                                      struct th_row_header *header, struct thumbs_error *err)
{
    const char *why = NULL;
    bool unsupported = false;
    struct decoding *d = th_calloc(1, sizeof *d);
    if (!d) return th_make_no_memory(err);
    d->make = make;
    if (!th_pnm_parse((struct th_view){make->data, make->len}, &d->pnm, &unsupported, &why)) {
        free(d);
        return th_error_set(err, unsupported ? THUMBS_UNSUPPORTED : THUMBS_CORRUPT,
                            THUMBS_STAGE_DECODE, "%s", why);
    }
    *state = d;
    *header = (struct th_row_header){.width = d->pnm.width,
                                     .height = d->pnm.height,
                                     .orientation = 1,
                                     .colour = colour_of(&d->pnm),
                                     .alpha = d->pnm.bands % 2 == 0};
    return THUMBS_OK;
}

static enum thumbs_code judge(const struct decoding *d, uint32_t n_missing,
                              struct thumbs_error *err)
{
    if (!n_missing) return THUMBS_OK;
    if (n_missing == d->pnm.height && d->pnm.pixels >= d->make->len)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "it has no pixels");
    return th_make_damaged(d->make, "the data ends early", err);
}

static enum thumbs_code feed_rows(struct decoding *d, struct th_rowfeed *feed, size_t stride,
                                  struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    struct th_pnm_rows rows;
    uint32_t n_missing = 0;
    th_pnm_rows_init(&rows, (struct th_view){d->make->data, d->make->len}, &d->pnm);
    for (uint32_t y = 0; y < d->pnm.height && code == THUMBS_OK; y++) {
        const struct th_rows one = {.planes = {d->row}, .strides = {stride}, .n = 1};
        if (!th_pnm_rows_get(&rows, y, d->row)) n_missing++;
        code = th_rowfeed_rows(feed, &one, err);
    }
    return code == THUMBS_OK ? judge(d, n_missing, err) : code;
}

static enum thumbs_code decode(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err)
{
    struct decoding *d = state;
    const struct th_row_shape shape = {.width = d->pnm.width,
                                       .height = d->pnm.height,
                                       .span_x = d->pnm.width,
                                       .span_y = d->pnm.height,
                                       .colour = colour_of(&d->pnm),
                                       .alpha = d->pnm.bands % 2 == 0,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    size_t stride;
    (void)wish;
    if (!th_mul_size(d->pnm.width, d->pnm.bands, &stride) || !(d->row = th_alloc(stride)))
        return th_make_no_memory(err);
    enum thumbs_code code = th_rowfeed_begin(feed, &shape, err);
    return code == THUMBS_OK ? feed_rows(d, feed, stride, err) : code;
}

static const struct th_row_decoder decoder = {
    .open = open_decoding, .decode = decode, .close = close_decoding};

const struct th_backend th_backend_pnm = {.name = "pnm", .rows = &decoder};

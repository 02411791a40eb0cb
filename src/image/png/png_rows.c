/* SPDX-License-Identifier: MIT */
#include "image/png/png_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/png/png_adam7.h"
#include "image/png/png_expand.h"
#include "image/png/png_unfilter.h"

/* Bytes inflated at a time where rows are shorter: fewer cost calls, more fall out of the second
 * cache. */
#define BAND_BYTES ((size_t)128 << 10)
/* What an engine takes as a number without asking. */
#define MOST_ROOM ((size_t)1 << 30)
/* Bytes behind the last row that are looked through for the end of the stream. */
#define MOST_SURPLUS ((size_t)64 << 10)
/* Of zlib or ISA-L, rounded up. */
#define ENGINE_BYTES ((uint64_t)160 << 10)

#define N_LINES 3 /* the last row, and two that are made from it */

struct th_png_rows {
    struct th_png_rows_plan plan;
    struct th_png_expand expand;
    struct th_png_pixels pixels;
    struct th_png_inflate *inflate;
    uint8_t *band; /* filtered rows */
    size_t band_cap, band_len, band_at;
    uint8_t *lines[N_LINES]; /* rows without their filter */
    unsigned i_line;         /* the one after this is free, or the one that is ahead */
    const uint8_t *last;     /* the last row: a line, or within the band if it had no filter */
    bool is_ahead;           /* the next row has been made together with the last one */
    void *out;               /* the row that is handed out, where it is not a line */
    uint8_t *frame;          /* all of an interlaced picture */
    struct th_png_pass pass;
    uint32_t y, y_out;  /* the next row of this pass; of the picture */
    size_t row_len;     /* bytes of a stored row of this pass */
    unsigned step;      /* bytes to a pixel, for the filters */
    uint64_t n_decoded; /* rows, of all passes */
    uint64_t left;      /* bytes of filtered rows that are still to be inflated */
    bool dry, broken, bad_filter, done;
    bool passed_over; /* what is left of the picture */
    bool starved;     /* the file has no more pixels, but their stream has not ended */
};

/* ---- sizes ---- */

static uint64_t stored_len(const struct th_png_header *h, uint32_t width)
{
    return ((uint64_t)width * (h->depth * th_png_channels(h)) + 7) / 8;
}

static uint64_t frame_len(const struct th_png_header *h, unsigned pixel_bytes)
{
    return th_mul_sat(th_mul_sat(h->width, h->height), pixel_bytes);
}

/* As many whole rows as go into a band, at least one. */
static uint64_t band_len(const struct th_png_header *h)
{
    const uint64_t row = stored_len(h, h->width) + 1;
    uint64_t n = row < BAND_BYTES ? BAND_BYTES / row : 1;
    if (n > h->height && !h->interlaced) n = h->height;
    return n * row;
}

static uint64_t bytes_of_all_passes(const struct th_png_header *h)
{
    uint64_t n = 0;
    for (struct th_png_pass p = th_png_pass_first(h); p.width; p = th_png_pass_next(h, &p))
        n = th_add_sat(n, th_mul_sat(stored_len(h, p.width) + 1, p.height));
    return n;
}

uint64_t th_png_rows_size(const struct th_png_header *h)
{
    struct th_png_expand e;
    th_png_expand_init(&e, h, false);
    uint64_t sum = ENGINE_BYTES + sizeof(struct th_png_rows) + band_len(h);
    sum += N_LINES * stored_len(h, h->width) + (uint64_t)h->width * e.bands +
           (uint64_t)8 * TH_PNG_SLACK;
    return h->interlaced ? th_add_sat(sum, frame_len(h, e.bands)) : sum;
}

/* ---- life ---- */

static void begin_pass(struct th_png_rows *r)
{
    const struct th_png_header *h = r->plan.header;
    r->y = 0;
    r->row_len = (size_t)stored_len(h, r->pass.width);
    r->i_line = 0;
    r->last = memset(r->lines[0], 0, r->row_len + TH_PNG_SLACK);
}

static bool allocate(struct th_png_rows *r)
{
    const struct th_png_header *h = r->plan.header;
    const size_t pixel_bytes = (size_t)r->expand.bands * r->expand.sample_bytes;
    size_t line, out, frame;
    r->band_cap = (size_t)band_len(h);
    if (!th_add_size((size_t)stored_len(h, h->width), TH_PNG_SLACK, &line)) return false;
    if (!th_mul_size(h->width, pixel_bytes, &out)) return false;
    r->band = th_alloc(r->band_cap + TH_PNG_SLACK);
    for (unsigned i = 0; i < N_LINES; i++) {
        r->lines[i] = th_alloc(line);
        if (!r->lines[i]) return false;
    }
    if (!r->band) return false;
    if (h->interlaced || !r->expand.plain) r->out = th_alloc(out + TH_PNG_SLACK);
    if (!r->out && !r->expand.plain) return false;
    if (!h->interlaced) return true;
    if (!r->out || !th_mul3_size(h->width, h->height, pixel_bytes, &frame)) return false;
    r->frame = th_calloc(1, frame);
    return r->frame;
}

struct th_png_rows *th_png_rows_create(const struct th_png_rows_plan *plan)
{
    const struct th_png_header *h = plan->header;
    struct th_png_rows *r = th_calloc(1, sizeof *r);
    if (!r) return NULL;
    r->plan = *plan;
    th_png_expand_init(&r->expand, h, plan->wide);
    th_png_pixels_init(&r->pixels, plan->data, plan->len, h->pixels, plan->apart);
    r->inflate = th_png_inflate_create(plan->engine);
    const unsigned bits = h->depth * th_png_channels(h);
    r->step = bits < 8 ? 1 : bits / 8;
    if (!r->inflate || !allocate(r)) {
        th_png_rows_destroy(r);
        return NULL;
    }
    r->pass = th_png_pass_first(h);
    begin_pass(r);
    r->left = bytes_of_all_passes(h);
    return r;
}

void th_png_rows_destroy(struct th_png_rows *r)
{
    if (!r) return;
    th_png_inflate_destroy(r->inflate);
    free(r->band);
    for (unsigned i = 0; i < N_LINES; i++)
        free(r->lines[i]);
    free(r->out);
    free(r->frame);
    free(r);
}

unsigned th_png_rows_bands(const struct th_png_rows *r)
{
    return r->expand.bands;
}

unsigned th_png_rows_sample_bytes(const struct th_png_rows *r)
{
    return r->expand.sample_bytes;
}

/* ---- stored rows ---- */

/* Give the engine what it asks for, until it has made something or nothing more comes. */
static size_t inflate_some(struct th_png_rows *r, uint8_t *to, size_t room)
{
    const uint8_t *run;
    size_t made = 0, n;
    while (!r->dry && made == 0) {
        switch (th_png_inflate_run(r->inflate, to, room < MOST_ROOM ? room : MOST_ROOM, &made)) {
        case TH_PNG_HUNGRY:
            if (th_png_pixels_next(&r->pixels, &run, &n))
                th_png_inflate_input(r->inflate, run, n);
            else
                r->dry = r->starved = true;
            break;
        case TH_PNG_ENDED:
            r->dry = true;
            break;
        case TH_PNG_BROKEN:
            r->dry = r->broken = true;
            break;
        case TH_PNG_FULL:
            break;
        }
    }
    return made;
}

/* No byte more than the rows have: what is wrong behind them is found by drain(). */
static void fill_band(struct th_png_rows *r)
{
    while (!r->dry && r->left && r->band_len < r->band_cap) {
        size_t room = r->band_cap - r->band_len;
        if (room > r->left) room = (size_t)r->left;
        const size_t made = inflate_some(r, r->band + r->band_len, room);
        r->band_len += made;
        r->left -= made;
    }
}

/* The next filtered row, its filter in front; NULL: there is no whole one. */
static const uint8_t *next_stored(struct th_png_rows *r)
{
    const size_t need = r->row_len + 1;
    if (r->band_len - r->band_at < need) {
        if (r->last != r->lines[r->i_line])
            r->last = memcpy(r->lines[r->i_line], r->last, r->row_len);
        r->band_len -= r->band_at;
        memmove(r->band, r->band + r->band_at, r->band_len);
        r->band_at = 0;
        fill_band(r);
        if (r->band_len < need) return NULL;
    }
    const uint8_t *row = r->band + r->band_at;
    r->band_at += need;
    return row;
}

static uint8_t *free_line(const struct th_png_rows *r, unsigned i)
{
    return r->lines[(r->i_line + i) % N_LINES];
}

static const uint8_t *take_line(struct th_png_rows *r)
{
    r->i_line = (r->i_line + 1) % N_LINES;
    return r->last = r->lines[r->i_line];
}

/* Undo the filter of this row and of the next, where that lies in the band and is of the same one.
 */
static bool unfilter_two(struct th_png_rows *r, const uint8_t *stored)
{
    const size_t need = r->row_len + 1;
    const uint8_t *below = stored + need;
    if (r->y == r->pass.height || r->band_len - r->band_at < need || below[0] != stored[0])
        return false;
    uint8_t *const to[2] = {free_line(r, 1), free_line(r, 2)};
    const uint8_t *const from[2] = {stored + 1, below + 1};
    r->is_ahead = th_png_unfilter_two(stored[0], to, from, r->last, r->row_len, r->step);
    if (r->is_ahead) r->band_at += need;
    return r->is_ahead;
}

/* False: there is no such filter. */
static bool unfilter(struct th_png_rows *r, const uint8_t *stored)
{
    return unfilter_two(r, stored) ||
           th_png_unfilter(stored[0], free_line(r, 1), stored + 1, r->last, r->row_len, r->step);
}

/* The next row without its filter, NULL as above. One whose filter does not exist is black, and the
 * next goes on below the row before it. */
static const uint8_t *next_line(struct th_png_rows *r)
{
    const uint8_t *stored = r->is_ahead ? NULL : next_stored(r);
    if (!stored && !r->is_ahead) return NULL;
    r->y++;
    r->n_decoded++;
    if (r->is_ahead) {
        r->is_ahead = false;
        return take_line(r);
    }
    if (r->passed_over && stored[0] < TH_PNG_N_FILTERS) return free_line(r, 1);
    if (stored[0] == 0) return r->last = stored + 1;
    if (unfilter(r, stored)) return take_line(r);
    r->bad_filter = true;
    return memset(free_line(r, 1), 0, r->row_len);
}

/* ---- the end ---- */

/* Look for the end of the stream behind the last row. What is wrong there is nobody's loss, and
 * libpng does not mind it; but of an engine that looks ahead nobody knows where it was, and it may
 * ask for more before it says that what it has is broken. */
static enum th_png_step drain(struct th_png_rows *r)
{
    const bool was_broken = r->broken;
    for (size_t n = 0; !r->dry && n < MOST_SURPLUS;)
        n += inflate_some(r, r->band, r->band_cap);
    r->done = r->dry = true;
    if ((r->broken || r->starved) && r->plan.engine != TH_PNG_ZLIB) return TH_PNG_RETRY;
    r->broken = was_broken;
    th_png_pixels_close(&r->pixels);
    return TH_PNG_DONE;
}

static uint64_t rows_of_all_passes(const struct th_png_header *h)
{
    uint64_t n = 0;
    for (struct th_png_pass p = th_png_pass_first(h); p.width; p = th_png_pass_next(h, &p))
        n += p.height;
    return n;
}

uint64_t th_png_rows_decoded(const struct th_png_rows *r, uint64_t *of)
{
    *of = rows_of_all_passes(r->plan.header);
    return r->n_decoded;
}

const char *th_png_rows_damage(const struct th_png_rows *r)
{
    if (r->broken) return "its compressed pixels are broken";
    if (r->pixels.cut || r->starved) return "its pixels end early";
    if (r->n_decoded < rows_of_all_passes(r->plan.header))
        return "it has fewer rows than its header says";
    if (r->bad_filter) return "a row has an unknown filter";
    if (r->pixels.bad_sum) return "a checksum of its pixels is wrong";
    return NULL;
}

/* ---- rows ---- */

/* No more rows come. Only zlib stops where libpng does. */
static enum th_png_step give_up(struct th_png_rows *r)
{
    if (r->plan.engine != TH_PNG_ZLIB) return TH_PNG_RETRY;
    r->done = true;
    return TH_PNG_DONE;
}

static enum th_png_step next_plain(struct th_png_rows *r, const void **row)
{
    const uint8_t *line = next_line(r);
    if (!line) return give_up(r);
    *row = r->expand.plain ? (const void *)line : r->out;
    if (!r->expand.plain && !r->passed_over) {
        th_png_expand_row(&r->expand, line, r->out, r->pass.width);
    }
    r->y_out++;
    return TH_PNG_ROW;
}

/* Decode one row of a pass into the frame. False: there is none. */
static bool fill_frame(struct th_png_rows *r)
{
    const uint8_t *line = next_line(r);
    if (!line) return false;
    const size_t pixel_bytes = (size_t)r->expand.bands * r->expand.sample_bytes;
    th_png_expand_row(&r->expand, line, r->out, r->pass.width);
    th_png_pass_scatter(&r->pass, r->out, r->y - 1, r->frame, r->plan.header->width, pixel_bytes);
    if (r->y == r->pass.height) {
        r->pass = th_png_pass_next(r->plan.header, &r->pass);
        begin_pass(r);
    }
    return true;
}

static enum th_png_step next_of_frame(struct th_png_rows *r, const void **row)
{
    if (r->pass.width) {
        if (fill_frame(r)) return TH_PNG_WORKING;
        if (give_up(r) == TH_PNG_RETRY) return TH_PNG_RETRY;
        r->done = false; /* what came of it is to be handed out */
        r->pass.width = 0;
    }
    const size_t pixel_bytes = (size_t)r->expand.bands * r->expand.sample_bytes;
    *row = r->frame + (size_t)r->y_out++ * r->plan.header->width * pixel_bytes;
    return TH_PNG_ROW;
}

void th_png_rows_pass_over(struct th_png_rows *r)
{
    r->passed_over = !r->plan.header->interlaced;
}

enum th_png_step th_png_rows_next(struct th_png_rows *r, const void **row)
{
    const struct th_png_header *h = r->plan.header;
    if (r->done) return TH_PNG_DONE;
    if (r->y_out == h->height) return drain(r);
    return h->interlaced ? next_of_frame(r, row) : next_plain(r, row);
}

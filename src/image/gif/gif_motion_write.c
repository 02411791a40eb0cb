/* SPDX-License-Identifier: MIT */
/* Pictures to a GIF that moves. A frame has what is new alone: a rectangle, in which what stays as
 * it is is not painted again. What becomes clear again is made so by the frame before it, which
 * leaves nothing then; so each frame is held until the next one has come. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/encode.h"
#include "image/gif/gif_colours.h"
#include "image/gif/gif_write.h"
#include "image/motion.h"
#include "image/motion/canvas.h"

#define BANDS     4
#define MS_PER_CS 10
#define MOST_CS   UINT16_MAX /* eleven minutes */
#define LEAST_CS  2          /* less is a tenth of a second to browsers */

struct writing {
    struct th_gif_writer *gif;
    struct th_sink *sink;
    uint32_t width, height;
    struct th_pixels before; /* on which the frame that is held will be laid */
    struct th_pixels held;   /* the whole picture that shows when it has been */
    bool holds;
    struct th_area area; /* of the frame that is held */
    uint64_t shown_ms;   /* when it begins, */
    uint64_t written_cs; /* and in the file */
    uint32_t duration_ms;
};

static enum thumbs_code failed(const struct writing *w, struct thumbs_error *err)
{
    if (th_sink_late(w->sink))
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may");
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded GIF");
}

static void close_writing(void *state)
{
    struct writing *w = state;
    if (!w) return;
    th_gif_writer_close(w->gif);
    th_pixels_finish(&w->before);
    th_pixels_finish(&w->held);
    free(w);
}

static enum thumbs_code open_writing(const struct th_motion_header *h,
                                     const struct th_encode_how *how, struct th_sink *sink,
                                     void **state, struct thumbs_error *err)
{
    (void)how;
    struct writing *w = th_calloc(1, sizeof *w);
    if (!w)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                            "no memory for the encoded GIF");
    *state = w;
    w->sink = sink;
    w->width = h->width;
    w->height = h->height;
    const bool ok = th_pixels_init(&w->before, h->width, h->height, BANDS) &&
                    th_gif_writer_create(h->width, h->height, h->plays, sink, &w->gif);
    if (!ok) return failed(w, err);
    memset(w->before.data, 0, (size_t)h->width * h->height * BANDS);
    return THUMBS_OK;
}

/* ---- what differs ---- */

typedef bool differs_fn(const uint8_t *before, const uint8_t *after);

static bool is_other(const uint8_t *before, const uint8_t *after)
{
    return memcmp(before, after, BANDS) != 0;
}

static bool is_cleared(const uint8_t *before, const uint8_t *after)
{
    return before[3] && !after[3];
}

static bool differ(const struct th_pixels *before, const struct th_pixels *after,
                   differs_fn *differs)
{
    const size_t n = (size_t)before->width * before->height * BANDS;
    for (size_t i = 0; i < n; i += BANDS)
        if (differs(before->data + i, after->data + i)) return true;
    return false;
}

/* Make the area cover every pixel that differs. */
static void cover(const struct th_pixels *before, const struct th_pixels *after,
                  differs_fn *differs, struct th_area *area)
{
    uint32_t x0 = area->x, y0 = area->y, x1 = x0 + area->width, y1 = y0 + area->height;
    bool any = area->width && area->height;
    for (uint32_t y = 0; y < before->height; y++)
        for (uint32_t x = 0; x < before->width; x++) {
            const size_t at = ((size_t)y * before->width + x) * BANDS;
            if (!differs(before->data + at, after->data + at)) continue;
            if (!any) x0 = x, x1 = x + 1, y0 = y, y1 = y + 1;
            any = true;
            x0 = x < x0 ? x : x0;
            x1 = x >= x1 ? x + 1 : x1;
            y0 = y < y0 ? y : y0;
            y1 = y >= y1 ? y + 1 : y1;
        }
    /* A frame has at least one pixel, which need not be shown. */
    *area = any ? (struct th_area){x0, y0, x1 - x0, y1 - y0} : (struct th_area){0, 0, 1, 1};
}

static void clear(struct th_pixels *p, const struct th_area *area)
{
    for (uint32_t y = 0; y < area->height; y++)
        memset(p->data + ((size_t)(area->y + y) * p->width + area->x) * BANDS, 0,
               (size_t)area->width * BANDS);
}

/* ---- a frame ---- */

/* The part of the held picture in its area; what is there already is clear. */
static bool cut_new(const struct writing *w, struct th_pixels *out)
{
    const struct th_area *a = &w->area;
    if (!th_pixels_init(out, a->width, a->height, BANDS)) return false;
    uint8_t *to = out->data;
    for (uint32_t y = 0; y < a->height; y++)
        for (uint32_t x = 0; x < a->width; x++, to += BANDS) {
            const size_t at = ((size_t)(a->y + y) * w->width + a->x + x) * BANDS;
            if (is_other(w->before.data + at, w->held.data + at))
                memcpy(to, w->held.data + at, BANDS);
            else
                memset(to, 0, BANDS);
        }
    return true;
}

/* Rounded so that the sum stays right, and not so short that browsers show it for longer. */
static uint32_t duration_cs(struct writing *w)
{
    w->shown_ms = th_add_sat(w->shown_ms, w->duration_ms);
    const uint64_t until = w->shown_ms / MS_PER_CS + (w->shown_ms % MS_PER_CS >= MS_PER_CS / 2);
    uint64_t cs = until > w->written_cs ? until - w->written_cs : 0;
    if (w->duration_ms > MS_PER_CS && cs < LEAST_CS) cs = LEAST_CS;
    cs = th_min_u64(cs, MOST_CS);
    w->written_cs += cs;
    return (uint32_t)cs;
}

static bool write_held(struct writing *w, bool clears)
{
    struct th_pixels fresh = {0};
    const struct th_gif_place place = {
        .x = w->area.x, .y = w->area.y, .delay_cs = duration_cs(w), .clear = clears, .moves = true};
    const bool ok = cut_new(w, &fresh) && th_gif_writer_add(w->gif, &fresh, &place);
    th_pixels_finish(&fresh);
    return ok;
}

/* The held frame is written, and becomes what the next one is laid on, with what it leaves. */
static bool write_before(struct writing *w, const struct th_pixels *next)
{
    const bool clears = differ(&w->held, next, is_cleared);
    if (clears) cover(&w->held, next, is_cleared, &w->area);
    if (!write_held(w, clears)) return false;
    const struct th_pixels old = w->before;
    w->before = w->held;
    w->held = old;
    if (clears) clear(&w->before, &w->area);
    return true;
}

/* What is less than half opaque is clear in a GIF, the rest is opaque. */
static bool harden(const struct th_pixels *from, struct th_pixels *to)
{
    const size_t n = (size_t)from->width * from->height * BANDS;
    if (!th_pixels_init(to, from->width, from->height, BANDS)) return false;
    for (size_t i = 0; i < n; i += BANDS) {
        const bool shown = th_gif_is_shown(from->data + i);
        for (size_t k = 0; k < 3; k++)
            to->data[i + k] = shown ? from->data[i + k] : 0;
        to->data[i + 3] = shown ? 255 : 0;
    }
    return true;
}

/* A hard picture, consumed if it is held now. */
static bool hold(struct writing *w, struct th_pixels *next, uint32_t duration_ms)
{
    if (w->holds && !write_before(w, next)) return false;
    w->area = (struct th_area){0};
    if (w->holds)
        cover(&w->before, next, is_other, &w->area);
    else
        w->area = (struct th_area){0, 0, w->width, w->height};
    th_pixels_finish(&w->held);
    w->held = *next;
    *next = (struct th_pixels){0};
    w->duration_ms = duration_ms;
    w->holds = true;
    return true;
}

static enum thumbs_code add(void *state, const struct th_pixels *p, uint32_t duration_ms,
                            struct thumbs_error *err)
{
    struct writing *w = state;
    struct th_pixels hard = {0};
    bool ok = harden(p, &hard);
    if (ok && w->holds && !differ(&w->held, &hard, is_other))
        w->duration_ms = (uint32_t)th_min_u64((uint64_t)w->duration_ms + duration_ms, UINT32_MAX);
    else
        ok = ok && hold(w, &hard, duration_ms);
    th_pixels_finish(&hard);
    return ok ? THUMBS_OK : failed(w, err);
}

static enum thumbs_code end(void *state, struct thumbs_error *err)
{
    struct writing *w = state;
    bool ok = !w->holds || write_held(w, false);
    ok = th_gif_writer_close(w->gif) && ok;
    w->gif = NULL;
    return ok ? THUMBS_OK : failed(w, err);
}

/* Three pictures, a part of one, and what the colours of that take (gif_encode.c). What is encoded
 * is held by a sink that grows, and then by another. */
const struct th_motion_writer th_motion_writer_gif = {.open = open_writing,
                                                      .add = add,
                                                      .end = end,
                                                      .close = close_writing,
                                                      .cost = {.working = 25, .encoded = 4}};

/* SPDX-License-Identifier: MIT */
/* JPEG (ITU-T T.81): what the hot path, libjpeg-turbo behind it, and libvips behind that hold at
 * most. Which of them takes a baseline file depends on its data (one that is damaged goes to
 * libjpeg-turbo), so the worst counts. */
#include "image/estimate/estimators.h"

#include "image/exif.h"
#include "image/formats.h"
#include "image/jpeg/jpeg_hot.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/jpeg/jpeg_progressive.h"

/* A block of coefficients in libjpeg's arrays. */
#define BLOCK_BYTES 128
/* Rows of one component's samples that libjpeg holds while it decodes in one pass. */
#define TURBO_ROWS 64
/* Lookup tables of our scan decoder, its window of data, its records of blocks. */
#define SCAN_BYTES ((uint64_t)3 << 19)
/* A profile: put together, kept, and opened by lcms with wider tables. */
#define PROFILE_COPIES 6

/* What a step in a walk over the markers may be, besides a marker: bytes that are passed over from
 * one marker to the next; 0xFF that fill up before a marker; bytes of a segment that is read. */
#define RUBBISH_BYTES 64
#define FILL_BYTES    4
#define TABLE_BYTES   8
/* What is passed over at once at most; takes all steps. */
#define MOST_RUBBISH ((uint64_t)RUBBISH_BYTES * TH_ESTIMATE_STEPS)
#define MOST_FILL    ((uint64_t)FILL_BYTES * TH_ESTIMATE_STEPS)

/* Blocks of component i, padded to whole MCUs. */
static void blocks(const struct th_jpeg_header *h, unsigned i, uint64_t *across, uint64_t *down)
{
    *across = th_ceil_div(h->width, 8u * h->h_max) * h->components[i].h;
    *down = th_ceil_div(h->height, 8u * h->v_max) * h->components[i].v;
}

/* Does libjpeg keep all coefficients, since a pixel is complete only after several scans? */
static bool keeps_coefficients(const struct th_jpeg_header *h)
{
    return h->sof == 0xC2 || h->sof == 0xCA || h->scan_components < h->n_components;
}

static uint64_t coefficients(const struct th_jpeg_header *h)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < h->n_components; i++) {
        uint64_t across, down;
        blocks(h, i, &across, &down);
        sum = th_add_sat(sum, th_mul3_sat(across, down, BLOCK_BYTES));
    }
    return sum;
}

/* A plane of component i at n/8, and its halves. */
static uint64_t plane(const struct th_jpeg_header *h, unsigned i, unsigned n)
{
    uint64_t across, down;
    blocks(h, i, &across, &down);
    uint64_t bytes = th_mul_sat(across * n + 64, down * n);
    return th_add_sat(bytes, bytes / 3);
}

/* What libjpeg makes of n for component i: chroma of fewer samples is reduced less (jdmaster.c). */
static unsigned turbo_n(const struct th_jpeg_header *h, unsigned i, unsigned n)
{
    const struct th_jpeg_component *c = &h->components[i];
    unsigned own = n;
    while (own < 8 && h->h_max * n % (c->h * own * 2u) == 0 &&
           h->v_max * n % (c->v * own * 2u) == 0)
        own *= 2;
    return own;
}

/* Progressive files that our own decoder makes, whatever state they are in: a row of coefficients
 * at a time. */
static void progressive(const struct th_jpeg_header *h, const uint8_t n[TH_JPEG_MAX_PLANES],
                        struct th_estimate *out)
{
    size_t row = 0;
    if (!th_jpeg_progressive_row_bytes(h, n, &row)) row = SIZE_MAX;
    out->decoder = th_add_sat(th_add_sat(TH_JPEG_PROGRESSIVE_BYTES, row), SCAN_BYTES);
    for (unsigned i = 0; i < h->n_components; i++)
        out->held = th_add_sat(out->held, plane(h, i, n[i]));
}

/* Our own decoder and libjpeg-turbo, whichever holds more: planes to the end, the rest while they
 * decode. */
static void hot_path(const struct th_jpeg_header *h, const uint8_t n[TH_JPEG_MAX_PLANES],
                     struct th_estimate *out)
{
    uint64_t own = SCAN_BYTES, turbo = 0, own_planes = 0, turbo_planes = 0;
    unsigned most = 1;
    out->planes = true;
    if (th_jpeg_progressive_takes(h)) {
        progressive(h, n, out);
        return;
    }
    for (unsigned i = 0; i < h->n_components; i++)
        if (n[i] > most) most = n[i];
    for (unsigned i = 0; i < h->n_components; i++) {
        uint64_t across, down;
        blocks(h, i, &across, &down);
        own_planes = th_add_sat(own_planes, plane(h, i, n[i]));
        turbo_planes =
            th_add_sat(turbo_planes, plane(h, i, turbo_n(h, i, th_jpeg_planes_turbo_n(most))));
        turbo = th_add_sat(turbo, across * 8 * TURBO_ROWS);
        /* One row of records. */
        own = th_add_sat(own, across * h->v_max * (most > 4 ? BLOCK_BYTES : BLOCK_BYTES / 4));
    }
    if (keeps_coefficients(h)) turbo = th_add_sat(turbo, coefficients(h));
    out->decoder = th_max_u64(own, turbo);
    out->held = th_add_sat(out->held, th_max_u64(own_planes, turbo_planes));
}

/* The markers up to the first scan, walked once to know what walking them costs, before
 * th_jpeg_parse() does it. */
struct markers {
    size_t end;             /* of the first scan's header, or of the file */
    uint32_t width, height; /* of the first frame header that tells both */
    bool ran_out;           /* there is more than may be looked at */
};

/* Step to the next marker at or behind *at: its code, or -1 if there is none. */
static int next_marker(struct th_view v, uint64_t *at, uint64_t *spent)
{
    if (*at >= v.len) return -1;
    uint64_t n = th_min_u64(v.len - *at, MOST_RUBBISH);
    const uint8_t *found = memchr(v.data + *at, 0xFF, n);
    uint64_t from = found ? (uint64_t)(found - v.data) : *at + n;
    *spent += 1 + (from - *at) / RUBBISH_BYTES;
    *at = from;
    while (*at < v.len && *at - from < MOST_FILL && v.data[*at] == 0xFF)
        ++*at;
    *spent += (*at - from) / FILL_BYTES;
    return *at < v.len ? v.data[(*at)++] : -1;
}

static struct markers walk_markers(struct th_view v)
{
    struct markers m = {.end = v.len};
    for (uint64_t at = 2, spent = 0;;) {
        int marker = next_marker(v, &at, &spent);
        m.ran_out = spent > TH_ESTIMATE_STEPS;
        if (m.ran_out || marker < 0 || marker == 0xD9) return m;
        if (marker < 2 || marker == 0xFF || (marker >= 0xD0 && marker <= 0xD8)) continue;
        uint64_t n = th_view_be(v, at, 2);
        bool frame =
            marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame && (!m.width || !m.height)) {
            m.height = (uint32_t)th_view_be(v, at + 3, 2);
            m.width = (uint32_t)th_view_be(v, at + 5, 2);
        }
        if (marker < 0xE0) spent += n / TABLE_BYTES;
        at += n;
        if (marker == 0xDA && at < v.len) m.end = (size_t)at;
        if (marker == 0xDA) return m;
    }
}

/* A header that th_jpeg_parse() does not read: taken to be of the worst kind. */
static bool read_loosely(const struct markers *m, const struct thumbs_image_options *options,
                         struct th_jpeg_header *h)
{
    *h = (struct th_jpeg_header){
        .sof = 0xC2, .n_components = 4, .h_max = 1, .v_max = 1, .colour = TH_JPEG_OTHER};
    h->width = m->width;
    h->height = m->height;
    for (unsigned i = 0; i < h->n_components; i++)
        h->components[i].h = h->components[i].v = 1;
    bool found = m->width && m->height;
    if (!found && m->ran_out) th_estimate_worst_size(UINT16_MAX, options, &h->width, &h->height);
    return found || m->ran_out;
}

bool th_estimate_jpeg(struct th_view v, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    struct th_jpeg_header h;
    struct markers markers = walk_markers(v);
    bool parsed = !markers.ran_out && th_jpeg_parse(v.data, markers.end, &h);
    if (!parsed && !read_loosely(&markers, options, &h)) return false;
    out->width = h.width;
    out->height = h.height;
    out->bands = h.n_components;
    out->pixel_bytes = h.n_components;
    out->tile_rows = 8;
    if (parsed && h.has_icc)
        out->held = PROFILE_COPIES * (uint64_t)th_jpeg_icc_collect(v.data, markers.end, NULL, 0);
    if (!parsed || h.colour == TH_JPEG_OTHER || h.precision != 8 || options->linear) {
        out->decoder = keeps_coefficients(&h) ? coefficients(&h) : 0;
        return true;
    }

    struct th_targets targets;
    const unsigned orientation = th_exif_orientation(h.exif, h.exif_len);
    uint8_t n[TH_JPEG_MAX_PLANES] = {1, 1, 1, 1};
    th_targets_fit(&targets, h.width, h.height, orientation, options, options->enlarge != 0);
    const bool planar =
        !h.has_icc && h.n_components <= 3 && th_image_takes_planes(options, THUMBS_FORMAT_JPEG);
    th_jpeg_hot_pick(&h, &targets, planar, options->fast != 0, n);
    hot_path(&h, n, out);
    return true;
}

/* SPDX-License-Identifier: MIT */
/* PNG (ISO/IEC 15948): as our own reader does it, and as libpng reads what is irregular for
 * libvips; row by row, or interlaced into a picture in memory. */
#include "image/estimate/estimators.h"
#include "image/png/png_frames.h"
#include "image/png/png_rows.h"

#define ZLIB_BYTES ((uint64_t)64 << 10)

/* libpng refuses chunks that are, or inflate to, more. */
#define MOST_CHUNK_BYTES ((uint64_t)8000000)
/* Of deflate. */
#define MOST_INFLATION 1032

/* How often the bytes of a profile are held: by libpng, libvips, us (twice) and lcms, whose tables
 * are wider. */
#define PROFILE_COPIES 7
/* Of text: libpng keeps no more of them. */
#define MOST_TEXTS 1000
/* libpng grows the text while it inflates, keeps it, libvips copies it. */
#define TEXT_COPIES 3

/* Colour types; the others are RGB and palettes, which become RGB. */
enum { GREY = 0, GREY_ALPHA = 4, RGB_ALPHA = 6 };

struct found {
    uint64_t sum; /* of bytes that chunks take */
    unsigned n_texts;
    bool transparency, pixels;
};

static void look_at(const uint8_t *name, uint64_t n, struct found *f)
{
    uint64_t inflated = th_min_u64(MOST_INFLATION * n, MOST_CHUNK_BYTES);
    bool deflated = memcmp(name, "zTXt", 4) == 0 || memcmp(name, "iTXt", 4) == 0;
    bool text = deflated || memcmp(name, "tEXt", 4) == 0;
    f->transparency = f->transparency || memcmp(name, "tRNS", 4) == 0;
    if (memcmp(name, "IDAT", 4) == 0)
        f->pixels = true;
    else if (memcmp(name, "iCCP", 4) == 0)
        f->sum = th_add_sat(f->sum, PROFILE_COPIES * inflated);
    else if (!text || f->n_texts++ < MOST_TEXTS)
        f->sum = th_add_sat(f->sum,
                            TEXT_COPIES * (deflated ? inflated : th_min_u64(n, MOST_CHUNK_BYTES)));
}

/* Chunks that are not looked at, in the last `len` bytes: before the pixels there may be a profile
 * and text, each chunk as large as libpng takes it; behind them only one at a time is held. */
static void fear(uint64_t len, struct found *f)
{
    uint64_t inflated = th_mul_sat(len, MOST_INFLATION), n_texts = 1;
    if (!f->pixels) {
        f->transparency = true;
        f->sum = th_add_sat(f->sum, PROFILE_COPIES * th_min_u64(inflated, MOST_CHUNK_BYTES));
        n_texts += f->n_texts < MOST_TEXTS ? MOST_TEXTS - f->n_texts : 0;
    }
    f->sum = th_add_sat(f->sum, TEXT_COPIES * th_min_u64(inflated, n_texts * MOST_CHUNK_BYTES));
}

/* What the chunks need that libpng keeps whole, and what repairing a file that breaks off needs: a
 * copy of it. All of that is held to the end. */
static struct found chunks(struct th_view v)
{
    struct found f = {0};
    uint64_t at = 8;
    for (unsigned i = 0; at <= v.len && v.len - at >= 12; i++) {
        uint64_t n = th_view_be(v, at, 4);
        const uint8_t *name = v.data + at + 4;
        if (n > v.len - at - 12) break;
        if (memcmp(name, "IEND", 4) == 0) return f;
        if (i == TH_ESTIMATE_STEPS) {
            fear(v.len - at, &f);
            break;
        }
        look_at(name, n, &f);
        at += 12 + n;
    }
    f.sum = th_add_sat(f.sum, v.len);
    return f;
}

/* Composed: the canvas, a frame as large, and what that covers. */
#define MOTION_PIXEL_BYTES (4 + 4 + 4)

static void add_frames(const struct th_png_header *h, struct th_view v, struct th_estimate *out)
{
    if (h->frames < 2) return;
    out->n_frames = th_min_u64(h->frames, th_png_frames_most(v));
    out->motion =
        th_add_sat(th_png_rows_size(h), th_mul3_sat(h->width, h->height, MOTION_PIXEL_BYTES));
}

/* A regular file, of which nothing but a band of rows is held. With a profile it may still be one
 * for libvips. */
static bool is_direct(struct th_view v, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    struct th_png_header h;
    if (!th_png_parse(v.data, v.len, &h)) return false;
    if (options->pages == THUMBS_PAGES_ALL) add_frames(&h, v, out);
    if (h.icc) return false;
    out->direct = true;
    out->decoder = th_png_rows_size(&h);
    return true;
}

bool th_estimate_png(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    if (!th_view_has(v, 12, "IHDR", 4) || v.len < 33) return false;
    out->width = (uint32_t)th_view_be(v, 16, 4);
    out->height = (uint32_t)th_view_be(v, 20, 4);
    unsigned depth = v.data[24], type = v.data[25];
    bool interlaced = v.data[28] != 0;
    struct found found = chunks(v);
    bool alpha = found.transparency || type == GREY_ALPHA || type == RGB_ALPHA;
    out->bands = (type == GREY || type == GREY_ALPHA ? 1 : 3) + alpha;
    out->pixel_bytes = (uint64_t)out->bands * (depth > 8 ? 2 : 1);
    if (is_direct(v, options, out)) return true;
    out->held = found.sum;
    out->decoder = th_add_sat(ZLIB_BYTES, th_mul3_sat(out->width, 8, 4)); /* libpng's rows */
    if (interlaced)
        out->decoder =
            th_add_sat(out->decoder, th_mul3_sat(out->width, out->height, out->pixel_bytes));
    return true;
}

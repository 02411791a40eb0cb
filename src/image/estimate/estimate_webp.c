/* WebP (RFC 9649), as libwebp reads it for libvips: each frame is decoded whole, at the reduced size, and laid on a
 * canvas. A lossless one is first decoded whole at its full size. */
#include "image/estimate/estimators.h"

/* The canvas, and the frame that is laid on it; RGBA. */
#define PICTURES 2
/* Of a picture without loss while it is decoded; of an alpha channel, which is one inside. */
#define LOSSLESS_PIXEL_BYTES 4
#define ALPHA_PIXEL_BYTES    5
/* libwebp's caches, for a column. */
#define COLUMN_BYTES 128
/* Profile and metadata: copied by libvips, by us, by lcms. */
#define METADATA_COPIES 5

struct found {
    uint32_t width, height;
    bool lossless, alpha;
};

/* Where chunks contradict each other, the largest counts. */
static void grow(struct found *f, uint32_t width, uint32_t height)
{
    f->width = (uint32_t)th_max_u64(f->width, width);
    f->height = (uint32_t)th_max_u64(f->height, height);
}

/* One chunk at `at`, with its name read. */
static void look_at(struct th_view v, uint64_t at, struct found *f)
{
    if (th_view_has(v, at, "VP8X", 4)) {
        grow(f, (uint32_t)th_view_le(v, at + 12, 3) + 1, (uint32_t)th_view_le(v, at + 15, 3) + 1);
    } else if (th_view_has(v, at, "VP8L", 4)) {
        uint32_t bits = (uint32_t)th_view_le(v, at + 9, 4);
        grow(f, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
        f->lossless = true;
    } else if (th_view_has(v, at, "VP8 ", 4)) {
        grow(f, (uint32_t)th_view_le(v, at + 14, 2) & 0x3FFF, (uint32_t)th_view_le(v, at + 16, 2) & 0x3FFF);
    } else if (th_view_has(v, at, "ALPH", 4)) {
        f->alpha = true;
    }
}

bool th_estimate_webp(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct found f = {0};
    uint64_t at = 12, metadata = 0;
    bool still = true;
    for (unsigned i = 0; i < TH_ESTIMATE_STEPS && at + 8 <= v.len; i++) {
        uint64_t n = th_view_le(v, at + 4, 4);
        look_at(v, at, &f);
        if (th_view_has(v, at, "ANMF", 4)) {
            /* Only the first frame is decoded; an ALPH may come before its pixels. */
            for (uint64_t sub = at + 24, k = 0; still && k < 2 && sub + 8 <= v.len; k++) {
                look_at(v, sub, &f);
                sub += 8 + th_view_le(v, sub + 4, 4) + (th_view_le(v, sub + 4, 4) & 1);
            }
            if (still) out->held += th_min_u64(n, v.len); /* it is copied out of the others: webp_first.h */
            still = false;
        } else if (!th_view_has(v, at, "VP8", 3) && !th_view_has(v, at, "ALPH", 4)) {
            metadata = th_add_sat(metadata, n);
        }
        at += 8 + n + (n & 1);
    }
    /* Steps that ran out: the picture may still come, or nothing but metadata. Its size stands in the first chunk. */
    if (at + 8 <= v.len) {
        f.lossless = f.alpha = true;
        metadata = th_add_sat(metadata, v.len - at);
        if (still) out->held += v.len - at;
    }
    if (!f.width || !f.height) return false;
    out->width = f.width;
    out->height = f.height;
    out->tile_rows = 1;
    out->shrink = th_estimate_shrink(f.width, f.height, options);
    uint64_t pixels = (uint64_t)f.width * f.height;
    uint64_t reduced = (uint64_t)(f.width / out->shrink + 1) * (f.height / out->shrink + 1);
    out->decoder = 4 * PICTURES * reduced + (uint64_t)f.width * COLUMN_BYTES;
    out->held += METADATA_COPIES * th_min_u64(metadata, v.len);
    if (f.lossless) out->decoder += LOSSLESS_PIXEL_BYTES * pixels;
    if (f.alpha) out->decoder += ALPHA_PIXEL_BYTES * pixels;
    if (still && !f.lossless && !f.alpha) out->bands = 3;
    return true;
}

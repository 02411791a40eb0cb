/* WebP (RFC 9649), as libwebp reads it for libvips: each frame is decoded whole, at the reduced size, and laid on a
 * canvas. A lossless one is first decoded whole at its full size. */
#include "image/estimate.h"

/* The frame, the canvas and what libvips copies of them. */
#define PICTURES 3

struct found {
    uint32_t width, height;
    bool lossless, alpha;
};

/* One chunk at `at`, with its name read. */
static void look_at(struct th_view v, uint64_t at, struct found *f)
{
    if (th_view_has(v, at, "VP8X", 4)) {
        f->width = (uint32_t)th_view_le(v, at + 12, 3) + 1;
        f->height = (uint32_t)th_view_le(v, at + 15, 3) + 1;
    } else if (th_view_has(v, at, "VP8L", 4)) {
        uint32_t bits = (uint32_t)th_view_le(v, at + 9, 4);
        if (!f->width) f->width = (bits & 0x3FFF) + 1;
        if (!f->height) f->height = (bits >> 14 & 0x3FFF) + 1;
        f->lossless = true;
    } else if (th_view_has(v, at, "VP8 ", 4)) {
        if (!f->width) f->width = (uint32_t)th_view_le(v, at + 14, 2) & 0x3FFF;
        if (!f->height) f->height = (uint32_t)th_view_le(v, at + 16, 2) & 0x3FFF;
    } else if (th_view_has(v, at, "ALPH", 4)) {
        f->alpha = true;
    } else if (th_view_has(v, at, "ANMF", 4)) {
        /* Frames of a moving picture may be either kind. */
        f->lossless = f->alpha = true;
    }
}

bool th_estimate_webp(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct found f = {0};
    uint64_t at = 12, profile = 0;
    for (unsigned i = 0; i < TH_ESTIMATE_STEPS && at + 8 <= v.len; i++) {
        uint64_t n = th_view_le(v, at + 4, 4);
        look_at(v, at, &f);
        if (!th_view_has(v, at, "VP8", 3) && !th_view_has(v, at, "ANMF", 4)) profile = th_add_sat(profile, n);
        if (f.lossless && f.alpha) break;
        at += 8 + n + (n & 1);
    }
    if (!f.width || !f.height) return false;
    out->width = f.width;
    out->height = f.height;
    out->bands = 4;
    out->pixel_bytes = 4;
    out->shrink = th_estimate_shrink(f.width, f.height, options);
    uint64_t pixels = (uint64_t)f.width * f.height;
    uint64_t reduced = (uint64_t)(f.width / out->shrink + 1) * (f.height / out->shrink + 1);
    out->decoder = 4 * PICTURES * reduced + th_min_u64(profile, v.len) * 5 + (uint64_t)f.width * 128;
    if (f.lossless) out->decoder += 5 * pixels;
    if (f.alpha) out->decoder += 6 * pixels;
    return true;
}

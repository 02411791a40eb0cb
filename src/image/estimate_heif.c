/* HEIF and AVIF (ISO/IEC 23008-12, AV1 Image File Format), as libheif reads them for libvips: decoded whole, in
 * several buffers; and JPEG 2000 (ISO/IEC 15444-1), which openjpeg decodes by tiles. */
#include "image/estimate.h"

/* A decoded pixel in all buffers: the decoder's planes, libheif's, the interleaved picture. */
#define HEIF_PIXEL_BYTES 24

struct side {
    uint64_t width, height;
};

/* The largest "ispe" property anywhere in the boxes that may hold one. Boxes nest: meta, iprp, ipco. */
static void find_ispe(struct th_view v, struct side *out)
{
    uint64_t at = 0, end = v.len;
    for (unsigned i = 0; i < TH_ESTIMATE_STEPS && at < end && end - at >= 8; i++) {
        uint64_t n = th_view_be(v, at, 4), head = 8;
        if (n == 1) {
            n = th_view_be(v, at + 8, 8);
            head = 16;
        }
        if (n == 0) n = end - at;
        if (n < head) return;
        bool meta = th_view_has(v, at + 4, "meta", 4);
        if (meta || th_view_has(v, at + 4, "iprp", 4) || th_view_has(v, at + 4, "ipco", 4)) {
            at += head + (meta ? 4 : 0); /* go in */
            continue;
        }
        if (th_view_has(v, at + 4, "ispe", 4)) {
            uint64_t width = th_view_be(v, at + head + 4, 4), height = th_view_be(v, at + head + 8, 4);
            if (th_mul_sat(width, height) > th_mul_sat(out->width, out->height)) *out = (struct side){width, height};
        }
        at = th_add_sat(at, n);
    }
}

bool th_estimate_heif(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct side side = {0};
    (void)options;
    find_ispe(v, &side);
    if (!side.width || !side.height) return false;
    out->width = (uint32_t)side.width;
    out->height = (uint32_t)side.height;
    out->bands = 4;
    out->pixel_bytes = 8;
    out->decoder = th_add_sat(th_mul3_sat(side.width, side.height, HEIF_PIXEL_BYTES), 2 * (uint64_t)v.len);
    return true;
}

/* Reading in whole tiles with 32 bits a sample; a picture of one tile is read whole. */
bool th_estimate_jp2k(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    (void)options;
    uint64_t at = 0;
    for (; at + 4 <= v.len && at < TH_ESTIMATE_STEPS; at++)
        if (th_view_has(v, at, "\xff\x4f\xff\x51", 4)) break;
    uint64_t x = th_view_be(v, at + 8, 4), y = th_view_be(v, at + 12, 4);
    uint64_t left = th_view_be(v, at + 16, 4), top = th_view_be(v, at + 20, 4), n = th_view_be(v, at + 40, 2);
    if (x <= left || y <= top || !n) return false;
    out->width = (uint32_t)(x - left);
    out->height = (uint32_t)(y - top);
    out->bands = 4;
    out->pixel_bytes = 8;
    out->decoder = th_add_sat(th_mul3_sat(out->width, out->height, 12 * n), 2 * (uint64_t)v.len);
    return true;
}

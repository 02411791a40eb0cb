/* HEIF and AVIF (ISO/IEC 23008-12, AV1 Image File Format), as libheif reads them for libvips: decoded whole, into the
 * decoder's planes, libheif's own, and an interleaved picture. */
#include "image/estimate.h"

/* A pixel in all these buffers, 8 bits with chroma of half the sides; then with full chroma; an alpha plane. More than
 * 8 bits take twice as much. */
#define PIXEL_BYTES      10
#define FULL_PIXEL_BYTES 16
#define ALPHA_BYTES      5

/* What libheif reads of the file: the items as they lie there, and its own boxes. */
#define FILE_COPIES 2

struct found {
    uint64_t width, height;
    bool full_chroma, deep, alpha;
};

/* AV1CodecConfigurationRecord, behind the head of its box. */
static void look_at_av1c(struct th_view v, uint64_t at, struct found *f)
{
    unsigned flags = (unsigned)th_view_be(v, at + 2, 1);
    bool mono = flags & 0x10, half_across = flags & 0x08;
    f->deep = f->deep || flags & 0x40;
    f->full_chroma = f->full_chroma || (!mono && !half_across);
}

/* HEVCDecoderConfigurationRecord (ISO/IEC 14496-15). */
static void look_at_hvcc(struct th_view v, uint64_t at, struct found *f)
{
    f->full_chroma = f->full_chroma || (th_view_be(v, at + 16, 1) & 3) > 1;
    f->deep = f->deep || (th_view_be(v, at + 17, 1) & 7) != 0;
}

/* An item that is the alpha channel of another; depth maps are not decoded. */
static bool is_alpha(struct th_view v, uint64_t at)
{
    static const char mpeg[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", hevc[] = "urn:mpeg:hevc:2015:auxid:1";
    return th_view_has(v, at + 4, mpeg, sizeof mpeg - 1) || th_view_has(v, at + 4, hevc, sizeof hevc - 1);
}

/* One property: sizes (the largest is the picture's), how it is coded. */
static void look_at(struct th_view v, uint64_t name, uint64_t body, struct found *f)
{
    if (th_view_has(v, name, "ispe", 4)) {
        uint64_t width = th_view_be(v, body + 4, 4), height = th_view_be(v, body + 8, 4);
        if (th_mul_sat(width, height) <= th_mul_sat(f->width, f->height)) return;
        f->width = width;
        f->height = height;
    } else if (th_view_has(v, name, "av1C", 4)) {
        look_at_av1c(v, body, f);
    } else if (th_view_has(v, name, "hvcC", 4)) {
        look_at_hvcc(v, body, f);
    } else if (th_view_has(v, name, "auxC", 4)) {
        f->alpha = f->alpha || is_alpha(v, body);
    }
}

/* All properties of the file. They lie in meta, iprp, ipco, which are gone into; all other boxes are stepped over. */
static void find_properties(struct th_view v, struct found *f)
{
    uint64_t at = 0;
    for (unsigned i = 0; i < TH_ESTIMATE_STEPS && at < v.len && v.len - at >= 8; i++) {
        uint64_t n = th_view_be(v, at, 4), head = 8, name = at + 4;
        if (n == 1) {
            n = th_view_be(v, at + 8, 8);
            head = 16;
        }
        if (n < head) return;
        if (th_view_has(v, name, "meta", 4)) {
            at += head + 4; /* version and flags */
        } else if (th_view_has(v, name, "iprp", 4) || th_view_has(v, name, "ipco", 4)) {
            at += head;
        } else {
            look_at(v, name, at + head, f);
            at = th_add_sat(at, n);
        }
    }
}

bool th_estimate_heif(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct found f = {0};
    (void)options;
    find_properties(v, &f);
    if (!f.width || !f.height) return false;
    out->width = (uint32_t)f.width;
    out->height = (uint32_t)f.height;
    out->bands = f.alpha ? 4 : 3;
    out->pixel_bytes = (uint64_t)out->bands * (f.deep ? 2 : 1);
    uint64_t pixel = (f.full_chroma ? FULL_PIXEL_BYTES : PIXEL_BYTES) + (f.alpha ? ALPHA_BYTES : 0);
    out->decoder = th_mul3_sat(f.width, f.height, pixel * (f.deep ? 2 : 1));
    out->decoder = th_add_sat(out->decoder, FILE_COPIES * (uint64_t)v.len);
    return true;
}

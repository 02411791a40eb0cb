/* HEIF and AVIF (ISO/IEC 23008-12, AV1 Image File Format), as libheif reads them for libvips: decoded whole, into the
 * decoder's planes, libheif's own, and an interleaved picture. Sizes are those of ispe: where the coded picture is
 * larger, the file is broken, but libheif sees that only after decoding it, so that more is needed than was told.
 * Headers of the coded picture are not asked: those in av1C and hvcC may differ from those among its data. */
#include "image/estimate/estimators.h"

#include <sched.h>

/* A pixel in all these buffers, 8 bits with chroma of half the sides; then with full chroma; an alpha plane. More than
 * 8 bits take twice as much. */
#define PIXEL_BYTES      10
#define FULL_PIXEL_BYTES 16
#define ALPHA_BYTES      5

/* What libheif reads of the file: the items as they lie there, and its own boxes. */
#define FILE_COPIES 2

/* dav1d makes a thread for each CPU, up to so many, and touches all memory that a thread might need; libheif decodes so
 * many tiles of a grid at once, each with a decoder of its own. */
#define MOST_THREADS  256
#define THREAD_BYTES  ((uint64_t)288 << 10)
#define MOST_DECODERS 4

/* libheif's limit for a side. */
#define MOST_SIDE 32768

struct found {
    uint64_t width, height;
    bool full_chroma, deep, alpha, grid, av1;
    bool ran_out; /* there is more than may be looked at */
};

/* As dav1d counts them. */
static uint64_t threads(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return th_min_u64((uint64_t)CPU_COUNT(&set), MOST_THREADS);
}

/* AV1CodecConfigurationRecord, behind the head of its box. */
static void look_at_av1c(struct th_view v, uint64_t at, struct found *f)
{
    unsigned flags = (unsigned)th_view_be(v, at + 2, 1);
    bool mono = flags & 0x10, half_across = flags & 0x08;
    f->av1 = true;
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

/* ItemInfoBox, which ends at `end`: is one of its items put together from tiles, or not to be read? Entries of version
 * 3 have longer numbers than those of version 2. */
static void look_at_items(struct th_view v, uint64_t body, uint64_t end, unsigned *steps, struct found *f)
{
    uint64_t at = body + 4 + (th_view_be(v, body, 1) ? 4 : 2);
    while (!f->grid && *steps && at < end && at < v.len) {
        uint64_t n = th_view_be(v, at, 4);
        f->grid = n < 8 || th_view_has(v, at + (th_view_be(v, at + 8, 1) < 3 ? 16 : 18), "grid", 4);
        at += n;
        --*steps;
    }
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

/* All properties and items of the file. They lie in meta, iprp, ipco, which are gone into, and in iinf; all other boxes
 * are stepped over. */
static void find_properties(struct th_view v, struct found *f)
{
    uint64_t at = 0;
    unsigned steps = TH_ESTIMATE_STEPS;
    while (at < v.len && v.len - at >= 8) {
        f->ran_out = !steps;
        if (f->ran_out) return;
        steps--;
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
            if (th_view_has(v, name, "iinf", 4)) look_at_items(v, at + head, th_add_sat(at, n), &steps, f);
            look_at(v, name, at + head, f);
            at = th_add_sat(at, n);
        }
    }
}

bool th_estimate_heif(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct found f = {0};
    find_properties(v, &f);
    if (!f.ran_out && (!f.width || !f.height)) return false;
    out->width = (uint32_t)f.width;
    out->height = (uint32_t)f.height;
    if (f.ran_out) {
        th_estimate_worst_size(MOST_SIDE, options, &out->width, &out->height);
        f.full_chroma = f.deep = f.alpha = f.grid = f.av1 = true;
    }
    out->bands = f.alpha ? 4 : 3;
    out->pixel_bytes = (uint64_t)out->bands * (f.deep ? 2 : 1);
    uint64_t pixel = (f.full_chroma ? FULL_PIXEL_BYTES : PIXEL_BYTES) + (f.alpha ? ALPHA_BYTES : 0);
    out->decoder = th_mul3_sat(out->width, out->height, pixel * (f.deep ? 2 : 1));
    if (f.av1) out->decoder = th_add_sat(out->decoder, threads() * THREAD_BYTES * (f.grid ? MOST_DECODERS : 1));
    out->decoder = th_add_sat(out->decoder, FILE_COPIES * (uint64_t)v.len);
    return true;
}

/* SPDX-License-Identifier: MIT */
/* HEIF and AVIF (ISO/IEC 23008-12, AV1 Image File Format): tile by tile on our own way
 * (heif_hot.c), else as libheif reads them for libvips: decoded whole, into the decoder's planes,
 * libheif's own, and an interleaved picture. Sizes are those of ispe: where the coded picture is
 * larger, the file is broken, but libheif sees that only after decoding it, so that more is needed
 * than was told. Headers of the coded picture are not asked: those in av1C and hvcC may differ
 * from those among its data. */
#include "image/estimate/estimators.h"

#include <sched.h>

#include "image/heif/heif_reduce.h"
#include "image/pixels.h"

/* A pixel in all these buffers, 8 bits with chroma of half the sides; then with full chroma; an
 * alpha plane. More than 8 bits take twice as much. */
#define PIXEL_BYTES      10
#define FULL_PIXEL_BYTES 16
#define ALPHA_BYTES      5

/* What libheif reads of the file: the items as they lie there, and its own boxes. */
#define FILE_COPIES 2

/* dav1d makes a thread for each CPU, up to so many, and touches all memory that a thread might
 * need; libheif decodes so many tiles of a grid at once, each with a decoder of its own. */
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
    bool mono = flags & 0x10, quarter = (flags & 0x0C) == 0x0C;
    f->av1 = true;
    f->deep = f->deep || flags & 0x40;
    f->full_chroma = f->full_chroma || (!mono && !quarter);
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
    static const char mpeg[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                      hevc[] = "urn:mpeg:hevc:2015:auxid:1";
    return th_view_has(v, at + 4, mpeg, sizeof mpeg - 1) ||
           th_view_has(v, at + 4, hevc, sizeof hevc - 1);
}

/* ItemInfoBox, which ends at `end`: is one of its items put together from tiles, or not to be
 * read? Entries of version 3 have longer numbers than those of version 2. */
static void look_at_items(struct th_view v, uint64_t body, uint64_t end, unsigned *steps,
                          struct found *f)
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

/* All properties and items of the file. They lie in meta, iprp, ipco, which are gone into, and in
 * iinf; all other boxes are stepped over. */
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
            if (th_view_has(v, name, "iinf", 4))
                look_at_items(v, at + head, th_add_sat(at, n), &steps, f);
            look_at(v, name, at + head, f);
            at = th_add_sat(at, n);
        }
    }
}

static bool estimate_libheif(struct th_view v, const struct thumbs_image_options *options,
                             struct th_estimate *out)
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
    if (f.av1)
        out->decoder =
            th_add_sat(out->decoder, threads() * THREAD_BYTES * (f.grid ? MOST_DECODERS : 1));
    out->decoder = th_add_sat(out->decoder, FILE_COPIES * (uint64_t)v.len);
    return true;
}

/* ---- our own way ---- */

/* Bytes of a coded pixel while it is decoded, in sixteenths: its planes with their margins, and
 * what the codec notes for its blocks. Measured with libde265 1.0.11 and dav1d 1.0. */
enum { CODED_PLANES = 22, CODED_FULL_CHROMA = 44, CODED_NOTES = 16 };

/* What a codec holds whatever the picture. */
#define CODEC_BYTES ((uint64_t)2 << 20)

static uint64_t layer_bytes(const struct th_heif_meta *meta, const struct th_heif_picture *p,
                            const struct th_heif_layer *l, const struct th_targets *targets,
                            const struct thumbs_image_options *options, const struct found *f)
{
    unsigned boxes[TH_HEIF_MAX_PLANES];
    th_heif_pick_boxes(p, l, targets, options, boxes);
    uint64_t coded = th_mul_sat((uint64_t)l->tile_width + TH_HEIF_CODED_MARGIN,
                                (uint64_t)l->tile_height + TH_HEIF_CODED_MARGIN);
    uint64_t pixel =
        (f->full_chroma ? CODED_FULL_CHROMA : CODED_PLANES) * (f->deep ? 2 : 1) + CODED_NOTES;
    uint64_t luma =
        th_mul_sat((uint64_t)l->width / boxes[0] + 1, (uint64_t)l->height / boxes[0] + 1);
    uint64_t chroma =
        th_mul_sat((uint64_t)l->width / boxes[1] + 1, (uint64_t)l->height / boxes[1] + 1);
    chroma = f->full_chroma ? th_mul_sat(chroma, 2) : chroma / 2;
    uint64_t planes = th_add_sat(luma, chroma) + sizeof(uint32_t) * (uint64_t)l->width;
    const uint64_t frames = th_min_u64(th_heif_layer_frames(meta, l), TH_HEIF_MAX_KEPT + 1);
    return th_add_sat(th_mul3_sat(coded, pixel, frames) / 16, planes);
}

/* Tiles are reduced as they come: one tile in the decoder, and planes of the reduced picture; with
 * alpha, of the whole. */
static bool estimate_tiles(struct th_view v, const struct thumbs_image_options *options,
                           struct th_estimate *out)
{
    struct th_heif_meta meta;
    struct th_heif_picture p;
    struct th_targets targets;
    struct found f = {0};
    bool found = th_heif_meta_read(&meta, v.data, v.len, NULL) == THUMBS_OK &&
                 th_heif_picture_read(&meta, &p, NULL) == THUMBS_OK;
    if (found) {
        find_properties(v, &f);
        out->width = p.cut_width;
        out->height = p.cut_height;
        th_targets_fit(&targets, p.cut_width, p.cut_height, p.orientation, options,
                       options->enlarge != 0);
        out->decoder =
            th_add_sat(CODEC_BYTES, layer_bytes(&meta, &p, &p.colour, &targets, options, &f));
        if (p.has_alpha)
            out->decoder =
                th_add_sat(out->decoder, layer_bytes(&meta, &p, &p.alpha, &targets, options, &f));
        out->decoder =
            th_add_sat(out->decoder, (uint64_t)v.len); /* data in several pieces is put together */
        out->planes = !p.has_alpha && !options->linear;
        out->tile_rows = 0;
    }
    th_heif_meta_finish(&meta);
    return found;
}

bool th_estimate_heif(struct th_view v, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    return (THUMBS_WITH_HEIF && estimate_tiles(v, options, out)) ||
           estimate_libheif(v, options, out);
}

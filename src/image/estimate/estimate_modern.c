/* SPDX-License-Identifier: MIT */
/* JPEG XL (ISO/IEC 18181) and JPEG 2000 (ISO/IEC 15444-1): both libraries decode whole pictures, or
 * whole tiles, so that the size of the picture tells most. */
#include "image/estimate/estimators.h"
#include "image/estimate/jxl_header.h"

/* Bytes of a pixel while it is decoded, measured with libjxl 0.7 through libvips 8.14. Photos need
 * 6, whether progressive or not; what is coded without transform up to 31. Beside alpha, or with
 * more than 8 bits, whole pictures are held in floating point: 54 at most. */
enum { JXL_PLAIN_BYTES = 24, JXL_RICH_BYTES = 56 };
/* The same of a sample, with OpenJPEG 2.5: one tile, which may be the picture, and rows of tiles.
 */
enum { JP2K_SAMPLE_BYTES = 4, MOST_SAMPLES = 16 };

#define LIBRARY_BYTES ((uint64_t)8 << 20)
/* libvips gives the data to the decoder in one piece. */
#define FILE_COPIES 2

/* ---- boxes ---- */

struct th_view th_estimate_box(struct th_view v, const char *name, const char *other)
{
    uint64_t at = 0;
    for (unsigned steps = 0; steps < TH_ESTIMATE_STEPS && at < v.len && v.len - at >= 8; steps++) {
        uint64_t n = th_view_be(v, at, 4), head = 8;
        if (n == 1) {
            n = th_view_be(v, at + 8, 8);
            head = 16;
        }
        if (n == 0 || n > v.len - at) n = v.len - at;
        if (n < head) break;
        if (th_view_has(v, at + 4, name, 4) || th_view_has(v, at + 4, other, 4))
            return (struct th_view){v.data + at + head, (size_t)(n - head)};
        at += n;
    }
    return (struct th_view){v.data, 0};
}

/* ---- JPEG XL ---- */

bool th_estimate_jxl(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    struct th_jxl_header h;
    (void)options;
    if (!th_jxl_header_read(th_jxl_code(v), &h)) return false;
    const bool plain = !h.floating && h.bits <= 8 && h.colours_alone && !h.moves;
    out->width = h.width;
    out->height = h.height;
    out->pixel_bytes = 16;
    out->decoder = th_mul3_sat(out->width, out->height, plain ? JXL_PLAIN_BYTES : JXL_RICH_BYTES);
    out->held = th_add_sat(LIBRARY_BYTES, FILE_COPIES * (uint64_t)v.len);
    return true;
}

/* ---- JPEG 2000 ---- */

bool th_estimate_jp2k(struct th_view v, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    const struct th_view code =
        TH_VIEW_HAS(v, 0, "\xff\x4f") ? v : th_estimate_box(v, "jp2c", "jp2c");
    (void)options;
    if (!TH_VIEW_HAS(code, 0, "\xff\x4f\xff\x51")) return false;
    const uint64_t right = th_view_be(code, 8, 4), bottom = th_view_be(code, 12, 4),
                   left = th_view_be(code, 16, 4), top = th_view_be(code, 20, 4);
    const uint64_t samples = th_view_be(code, 40, 2);
    if (right <= left || bottom <= top || samples == 0) return false;
    out->width = (uint32_t)(right - left);
    out->height = (uint32_t)(bottom - top);
    out->pixel_bytes = 8;
    out->decoder =
        th_mul3_sat(out->width, out->height, JP2K_SAMPLE_BYTES * th_min_u64(samples, MOST_SAMPLES));
    out->held = (FILE_COPIES + 1) * (uint64_t)v.len; /* its header may have to be changed */
    return true;
}

/* SPDX-License-Identifier: MIT */
/* Raw files of cameras. Which of the pictures in one is its preview LibRaw knows; here each JPEG
 * that begins anywhere in the file is one that may be. */
#include <math.h>
#include <string.h>

#include "image/estimate/estimators.h"
#include "image/jpeg/jpeg_parse.h"

/* LibRaw itself, and what it keeps of the file's directories. */
#define LIBRAW_BYTES ((uint64_t)2 << 20)
/* Where the frame and the first scan of a preview begin at the latest. */
#define HEADER_BYTES ((size_t)1 << 20)

/* Sensor data looks like the beginning of a JPEG once in 16 MB. */
enum { MOST_JPEGS = 64 };

/* The next begin of a JPEG at or behind `at`; v.len if there is none. */
static size_t find_jpeg(struct th_view v, size_t at)
{
    while (at < v.len) {
        const uint8_t *found = memchr(v.data + at, 0xFF, v.len - at);
        if (!found) return v.len;
        at = (size_t)(found - v.data);
        if (TH_VIEW_HAS(v, at, "\xff\xd8\xff")) return at;
        at++;
    }
    return v.len;
}

/* (Sensor data is coded as lossless JPEG in some files.) */
static bool may_be_preview(struct th_view head)
{
    struct th_jpeg_header h;
    return th_jpeg_parse(head.data, head.len, &h) && h.sof >= 0xC0 && h.sof <= 0xC2;
}

/* Whichever is shown: the worst of both. */
static void add(const struct th_estimate *e, struct th_estimate *out)
{
    if ((uint64_t)e->width * e->height > (uint64_t)out->width * out->height) {
        out->width = e->width;
        out->height = e->height;
    }
    out->bands = e->bands > out->bands ? e->bands : out->bands;
    out->decoder = th_max_u64(out->decoder, e->decoder);
    out->held = th_max_u64(out->held, e->held);
    out->pixel_bytes = th_max_u64(out->pixel_bytes, e->pixel_bytes);
    out->planes = out->planes && e->planes;
}

/* A preview that is no JPEG is stored as it is, in 3 bytes a pixel. */
static void add_bitmap(size_t len, struct th_estimate *out)
{
    const uint32_t side = (uint32_t)sqrt((double)len / 3) + 1;
    out->width = out->height = side;
    out->direct = true;
    out->held = th_mul_sat(len, 2);
}

/* The copy of the preview that LibRaw makes is not longer than what stands behind its beginning. */
bool th_estimate_raw(struct th_view v, const struct thumbs_image_options *options,
                     struct th_estimate *out)
{
    const struct th_estimate usual = *out;
    uint64_t copy = 0;
    int n = 0;
    for (size_t at = find_jpeg(v, 0); at < v.len; at = find_jpeg(v, at + 3), n++) {
        struct th_estimate e = usual;
        const size_t left = v.len - at;
        const struct th_view head = {v.data + at, left < HEADER_BYTES ? left : HEADER_BYTES};
        if (n == MOST_JPEGS) { /* not made by a camera */
            th_estimate_worst_size(UINT16_MAX, options, &out->width, &out->height);
            out->decoder = th_mul3_sat(out->width, out->height, 4);
            break;
        }
        if (!may_be_preview(head) || !th_estimate_jpeg(head, options, &e)) continue;
        if (copy == 0)
            *out = e;
        else
            add(&e, out);
        copy = th_max_u64(copy, left);
    }
    if (copy == 0 && n < MOST_JPEGS) add_bitmap(v.len, out);
    out->held = th_add_sat(out->held, th_add_sat(copy, LIBRAW_BYTES));
    return true;
}

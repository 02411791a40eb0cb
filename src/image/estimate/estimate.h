/*
 * estimate.h - what the estimators of th_image_estimate() share: one function per format that reads its header.
 *
 * Each says how large the picture is and how many bytes the decoder holds at its peak, as measured and as its sources
 * tell; estimate.c adds what all pictures need (rows, scalers, thumbnails, encoders). Hostile data: every read goes
 * through th_view, every number saturates, and every walk has a bound of steps, so that no file, however large, costs
 * more than about a millisecond; ten where each of that many steps misses the caches, which takes a file of hundreds of
 * megabytes. Where the bound ends a walk, what was not seen is taken for the worst that the decoder would still accept.
 * Pure functions (that of HEIF asks for the number of CPUs, too), thread-safe.
 */
#ifndef TH_IMAGE_ESTIMATE_H
#define TH_IMAGE_ESTIMATE_H

#include <string.h>

#include "base/num.h"
#include "image/backend.h"

/* Most chunks, blocks, boxes or entries that are looked at in one file. */
#define TH_ESTIMATE_STEPS (1u << 16)

struct th_view {
    const uint8_t *data;
    size_t len;
};

/* n bytes at `at` as a number, big or little endian; 0 where they do not lie within the view. n is at most 8. */
static inline uint64_t th_view_be(struct th_view v, uint64_t at, unsigned n)
{
    uint64_t value = 0;
    if (at > v.len || v.len - at < n) return 0;
    for (unsigned i = 0; i < n; i++)
        value = value << 8 | v.data[at + i];
    return value;
}

static inline uint64_t th_view_le(struct th_view v, uint64_t at, unsigned n)
{
    uint64_t value = 0;
    if (at > v.len || v.len - at < n) return 0;
    for (unsigned i = n; i-- > 0;)
        value = value << 8 | v.data[at + i];
    return value;
}

static inline bool th_view_has(struct th_view v, uint64_t at, const char *bytes, size_t n)
{
    return at <= v.len && n <= v.len - at && memcmp(v.data + at, bytes, n) == 0;
}

static inline uint64_t th_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t th_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What a header tells. */
struct th_estimate {
    enum thumbs_format format;
    uint32_t width, height; /* as stored, before orientation */
    uint32_t shrink;        /* what the decoder reduces by; rows of width / shrink come */
    uint32_t bands;         /* of the rows that come, at most 4 */
    uint64_t pixel_bytes;   /* of a decoded pixel before it is turned to 8 bits */
    uint64_t tile_rows;     /* rows that libvips' reader makes at a time; 0: no rows are cached behind it */
    uint64_t decoder;       /* bytes the decoder holds at its peak, beside a few rows; given back before encoding */
    uint64_t held;          /* bytes that are held from the header to the last output */
    bool planes;            /* on the JPEG hot path: no rows, no scalers */
};

/* Fill *out, which comes with the format and the usual values; false if the size is not found. */
typedef bool th_estimate_fn(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out);

th_estimate_fn th_estimate_jpeg, th_estimate_png, th_estimate_gif, th_estimate_webp, th_estimate_tiff, th_estimate_heif,
    th_estimate_svg;

/* The targets of an upright source of width x height, turned back to how it is stored if `swap`. */
void th_estimate_targets(uint32_t width, uint32_t height, bool swap, const struct thumbs_image_options *options,
                         struct th_targets *out);

/* The size of a picture whose header lies beyond what may be looked at: no side longer than `side`, and as large as
 * options->max_pixels let pass. Neither side is 0. */
void th_estimate_worst_size(uint32_t side, const struct thumbs_image_options *options, uint32_t *width,
                            uint32_t *height);

/* How far a decoder that reduces may go at most for these targets: every size keeps a factor of 2 for the filter. */
uint32_t th_estimate_shrink(uint32_t width, uint32_t height, const struct thumbs_image_options *options);

/* a * b * c, saturating. */
static inline uint64_t th_mul3_sat(uint64_t a, uint64_t b, uint64_t c)
{
    return th_mul_sat(th_mul_sat(a, b), c);
}

#endif

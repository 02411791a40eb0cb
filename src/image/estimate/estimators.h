/* SPDX-License-Identifier: MIT */
/*
 * estimators.h - what the estimators of th_image_estimate() share: one function per format that
 * reads its header.
 *
 * Each says how large the picture is and how many bytes the decoder holds at its peak, as measured
 * and as its sources tell; estimate.c adds what all pictures need (rows, scalers, thumbnails,
 * encoders). Hostile data: every read goes through th_view, every number saturates, and every walk
 * has a bound of steps, so that no file, however large, costs more than about a millisecond; ten
 * where each of that many steps misses the caches, which takes a file of hundreds of megabytes.
 * Where the bound ends a walk, what was not seen is taken for the worst that the decoder would
 * still accept. Pure functions (that of HEIF asks for the number of CPUs, too), thread-safe.
 */
#ifndef TH_IMAGE_ESTIMATORS_H
#define TH_IMAGE_ESTIMATORS_H

#include "base/num.h"
#include "base/view.h"
#include "thumbs/thumbs.h"

/* Most chunks, blocks, boxes or entries that are looked at in one file. */
#define TH_ESTIMATE_STEPS (1u << 16)

/* What a header tells. */
struct th_estimate {
    enum thumbs_format format;
    uint32_t width, height; /* as stored, before orientation */
    uint32_t shrink;        /* what the decoder reduces by; rows of width / shrink come */
    uint32_t bands;         /* of the rows that come, at most 4 */
    uint64_t pixel_bytes;   /* of a decoded pixel before it is turned to 8 bits */
    uint64_t
        tile_rows; /* rows that libvips' reader makes at a time; 0: no rows are cached behind it */
    uint64_t decoder; /* bytes the decoder holds at its peak, beside a few rows; given back before
                         encoding */
    uint64_t held;    /* bytes that are held from the header to the last output */
    /* Where all frames are asked for: */
    uint64_t n_frames; /* at most; fewer than two do not move */
    uint64_t motion;   /* bytes to compose them */
    bool planes;       /* on the JPEG hot path: no rows, no scalers */
    bool direct;       /* rows come from a decoder of our own: none beside those it holds */
};

/* Fill *out, which comes with the format and the usual values; false if the size is not found. */
typedef bool th_estimate_fn(struct th_view v, const struct thumbs_image_options *options,
                            struct th_estimate *out);

th_estimate_fn th_estimate_jpeg, th_estimate_png, th_estimate_gif, th_estimate_webp,
    th_estimate_tiff, th_estimate_heif, th_estimate_svg, th_estimate_pdf, th_estimate_bmp,
    th_estimate_ico, th_estimate_pnm, th_estimate_raw, th_estimate_jxl, th_estimate_jp2k;

/* The content of the first box of this name at the outermost level, or of the other; empty where
 * there is none. */
struct th_view th_estimate_box(struct th_view v, const char *name, const char *other);

/* The size of a picture whose header lies beyond what may be looked at: no side longer than `side`,
 * and as large as options->max_pixels let pass. Neither side is 0. */
void th_estimate_worst_size(uint32_t side, const struct thumbs_image_options *options,
                            uint32_t *width, uint32_t *height);

/* How far a decoder that reduces may go at most, whichever way the picture lies. */
uint32_t th_estimate_shrink(uint32_t width, uint32_t height,
                            const struct thumbs_image_options *options);

#endif

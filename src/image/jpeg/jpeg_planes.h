/* SPDX-License-Identifier: MIT */
/*
 * jpeg_planes.h - a JPEG in memory to its reduced planes, as stored: no colour conversion, no
 * upsampling.
 *
 * Decides between our own decoders, which are fast, and libjpeg-turbo, which takes everything. That
 * of progressive files keeps what it takes, damaged or not; that of baseline files takes regular
 * ones only and leaves to libjpeg-turbo how damage looks. Thread-safe on different th_jpeg_scan.
 */
#ifndef TH_IMAGE_JPEG_PLANES_H
#define TH_IMAGE_JPEG_PLANES_H

#include "image/jpeg/jpeg_scan.h"
#include "thumbs/thumbs.h"

enum { TH_JPEG_MAX_PLANES = 4 };

struct th_jpeg_planes {
    uint32_t n_planes; /* 1, 3 or 4 */
    /* n may be larger than asked for, and differ between components */
    struct th_jpeg_plane planes[TH_JPEG_MAX_PLANES];
    bool box[TH_JPEG_MAX_PLANES]; /* samples are box averages of the picture, see the design note;
                                     else band-limited */
    bool own;                     /* made by one of our own decoders */
    bool damaged;
    char warning[200];
    uint8_t *memory;
};

/* Decode the picture of `header` (1, 3 or 4 components of 8 bits), component i at n[i]/8 or more;
 * n[i] is 1, 2, 4, 6 or 8. Progressive files are read up to the last scan that matters. On success
 * *out is the caller's, th_jpeg_planes_finish() frees. Codes: CORRUPT, UNSUPPORTED, MEMORY,
 * TIMEOUT; stage decode. */
enum thumbs_code th_jpeg_planes_decode(struct th_jpeg_scan *scan,
                                       const struct th_jpeg_header *header, const uint8_t *data,
                                       size_t len, const uint8_t *n, uint64_t deadline_ns,
                                       struct th_jpeg_planes *out, struct thumbs_error *err);

/* Does libjpeg-turbo, which accepts more than th_jpeg_parse(), read the header? Codes: OK, CORRUPT,
 * UNSUPPORTED, MEMORY; stage decode. Thread-safe. */
enum thumbs_code th_jpeg_planes_read_header(const uint8_t *data, size_t len,
                                            struct thumbs_error *err);

/* At which n libjpeg-turbo decodes what is wanted at n: it has no vector code for 6/8, and takes
 * longer for it than for 8/8. */
static inline unsigned th_jpeg_planes_turbo_n(unsigned n)
{
    return n == 6 ? 8 : n;
}

/* What th_jpeg_planes_decode() does, by libjpeg-turbo alone, at th_jpeg_planes_turbo_n(n): the
 * reference for tests and benchmarks. */
enum thumbs_code th_jpeg_planes_decode_turbo(const struct th_jpeg_header *header,
                                             const uint8_t *data, size_t len, unsigned n,
                                             uint64_t deadline_ns, struct th_jpeg_planes *out,
                                             struct thumbs_error *err);

void th_jpeg_planes_finish(struct th_jpeg_planes *p); /* back to zero; zeroed is fine */

#endif

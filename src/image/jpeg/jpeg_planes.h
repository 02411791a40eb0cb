/*
 * jpeg_planes.h - a JPEG in memory to its reduced planes, as stored: no colour conversion, no upsampling.
 *
 * Decides between our own scan decoder, which is fast and takes regular baseline files, and libjpeg-turbo, which takes
 * everything and decides how damage looks. Thread-safe on different th_jpeg_scan.
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
    bool box[TH_JPEG_MAX_PLANES]; /* samples are box averages of the picture, see the design note; else band-limited */
    bool own;                     /* made by our own scan decoder */
    bool damaged;
    char warning[200];
    uint8_t *memory;
};

/* Decode the picture of `header` (1, 3 or 4 components of 8 bits), component i at n[i]/8 or more; n[i] is 1, 2, 4 or 8.
 * Progressive files at 1/8 are read up to the last scan that matters. On success *out is the caller's,
 * th_jpeg_planes_finish() frees. Codes: CORRUPT, UNSUPPORTED, MEMORY, TIMEOUT; stage decode. */
enum thumbs_code th_jpeg_planes_decode(struct th_jpeg_scan *scan, const struct th_jpeg_header *header,
                                       const uint8_t *data, size_t len, const uint8_t *n, uint64_t deadline_ns,
                                       struct th_jpeg_planes *out, struct thumbs_error *err);

/* The same, by libjpeg-turbo alone: the reference for tests and benchmarks. */
enum thumbs_code th_jpeg_planes_decode_turbo(const struct th_jpeg_header *header, const uint8_t *data, size_t len,
                                             unsigned n, uint64_t deadline_ns, struct th_jpeg_planes *out,
                                             struct thumbs_error *err);

void th_jpeg_planes_finish(struct th_jpeg_planes *p); /* back to zero; zeroed is fine */

#endif

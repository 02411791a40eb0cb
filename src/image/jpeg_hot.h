/*
 * jpeg_hot.h - the fast way from JPEG to thumbnails: planes from end to end, see docs/design/jpeg-hot-path.md.
 *
 * Takes grey and YCbCr pictures of 8 bits whose colours are sRGB or of a profile that icc.h understands; declines the
 * rest (CMYK, RGB, 12 bits, lossless, profiles with tables, headers that cannot be read), before anything is written.
 */
#ifndef TH_IMAGE_JPEG_HOT_H
#define TH_IMAGE_JPEG_HOT_H

#include "image/backend.h"
#include "image/jpeg_parse.h"

extern const struct th_backend th_backend_jpeg;

/* Free what this thread keeps between pictures (tables, rows). Call at the end of each thread that made one. */
void th_jpeg_hot_thread_finish(void);

/* The least n in 1, 2, 4, 8 so that a picture reduced to n/8 leaves at least `residual` of the reduction by
 * `factor`. */
unsigned th_jpeg_hot_pick_n(double factor, double residual);

/* The same for each component i of a picture: n[i] of 1, 2, 4, 8 for the largest of the targets (as stored). planar:
 * all outputs are JPEG, whose chroma is wanted at half the sides. */
void th_jpeg_hot_choose_n(const struct th_jpeg_header *header, const struct th_targets *targets, bool planar,
                          uint8_t n[3]);

#endif

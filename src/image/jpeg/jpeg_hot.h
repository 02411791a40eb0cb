/* SPDX-License-Identifier: MIT */
/*
 * jpeg_hot.h - the fast way from JPEG to thumbnails: planes from end to end, see
 * docs/design/jpeg-hot-path.md.
 *
 * Takes grey and YCbCr pictures of 8 bits whose colours are sRGB or of a profile that icc.h
 * understands, and CMYK; declines the rest (RGB, 12 bits, lossless, headers that cannot be read),
 * before anything is written.
 */
#ifndef TH_IMAGE_JPEG_HOT_H
#define TH_IMAGE_JPEG_HOT_H

#include "image/backend.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/steps.h"

/* th_backend_jpeg, of backend.h. */

/* Free what this thread keeps between pictures (tables, rows). Call at the end of each thread that
 * made one. */
void th_jpeg_hot_thread_finish(void);

/* At which n of 8 component i is to be decoded, for all i, so that enough of the reduction to each
 * target is left to the filter: a factor of 2, or 1.5 where speed is worth more. `planar`: as
 * planes that encoders take, chroma at half its sides. */
void th_jpeg_hot_pick(const struct th_jpeg_header *header, const struct th_targets *targets,
                      bool planar, bool fast, uint8_t n[TH_JPEG_MAX_PLANES]);

/* The least n in 1, 2, 4, 6, 8 so that a picture reduced to n/8 leaves at least `residual` of the
 * reduction by `factor`. */
unsigned th_jpeg_hot_pick_n(double factor, double residual);

#endif

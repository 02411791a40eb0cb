/* SPDX-License-Identifier: MIT */
/* jpeg_write.h - planes to a JPEG file: our own writer of plain files, libjpeg-turbo's raw
 * interface for the others. Thread-safe on different sinks. */
#ifndef TH_IMAGE_JPEG_WRITE_H
#define TH_IMAGE_JPEG_WRITE_H

#include "image/encode.h"
#include "image/pixels.h"
#include "image/sink.h"
#include "thumbs/thumbs.h"

/* Append a JPEG (ITU-T T.81, JFIF) with optimised Huffman tables: planes[0] is luma (or
 * grey with n_planes 1), planes[1] and [2] are Cb and Cr at half of its sides, rounded up. Each
 * plane is a picture of one band. On failure the sink keeps the length it had. Codes: MEMORY,
 * INTERNAL; stage encode. */
enum thumbs_code th_jpeg_write_planes(const struct th_pixels *planes, uint32_t n_planes,
                                      const struct th_encode_how *how, struct th_sink *sink,
                                      struct thumbs_error *err);

/* The same, by libjpeg-turbo alone: the reference for tests and benchmarks. */
enum thumbs_code th_jpeg_write_planes_turbo(const struct th_pixels *planes, uint32_t n_planes,
                                            const struct th_encode_how *how, struct th_sink *sink,
                                            struct thumbs_error *err);

#endif

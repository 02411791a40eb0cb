/* SPDX-License-Identifier: MIT */
/* jpeg_write.h - planes to a JPEG file: our own writer of plain files, libjpeg-turbo's raw
 * interface for the others. Thread-safe on different sinks. */
#ifndef TH_IMAGE_JPEG_WRITE_H
#define TH_IMAGE_JPEG_WRITE_H

#include "image/encode.h"
#include "image/pixels.h"
#include "image/sink.h"
#include "thumbs/thumbs.h"

/* Append a JPEG (ITU-T T.81, JFIF) with optimised Huffman tables. */
th_encode_planes_fn th_jpeg_write_planes;

/* The same, by libjpeg-turbo alone: the reference for tests and benchmarks. */
th_encode_planes_fn th_jpeg_write_planes_turbo;

#endif

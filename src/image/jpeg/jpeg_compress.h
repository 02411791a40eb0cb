/* SPDX-License-Identifier: MIT */
/* jpeg_compress.h - libjpeg-turbo's encoder, writing straight into a sink's free room and coming
 * back from its errors. */
#ifndef TH_IMAGE_JPEG_COMPRESS_H
#define TH_IMAGE_JPEG_COMPRESS_H

#include <stdio.h>

#include <jpeglib.h>

#include "image/sink.h"
#include "thumbs/thumbs.h"

/* Set the compressor up further (image_width ... jpeg_set_defaults() ...), start it, feed it,
 * finish it. May be left by longjmp() at any libjpeg call: must not hold anything that has to be
 * released. */
typedef void th_jpeg_write_fn(struct jpeg_compress_struct *jpeg, void *user);

/* Append one JPEG file to the sink. On failure sink->len is as before. Codes MEMORY, TIMEOUT,
 * INTERNAL; stage encode. Thread-safe. */
enum thumbs_code th_jpeg_compress(struct th_sink *sink, th_jpeg_write_fn *write, void *user,
                                  struct thumbs_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * libraries.h - what stands behind decoders and encoders, for people: "libwebp 1.2.4".
 *
 * Versions are those of the libraries that run, where these tell; else those they were built with.
 * Several are told in the order in which they are asked. Thread-safe on different texts.
 */
#ifndef TH_IMAGE_LIBRARIES_H
#define TH_IMAGE_LIBRARIES_H

#include "base/bytes.h"
#include "thumbs/thumbs.h"

/* Append what reads or writes this format here; nothing where that cannot be. */
typedef void th_about_fn(enum thumbs_format format, struct th_bytes *text);

th_about_fn th_about_jpeg_reader, th_about_png_reader, th_about_webp_reader, th_about_gif;
th_about_fn th_about_jpeg_writer, th_about_png_writer, th_about_webp_writer;

/* What converts colour profiles. */
void th_libraries_of_colours(struct th_bytes *text);

#endif

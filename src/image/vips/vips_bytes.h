/* SPDX-License-Identifier: MIT */
/*
 * vips_bytes.h - bytes in memory as a libvips source that runs dry at a deadline.
 *
 * libvips' own source over memory hands the bytes to the decoder without asking anybody. Most
 * decoders ask for a few kilobytes at a time, so one that is told "no more" stops soon, wherever it
 * is: in a header with a million directories, in the passes of an interlaced PNG, in the hundredth
 * scan of a JPEG. The eval and kill signals of libvips reach none of these places: its loaders
 * decode whole pictures without sending them.
 *
 * Part of the module thumbs-vips.so. One thread at a time for each object.
 */
#ifndef TH_IMAGE_VIPS_BYTES_H
#define TH_IMAGE_VIPS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vips/vips.h>

#define TH_VIPS_MAX_HOLES 8

/* Bytes that the decoder is not shown. */
struct th_vips_hole {
    size_t at, len;
};

struct th_vips_bytes_plan {
    const uint8_t *data; /* borrowed for the life of the source */
    size_t len;
    struct th_vips_hole holes[TH_VIPS_MAX_HOLES]; /* in order, within len, apart */
    unsigned n_holes;
    struct th_vips_hole zeros; /* shown as zeros; within len; not together with holes */
    uint64_t deadline_ns;      /* 0: never */
    uint64_t (*now_ns)(void);
};

/* Leave out what a PNG (ISO/IEC 15948) says in very long texts. libpng would take memory for the
 * whole of each. */
void th_vips_bytes_skip_texts(struct th_vips_bytes_plan *plan);

/* Let the first directory of a TIFF or BigTIFF be its last. libvips would read all of them to count
 * the pages. */
void th_vips_bytes_cut_pages(struct th_vips_bytes_plan *plan);

/* A new source, to be given back with g_object_unref(); NULL on failure. */
VipsSource *th_vips_bytes_new(const struct th_vips_bytes_plan *plan);

/* Was it asked for bytes after its deadline? Then what came of it is not the whole picture. */
bool th_vips_bytes_late(const VipsSource *source);

#endif

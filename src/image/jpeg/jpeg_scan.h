/* SPDX-License-Identifier: MIT */
/*
 * jpeg_scan.h - a scan decoder that skips: baseline JPEG straight to planes of 1/8, 2/8, 4/8, 6/8
 * or 8/8 of their size.
 *
 * Decodes the DC coefficient of each block and the AC coefficients that the reduction needs, and
 * jumps over the rest several symbols at a time. Takes only what it fully understands and gives up
 * at the first irregularity, so that libjpeg-turbo decides what a damaged file looks like. At n = 1
 * and 8 its samples equal those of libjpeg-turbo, bit for bit. The idea and the tables are told in
 * docs/design/jpeg-hot-path.md. Input is hostile: nothing is read past len, nothing written past
 * the planes.
 */
#ifndef TH_IMAGE_JPEG_SCAN_H
#define TH_IMAGE_JPEG_SCAN_H

#include "image/jpeg/jpeg_parse.h"

/* One component, reduced to n/8 of its size. Rows are `stride` bytes apart; only the first width x
 * height samples show the picture, what follows is padding of the blocks. Memory belongs to whoever
 * made it. */
struct th_jpeg_plane {
    uint8_t *data;
    size_t stride;
    uint32_t width, height; /* samples of picture: ceil(component side x n / 8) */
    uint32_t n;             /* samples for 8 of the component */
    uint32_t rows;          /* rows there is memory for */
};

enum th_jpeg_scan_end {
    TH_JPEG_SCAN_OK = 0,
    TH_JPEG_SCAN_GAVE_UP, /* irregular: let libjpeg-turbo decide; the planes hold nothing of use */
    TH_JPEG_SCAN_NO_MEMORY,
    TH_JPEG_SCAN_TIMEOUT,
    TH_JPEG_SCAN_CORRUPT /* no picture can be had of it; only where a decoder says so */
};

/* What is kept between pictures: lookup tables (cameras repeat theirs) and buffers. One thread at a
 * time. */
struct th_jpeg_scan;
struct th_jpeg_scan *th_jpeg_scan_create(void); /* NULL: no memory */
void th_jpeg_scan_destroy(struct th_jpeg_scan *scan);

/* Is this a file the decoder takes: 8-bit sequential Huffman, one scan of all of its 1 or 3
 * components, sampling factors of 1, 2 or 4, nothing odd so far? */
bool th_jpeg_scan_takes(const struct th_jpeg_header *header);

/* Samples of component i_component at n/8: the size of its picture, and of the whole blocks of the
 * scan, which is what a plane needs memory for. */
void th_jpeg_scan_size(const struct th_jpeg_header *header, unsigned i_component, unsigned n,
                       uint32_t *width, uint32_t *height, uint32_t *block_width,
                       uint32_t *block_height);

/* Decode the scan into planes[0 .. n_components-1], whose data, stride and n (1, 2, 4, 6 or 8) the
 * caller has set with room for the block size above. `data` and `len` are the whole file that
 * `header` was parsed from. deadline_ns: th_now_ns() past which it stops with TIMEOUT, 0: never. */
enum th_jpeg_scan_end th_jpeg_scan_decode(struct th_jpeg_scan *scan,
                                          const struct th_jpeg_header *header, const uint8_t *data,
                                          size_t len, const struct th_jpeg_plane *planes,
                                          uint64_t deadline_ns);

/* At least `size` bytes, aligned as malloc() does it, kept for the next picture: what was in them
 * is lost. NULL: no memory. They are the caller's until the next call on the same scan. */
uint8_t *th_jpeg_scan_scratch(struct th_jpeg_scan *scan, size_t size);

#endif

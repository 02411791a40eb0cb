/* SPDX-License-Identifier: MIT */
/*
 * jpeg_progressive.h - a progressive JPEG at 1/8, 2/8, 4/8, 6/8 or 8/8: only the scans that the
 * reduction needs are decoded, row by row side by side, so that no more than a row of coefficients
 * is held. The others are passed over.
 *
 * Coefficients equal those of libjpeg-turbo, in damaged files too: what is there of a file that was
 * cut is shown. But damage in a scan that is passed over is not seen. Input is hostile. Thread-safe
 * on different th_jpeg_scan.
 */
#ifndef TH_IMAGE_JPEG_PROGRESSIVE_H
#define TH_IMAGE_JPEG_PROGRESSIVE_H

#include "image/jpeg/jpeg_scan.h"

/* What it holds at most besides the planes and a row of blocks: headers and codes of all scans
 * there may be. */
#define TH_JPEG_PROGRESSIVE_BYTES ((size_t)6 << 20)

/* Is this a file it takes: 8-bit progressive Huffman, 1, 3 or 4 components, sampling factors of 1,
 * 2 or 4? What it takes it decodes to the end; it never gives up. */
bool th_jpeg_progressive_takes(const struct th_jpeg_header *header);

/* Bytes of a row of coefficients with component i at n[i]/8. False: more than there can be. */
bool th_jpeg_progressive_row_bytes(const struct th_jpeg_header *header, const uint8_t *n,
                                   size_t *bytes);

/* Decode into planes[0 .. n_components-1], whose data, stride and n (1, 2, 4, 6 or 8) the caller
 * has set with room for th_jpeg_scan_size(). OK, NO_MEMORY, TIMEOUT or CORRUPT: no picture at all.
 * *what tells what is wrong in the last case, and what is damaged in the first; NULL: nothing.
 * Other parameters as of th_jpeg_scan_decode(). */
enum th_jpeg_scan_end th_jpeg_progressive_decode(struct th_jpeg_scan *scan,
                                                 const struct th_jpeg_header *header,
                                                 const uint8_t *data, size_t len,
                                                 const struct th_jpeg_plane *planes,
                                                 uint64_t deadline_ns, const char **what);

#endif

/*
 * jpeg_dc.h - a progressive JPEG at 1/8: only its DC scans are decoded, the others are jumped over.
 *
 * That is a tenth of the work of reading all coefficients into memory. Gives up at the first irregularity, as the
 * scan decoder of jpeg_scan.h does, and like there the samples equal those of libjpeg-turbo at scale 1/8. Damage in a
 * scan that is jumped over is not seen. Thread-safe.
 */
#ifndef TH_IMAGE_JPEG_DC_H
#define TH_IMAGE_JPEG_DC_H

#include "image/jpeg/jpeg_scan.h"

/* Is this a file it takes: 8-bit progressive Huffman, 1 or 3 components, sampling factors of 1, 2 or 4? */
bool th_jpeg_dc_takes(const struct th_jpeg_header *header);

/* Decode into planes[0 .. n_components-1] with n = 1, whose data and stride the caller has set with room for
 * th_jpeg_scan_size(). Parameters as of th_jpeg_scan_decode(). */
enum th_jpeg_scan_end th_jpeg_dc_decode(const struct th_jpeg_header *header, const uint8_t *data, size_t len,
                                        const struct th_jpeg_plane *planes, uint64_t deadline_ns);

#endif

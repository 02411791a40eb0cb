/* SPDX-License-Identifier: MIT */
/*
 * vips_tiff.h - TIFF by libtiff itself, which libvips brings along.
 *
 * libvips takes samples of many kinds for what they are not (signed numbers, YCbCr, ICC Lab,
 * alpha beside ink or Lab, samples that are no alpha), refuses others (subsampled YCbCr, 12 bits),
 * and gives a picture up at its first broken strip. What it reads rightly is left to it, as long as
 * the data is whole. Part of the module thumbs-vips.so. One thread at a time for each object.
 */
#ifndef TH_IMAGE_VIPS_TIFF_H
#define TH_IMAGE_VIPS_TIFF_H

#include "image/vips/vips_internal.h"

struct th_vips_tiff;

/* Read the header of the first page. Data is borrowed until close. Codes: CORRUPT, UNSUPPORTED (a
 * kind that nobody here knows), MEMORY; `why` then says more in a clause, if it is not empty. */
enum thumbs_code th_vips_tiff_open(const uint8_t *data, size_t len, struct th_vips_tiff **out,
                                   char why[120]);
void th_vips_tiff_close(struct th_vips_tiff *t); /* NULL is fine */

/* Does libvips read pictures of this kind rightly? */
bool th_vips_tiff_is_plain(const struct th_vips_tiff *t);

/* Size, orientation, and the bands of the rows that read() hands over: with ink and alpha there are
 * five. The profile, if it is one for these colours, is borrowed from t. */
void th_vips_tiff_header(const struct th_vips_tiff *t, struct th_vips_header *header);

/* Hand over all rows, those that do not decode empty. DONE; PART, with the reason in `why`; BROKEN
 * if none decodes. */
enum th_vips_outcome th_vips_tiff_read(struct th_vips_tiff *t, const struct th_vips_rows *to,
                                       char why[120]);

#endif

/* SPDX-License-Identifier: MIT */
/* png_metadata.h - metadata in the chunks of a PNG file (ISO/IEC 15948): found in one, written to
 * one. */
#ifndef TH_IMAGE_PNG_METADATA_H
#define TH_IMAGE_PNG_METADATA_H

#include <png.h>

#include "image/metadata/metadata.h"

/* EXIF from eXIf, XMP from iTXt, compressed or not, wherever they stand. */
th_metadata_fn th_png_metadata;

/* The body of a chunk iCCP: *body is to be freed. False: no memory. */
bool th_png_pack_profile(struct th_view icc, uint8_t **body, size_t *len);

/* Write EXIF and XMP, and such a body (len 0: none): behind the header and in front of a palette.
 * PNG has no place for IPTC. Errors leave it as libpng's do. */
void th_png_write_metadata(png_structp png, const struct th_metadata *m, struct th_view profile);

#endif

/* SPDX-License-Identifier: MIT */
/* jpeg_metadata.h - metadata in the APPn segments of a JPEG file: found in one, written to one. */
#ifndef TH_IMAGE_JPEG_METADATA_H
#define TH_IMAGE_JPEG_METADATA_H

#include <stdio.h>

#include <jpeglib.h>

#include "image/metadata/metadata.h"

/* EXIF and XMP from APP1 (of XMP the main packet, not what extends it), IPTC from APP13. */
th_metadata_fn th_jpeg_metadata;

/* Write them, behind JFIF and before the tables: between jpeg_start_compress() and the first line.
 * A profile takes as many segments as it needs (ICC.1:2010 B.4). NULL: there is nothing to write.
 */
void th_jpeg_write_metadata(struct jpeg_compress_struct *jpeg, const struct th_metadata *m);

#endif

/* SPDX-License-Identifier: MIT */
/* tiff_metadata.h - metadata in the first directory of a TIFF file. */
#ifndef TH_IMAGE_TIFF_METADATA_H
#define TH_IMAGE_TIFF_METADATA_H

#include "image/metadata/metadata.h"

/* XMP and IPTC. (What EXIF has stands in the file's own directories, not in a block.) */
th_metadata_fn th_tiff_metadata;

#endif

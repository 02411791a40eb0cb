/* SPDX-License-Identifier: MIT */
/* heif_metadata.h - metadata in the items of a HEIC or AVIF file. */
#ifndef TH_IMAGE_HEIF_METADATA_H
#define TH_IMAGE_HEIF_METADATA_H

#include "image/metadata/metadata.h"

/* EXIF and XMP that describe the primary picture (ISO/IEC 23008-12, 6.5 and annex A). */
th_metadata_fn th_heif_metadata;

#endif

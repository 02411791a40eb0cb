/* SPDX-License-Identifier: MIT */
#include "image/metadata/tiff_metadata.h"

enum { TAG_XMP = 0x02BC, TAG_IPTC = 0x83BB };

bool th_tiff_metadata(struct th_view file, struct th_metadata_found *out)
{
    out->xmp = th_exif_value(file, TAG_XMP);
    out->iptc = th_exif_value(file, TAG_IPTC);
    return true;
}

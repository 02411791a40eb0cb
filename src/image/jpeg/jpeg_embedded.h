/* SPDX-License-Identifier: MIT */
/* jpeg_embedded.h - the small copies in a JPEG file: the thumbnail of EXIF (CIPA DC-008), and those
 * of a multi-picture file (CIPA DC-007) that are of class "large thumbnail". Hostile data. Pure. */
#ifndef TH_IMAGE_JPEG_EMBEDDED_H
#define TH_IMAGE_JPEG_EMBEDDED_H

#include "image/embedded_copy.h"

th_embedded_fn th_jpeg_embedded;

#endif

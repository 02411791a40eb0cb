/* SPDX-License-Identifier: MIT */
/* exif.h - what is wanted from EXIF: which way up, and the thumbnail. Hostile data; never reads
 * past len. Thread-safe. */
#ifndef TH_IMAGE_EXIF_H
#define TH_IMAGE_EXIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

/* The orientation (CIPA DC-008 tag 0x0112, 1 to 8) from the first directory of the TIFF bytes
 * behind "Exif\0\0"; 1 where there is none or it makes no sense. data may be NULL with len 0. */
unsigned th_exif_orientation(const uint8_t *data, size_t len);
/* The same; 0 where there is none or it makes no sense. */
unsigned th_exif_orientation_told(const uint8_t *data, size_t len);

struct th_exif_thumbnail {
    struct th_view jpeg;
    unsigned orientation; /* that its directory tells; 0: none */
};

/* The JPEG file that the second directory tells of. False: there is none, or it does not lie within
 * the TIFF bytes. */
bool th_exif_thumbnail(struct th_view tiff, struct th_exif_thumbnail *out);

#endif

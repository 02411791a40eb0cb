/* SPDX-License-Identifier: MIT */
/* exif.h - the one thing wanted from EXIF: which way up. Hostile data; never reads past len.
 * Thread-safe. */
#ifndef TH_IMAGE_EXIF_H
#define TH_IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation (CIPA DC-008 tag 0x0112, 1 to 8) from the first directory of the TIFF bytes
 * behind "Exif\0\0"; 1 where there is none or it makes no sense. data may be NULL with len 0. */
unsigned th_exif_orientation(const uint8_t *data, size_t len);

#endif

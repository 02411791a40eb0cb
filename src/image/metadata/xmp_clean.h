/* SPDX-License-Identifier: MIT */
/* xmp_clean.h - a packet of XMP (ISO 16684-1) for a picture that has been turned. */
#ifndef TH_IMAGE_XMP_CLEAN_H
#define TH_IMAGE_XMP_CLEAN_H

#include <stddef.h>
#include <stdint.h>

/* Change the packet where it stands: the picture is upright, there is no more of XMP elsewhere, and
 * no room for editors at its end, which is longer than most packets. Returns how long it is then;
 * 0: it is not text in UTF-8, as XMP in pictures has to be. */
size_t th_xmp_clean(uint8_t *data, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* modern_encode.h - AVIF and JPEG XL outputs, by modules that are loaded when they are needed. */
#ifndef TH_IMAGE_MODERN_ENCODE_H
#define TH_IMAGE_MODERN_ENCODE_H

#include "thumbs/thumbs.h"

/* Load what these (enum th_wants) need. UNSUPPORTED, or STOPPED where nothing may be loaded any
 * more. Thread-safe. */
enum thumbs_code th_modern_load(unsigned wants, struct thumbs_error *err);

#endif

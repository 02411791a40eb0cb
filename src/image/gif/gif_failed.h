/* SPDX-License-Identifier: MIT */
/* gif_failed.h - what becomes of a GIF whose reader (gif_frame.h) does not go on. */
#ifndef TH_IMAGE_GIF_FAILED_H
#define TH_IMAGE_GIF_FAILED_H

#include "image/gif/gif_frame.h"
#include "image/steps.h"

/* For th_gif_open(), with a struct th_make: has its deadline passed? */
bool th_gif_is_late(void *make);

/* OK, TIMEOUT, MEMORY; CORRUPT for what is broken. END is OK. */
enum thumbs_code th_gif_failed(const struct th_make *make, enum th_gif_code code,
                               struct thumbs_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * rowmake.h - the whole way of a picture whose decoder hands over rows (struct th_row_decoder).
 */
#ifndef TH_IMAGE_ROWMAKE_H
#define TH_IMAGE_ROWMAKE_H

#include "image/backend.h"
#include "image/steps.h"

/* Read the header, check the limits, decode into a row feed for all sizes, convert to sRGB, write
 * the outputs. Codes as of th_image_make(), or make->declined is set. */
enum thumbs_code th_rowmake(struct th_make *make, const struct th_row_decoder *decoder,
                            struct thumbs_error *err);

#endif

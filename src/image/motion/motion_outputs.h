/* SPDX-License-Identifier: MIT */
/*
 * motion_outputs.h - the thumbnails of a source that move: which they are, and their bytes.
 *
 * They are made first, all from one decode. Then the source is decoded as if it were still, for the
 * outputs that are; where one that moves has its turn, it is taken from here.
 */
#ifndef TH_IMAGE_MOTION_OUTPUTS_H
#define TH_IMAGE_MOTION_OUTPUTS_H

#include "image/steps.h"

struct th_motion;

/* Make what of make->options is to move, if this source does; else *out is NULL. Codes as of
 * th_image_make(). */
enum thumbs_code th_motion_make(struct th_make *make, struct th_motion **out,
                                struct thumbs_error *err);
void th_motion_destroy(struct th_motion *motion); /* NULL is fine */

/* If make->motion has the output of these sizes (bits), append it to make->sink, within
 * options->max_size. *width and *height are 0 if it has not. Codes as of th_encode_fit(). */
enum thumbs_code th_motion_write(struct th_make *make, enum thumbs_format format, uint32_t sizes,
                                 uint32_t *width, uint32_t *height, struct thumbs_error *err);

#endif

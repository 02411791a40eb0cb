/* SPDX-License-Identifier: MIT */
/*
 * encode_outputs.h - from finished thumbnails to encoded outputs in the sink: the last step of
 * a backend.
 */
#ifndef TH_IMAGE_ENCODE_OUTPUTS_H
#define TH_IMAGE_ENCODE_OUTPUTS_H

#include "image/pixels.h"
#include "image/steps.h"

/* Turn, finish (finish_picture.h) and encode the pictures in sRGB (or, where make->kept has a
 * profile, in its colours), one for each target, as stored: consumed either way. That for a
 * placeholder becomes one.
 * Alpha is laid on the background where a format has none. Whether any of them has pixels that are
 * not opaque decides what KEEP becomes. Stage resize or encode. */
enum thumbs_code th_encode_outputs(struct th_make *make, struct th_pixels *pictures,
                                   const struct th_targets *targets, unsigned orientation,
                                   struct thumbs_error *err);

/* Make the placeholder of the last target's picture, in sRGB and as stored, which is consumed
 * either way. Stage encode. */
enum thumbs_code th_encode_placeholder(struct th_make *make, struct th_pixels *picture,
                                       unsigned orientation, struct thumbs_error *err);

/* For a backend that writes by itself: record what it has appended to the sink since it was
 * `offset` bytes long; sizes: as in struct th_targets. */
void th_encode_note(struct th_make *make, size_t offset, enum thumbs_format format, uint32_t sizes,
                    uint32_t width, uint32_t height);

#endif

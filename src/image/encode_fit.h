/* SPDX-License-Identifier: MIT */
/* encode_fit.h - one output in the quality that was asked for, or as high a one as keeps it within
 * the largest size. */
#ifndef TH_IMAGE_ENCODE_FIT_H
#define TH_IMAGE_ENCODE_FIT_H

#include "image/encode.h"
#include "image/steps.h"

/* Append one encoded picture to the sink, in this way; on failure the sink keeps its length. */
typedef enum thumbs_code th_encode_fit_fn(const void *picture, const struct th_encode_how *how,
                                          struct th_sink *sink, struct thumbs_error *err);

/* Call write(), again at lower qualities where options->max_size asks for that: eight times at
 * most. The sink then holds the best that is small enough. TOO_LARGE: there is none; and the codes
 * of write(). */
enum thumbs_code th_encode_fit(struct th_make *make, enum thumbs_format format,
                               th_encode_fit_fn *write, const void *picture,
                               struct thumbs_error *err);

#endif

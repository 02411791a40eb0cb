/* SPDX-License-Identifier: MIT */
/*
 * dispatch.h - a picture is handed to the decoders of its format, until one takes it.
 *
 * Some files hold another: an icon a PNG, a camera's raw file a JPEG. What finds it hands it on, as
 * if it were the source.
 */
#ifndef TH_IMAGE_DISPATCH_H
#define TH_IMAGE_DISPATCH_H

#include "image/steps.h"

/* UNSUPPORTED if there is none; else what the decoder that took it says. */
enum thumbs_code th_dispatch(struct th_make *make, struct thumbs_error *err);

struct th_inner {
    const uint8_t *data; /* outlives the call */
    size_t len;
    enum thumbs_format format;
    unsigned orientation; /* EXIF 1 to 8, whatever it says itself; 0: as it says */
    /* It is a copy of the whole, of which alone metadata is kept. */
    bool stands_for_all;
};

/* The same for a picture inside of make->data. What KEEP stands for is the file's format still. On
 * failure no output is left, so another may be tried. */
enum thumbs_code th_dispatch_inner(const struct th_make *make, const struct th_inner *inner,
                                   struct thumbs_error *err);

#endif

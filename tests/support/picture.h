/* SPDX-License-Identifier: MIT */
/* picture.h - what tests of single pictures share. */
#ifndef TEST_SUPPORT_PICTURE_H
#define TEST_SUPPORT_PICTURE_H

#include "thumbs/thumbs.h"

/* The defaults, but for one box of side x side pixels and one format. */
static inline struct thumbs_image_options test_picture_options(uint32_t side,
                                                               enum thumbs_format format)
{
    struct thumbs_options options;
    thumbs_options_init(&options);
    options.image.sizes[0] = (struct thumbs_size){side, side, true};
    options.image.formats[0] = format;
    return options.image;
}

#endif

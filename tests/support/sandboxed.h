/* SPDX-License-Identifier: MIT */
/* sandboxed.h - the pixels of pictures that are only decoded inside a sandbox; the test stands for
 * one. */
#ifndef TEST_SUPPORT_SANDBOXED_H
#define TEST_SUPPORT_SANDBOXED_H

#include <criterion/criterion.h>

#include "base/bytes.h"
#include "image/image.h"
#include "support/picture.h"
#include "support/read_png.h"

/* The code, and if that is OK and `out` not NULL the thumbnail of so many pixels. */
static inline enum thumbs_code test_make_sandboxed(const struct th_bytes *b, uint32_t side,
                                                   struct th_pixels *out, struct thumbs_error *err)
{
    const struct th_image_limits limits = {.sandboxed = true};
    const struct thumbs_image_options o = test_picture_options(side, THUMBS_FORMAT_PNG);
    struct th_image_result result;
    struct th_sink sink;
    th_sink_init_heap(&sink);
    const enum thumbs_code code =
        th_image_make((const uint8_t *)b->data, b->len, &o, &limits, &sink, &result, err);
    if (code == THUMBS_OK && out) cr_assert(test_read_png(sink.data, sink.len, out));
    th_sink_finish_heap(&sink);
    return code;
}

#endif

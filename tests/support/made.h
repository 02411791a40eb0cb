/* SPDX-License-Identifier: MIT */
/* made.h - what th_image_make() has made of one picture. */
#ifndef TEST_SUPPORT_MADE_H
#define TEST_SUPPORT_MADE_H

#include "image/image.h"

struct test_made {
    struct th_sink sink; /* th_sink_finish_heap() frees it */
    struct th_image_result result;
    struct thumbs_error err;
    enum thumbs_code code;
};

static inline struct test_made test_make(const void *data, size_t len,
                                         const struct thumbs_image_options *options)
{
    struct test_made m = {0};
    th_sink_init_heap(&m.sink);
    m.code = th_image_make(data, len, options, NULL, &m.sink, &m.result, &m.err);
    return m;
}

#endif

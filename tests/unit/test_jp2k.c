/* SPDX-License-Identifier: MIT */
/* JPEG 2000 that libvips must not open. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/vips/jp2k_palette.h"
#include "support/file_bytes.h"
#include "support/picture.h"

/* A palette of 256 colours, and that its three columns are the channels. */
static void add_palette(struct th_bytes *b)
{
    test_add_be(b, 8 + 6 + 3 * 256, 4);
    th_bytes_adds(b, "pclr");
    test_add_be(b, 256, 2);
    test_add_be(b, 0x03070707, 4);
    for (unsigned i = 0; i < 256; i++)
        test_add_be(b, i << 16 | (255 - i) << 8 | 7, 3);
    test_add_be(b, 8 + 12, 4);
    th_bytes_adds(b, "cmap");
    for (unsigned i = 0; i < 3; i++)
        test_add_be(b, 0x0100 | i, 4);
}

static struct th_bytes with_palette(const char *name)
{
    struct th_bytes plain = test_read_sample(name), b = {0};
    const char *header = memmem(plain.data, plain.len, "jp2h", 4);
    cr_assert(header);
    const size_t at = (size_t)(header - plain.data) - 4,
                 len = (size_t)(uint8_t)header[-2] << 8 | (uint8_t)header[-1];
    th_bytes_add(&b, plain.data, at);
    test_add_be(&b, len + 8 + 6 + 3 * 256 + 20, 4);
    th_bytes_add(&b, header, len - 4);
    add_palette(&b);
    th_bytes_add(&b, plain.data + at + len, plain.len - at - len);
    th_bytes_finish(&plain);
    return b;
}

static enum thumbs_code make(const struct th_bytes *b, struct thumbs_error *err)
{
    const struct th_image_limits limits = {.sandboxed = true};
    const struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    struct th_image_result result;
    struct th_sink sink;
    th_sink_init_heap(&sink);
    const enum thumbs_code code =
        th_image_make((const uint8_t *)b->data, b->len, &o, &limits, &sink, &result, err);
    th_sink_finish_heap(&sink);
    return code;
}

/* OpenJPEG would write three samples for each into room for one. */
Test(jp2k, a_palette_is_refused_before_it_is_opened)
{
    struct thumbs_error err = {0};
    struct th_bytes plain = test_read_sample("jp2k/tiled-grey.jp2"),
                    b = with_palette("jp2k/tiled-grey.jp2");
    const enum thumbs_code readable = make(&plain, &err);
    cr_expect(readable == THUMBS_OK || readable == THUMBS_UNSUPPORTED, "%s", err.message);
    cr_expect_eq(make(&b, &err), THUMBS_UNSUPPORTED);
    cr_expect(strstr(err.message, "palette"), "%s", err.message);
    th_bytes_finish(&plain);
    th_bytes_finish(&b);
}

Test(jp2k, a_palette_is_found_in_the_header_alone)
{
    struct th_bytes plain = test_read_sample("jp2k/lossy.jp2"),
                    b = with_palette("jp2k/tiled-grey.jp2");
    cr_expect_not(th_jp2k_has_palette((struct th_view){(uint8_t *)plain.data, plain.len}));
    cr_expect(th_jp2k_has_palette((struct th_view){(uint8_t *)b.data, b.len}));
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, b.data, len);
        (void)th_jp2k_has_palette((struct th_view){exact, len});
        free(exact);
    }
    /* A box of that name elsewhere means nothing. */
    add_palette(&plain);
    cr_expect_not(th_jp2k_has_palette((struct th_view){(uint8_t *)plain.data, plain.len}));
    th_bytes_finish(&plain);
    th_bytes_finish(&b);
}

/* SPDX-License-Identifier: MIT */
/* --linear: a pattern of black and white pixels keeps its light, in every format and on every way.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/bytes.h"
#include "image/image.h"
#include "support/picture.h"
#include "support/read_png.h"

#define SIDE 64

/* Half of the light of white is sample 188 of sRGB; half of the samples is 128. */
enum { HALF_THE_LIGHT = 188, HALF_THE_SAMPLES = 128 };

static void add_be(struct th_bytes *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        th_bytes_addc(b, (char)(v >> shift));
}

static void add_chunk(struct th_bytes *b, const char *name, const void *body, size_t len)
{
    uLong crc = crc32(0, (const Bytef *)name, 4);
    if (len) crc = crc32(crc, body, (uInt)len);
    add_be(b, (uint32_t)len);
    th_bytes_adds(b, name);
    if (len) th_bytes_add(b, body, len);
    add_be(b, (uint32_t)crc);
}

/* White and black by turns; with alpha the black is transparent. */
static void make_board(struct th_bytes *b, bool alpha)
{
    const uint8_t header[] = {0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, alpha ? 4 : 0, 0, 0, 0};
    static uint8_t rows[SIDE * (1 + 2 * SIDE)], packed[20000];
    uLongf len = sizeof packed;
    size_t n = 0;
    for (unsigned y = 0; y < SIDE; y++) {
        rows[n++] = 0;
        for (unsigned x = 0; x < SIDE; x++)
            for (unsigned i = 0; i < (alpha ? 2u : 1u); i++)
                rows[n++] = (x + y) % 2 ? 0 : 255;
    }
    cr_assert_eq(compress(packed, &len, rows, n), Z_OK);
    th_bytes_add(b, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(b, "IHDR", header, sizeof header);
    add_chunk(b, "IDAT", packed, len);
    add_chunk(b, "IEND", NULL, 0);
}

/* False: no such output in this build. */
static bool make(const uint8_t *data, size_t len, uint32_t side, enum thumbs_format format,
                 bool linear, struct th_sink *sink)
{
    struct thumbs_image_options o = test_picture_options(side, format);
    static struct th_image_result result;
    struct thumbs_error err = {0};
    o.linear = linear;
    o.quality = 100;
    if (!thumbs_format_is_output(format)) return false;
    th_sink_init_heap(sink);
    const enum thumbs_code code = th_image_make(data, len, &o, NULL, sink, &result, &err);
    cr_assert_eq(code, THUMBS_OK, "%s", err.message);
    return true;
}

static void expect_grey(const char *what, const uint8_t *data, size_t len, uint32_t side,
                        bool linear, int want)
{
    struct th_sink sink;
    struct th_pixels p;
    make(data, len, side, THUMBS_FORMAT_PNG, linear, &sink);
    cr_assert(test_read_png(sink.data, sink.len, &p));
    for (uint32_t i = 0; i < 9; i++) {
        const uint8_t *got = test_pixel(&p, 0.25 + 0.25 * (i % 3), 0.25 + 0.25 * (i / 3));
        cr_expect_leq(abs(got[0] - want), 4, "%s to %u, %s: %u and not %d", what, side,
                      linear ? "light" : "samples", got[0], want);
    }
    th_pixels_finish(&p);
    th_sink_finish_heap(&sink);
}

/* To half and less, as a whole factor and not. */
static void expect_board(const char *what, const uint8_t *data, size_t len)
{
    static const uint32_t sides[] = {32, 21, 16, 5};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        expect_grey(what, data, len, sides[i], true, HALF_THE_LIGHT);
        expect_grey(what, data, len, sides[i], false, HALF_THE_SAMPLES);
    }
}

Test(linear, light_of_a_pattern_in_every_format)
{
    static const enum thumbs_format formats[] = {THUMBS_FORMAT_PNG, THUMBS_FORMAT_JPEG,
                                                 THUMBS_FORMAT_WEBP, THUMBS_FORMAT_GIF,
                                                 THUMBS_FORMAT_AVIF};
    struct th_bytes board = {0};
    make_board(&board, false);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct th_sink sink;
        if (!make((const uint8_t *)board.data, board.len, SIDE, formats[i], false, &sink)) continue;
        expect_board(thumbs_format_name(formats[i]), sink.data, sink.len);
        th_sink_finish_heap(&sink);
    }
    th_bytes_finish(&board);
}

/* Alpha is no light: half of it is half. Colours under it are weighted by it. */
Test(linear, alpha_stays_as_it_is)
{
    struct th_bytes board = {0};
    struct th_sink sink;
    struct th_pixels p;
    make_board(&board, true);
    for (uint32_t side = 5; side <= 40; side += 7) {
        make((const uint8_t *)board.data, board.len, side, THUMBS_FORMAT_PNG, true, &sink);
        cr_assert(test_read_png(sink.data, sink.len, &p));
        const uint8_t *got = test_pixel(&p, 0.5, 0.5);
        cr_expect_geq(got[0], 254, "%u to %u", got[0], side);
        cr_expect_leq(abs(got[3] - 128), 5, "alpha %u to %u", got[3], side);
        th_pixels_finish(&p);
        th_sink_finish_heap(&sink);
    }
    th_bytes_finish(&board);
}

/* What is not reduced is not changed. */
Test(linear, same_size_same_samples)
{
    struct th_bytes board = {0};
    struct th_sink sink;
    struct th_pixels p;
    make_board(&board, false);
    make((const uint8_t *)board.data, board.len, SIDE, THUMBS_FORMAT_PNG, true, &sink);
    cr_assert(test_read_png(sink.data, sink.len, &p));
    for (uint32_t i = 0; i < SIDE; i++)
        cr_expect_eq(p.data[(size_t)i * p.bands], i % 2 ? 0 : 255);
    th_pixels_finish(&p);
    th_sink_finish_heap(&sink);
    th_bytes_finish(&board);
}

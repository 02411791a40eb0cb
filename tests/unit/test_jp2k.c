/* SPDX-License-Identifier: MIT */
/* JPEG 2000 that libvips must not open. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/vips/jp2k_palette.h"
#include "image/vips/jp2k_samples.h"
#include "support/file_bytes.h"
#include "support/sandboxed.h"

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

/* What becomes of it at full size, if `out` is not NULL. */
static enum thumbs_code make_pixels(const struct th_bytes *b, struct th_pixels *out,
                                    struct thumbs_error *err)
{
    return test_make_sandboxed(b, 256, out, err);
}

static enum thumbs_code make(const struct th_bytes *b, struct thumbs_error *err)
{
    return make_pixels(b, NULL, err);
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

/* ---- samples that libvips takes for others ---- */

/* Where the segment SIZ begins, the box before the code, and the colours. */
struct places {
    uint8_t *code, *box, *colours;
};

static struct places find_places(struct th_bytes *b)
{
    const struct places p = {.code = memmem(b->data, b->len, "\xff\x4f\xff\x51", 4),
                             .box = memmem(b->data, b->len, "ihdr", 4),
                             .colours = memmem(b->data, b->len, "colr", 4)};
    cr_assert(p.code && p.box && p.colours);
    return p;
}

static unsigned n_samples(const struct places *p)
{
    return (unsigned)th_number(p->code + 40, 2, true);
}

static void double_number(uint8_t *at)
{
    th_number_put(at, 2 * th_number(at, 4, true), 4, true);
}

static const char *const samples[] = {"jp2k/tiled-grey.jp2", "jp2k/lossy.jp2",
                                      "jp2k/lossless-alpha.jp2"};

typedef void change_fn(struct places *p);

/* The same samples, said to have a sign. */
static void give_signs(struct places *p)
{
    for (unsigned i = 0; i < n_samples(p); i++)
        p->code[42 + 3 * i] |= 0x80;
}

/* The same samples, each for two columns and rows of the grid. */
static void spread(struct places *p)
{
    for (unsigned i = 0; i < 8; i++)
        double_number(p->code + 8 + 4 * i);
    for (unsigned i = 0; i < n_samples(p); i++)
        memset(p->code + 43 + 3 * i, 2, 2);
    double_number(p->box + 4);
    double_number(p->box + 8);
}

static void expect_the_same(change_fn *change)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct th_bytes plain = test_read_sample(samples[i]), b = test_read_sample(samples[i]);
        struct thumbs_error err = {0};
        struct th_pixels expected, got;
        struct places p = find_places(&b);
        change(&p);
        if (make_pixels(&plain, &expected, &err) != THUMBS_OK) cr_skip_test("no JPEG 2000 here");
        cr_assert_eq(make_pixels(&b, &got, &err), THUMBS_OK, "%s: %s", samples[i], err.message);
        cr_assert(got.width == expected.width && got.height == expected.height &&
                  got.bands == expected.bands);
        const size_t len = (size_t)got.width * got.height * got.bands;
        cr_expect_arr_eq(got.data, expected.data, len, "%s", samples[i]);
        th_pixels_finish(&expected);
        th_pixels_finish(&got);
        th_bytes_finish(&plain);
        th_bytes_finish(&b);
    }
}

Test(jp2k, samples_with_a_sign)
{
    expect_the_same(give_signs);
}

Test(jp2k, samples_coarser_than_the_grid)
{
    expect_the_same(spread);
}

/* White of 7 bits is 127, which libvips makes 254. Lossless samples are clipped there. */
Test(jp2k, white_of_few_bits)
{
    struct th_bytes b = test_read_sample("jp2k/lossless-alpha.jp2");
    struct thumbs_error err = {0};
    struct th_pixels got;
    struct places p = find_places(&b);
    uint8_t most = 0;
    for (unsigned i = 0; i < n_samples(&p); i++)
        p.code[42 + 3 * i] = 6;
    if (make_pixels(&b, &got, &err) != THUMBS_OK) cr_skip_test("no JPEG 2000 here");
    for (size_t i = 0; i < (size_t)got.width * got.height * got.bands; i++)
        if (got.data[i] > most) most = got.data[i];
    cr_expect_eq(most, 255);
    th_pixels_finish(&got);
    th_bytes_finish(&b);
}

static int within(double v)
{
    return v < 0 ? 0 : v > 255 ? 255 : (int)(v + 0.5);
}

/* The same numbers, said to be Y'CbCr. */
Test(jp2k, sycc_is_converted)
{
    struct th_bytes plain = test_read_sample("jp2k/lossy.jp2"),
                    b = test_read_sample("jp2k/lossy.jp2");
    struct thumbs_error err = {0};
    struct th_pixels from, got;
    find_places(&b).colours[4 + 3 + 3] = 18;
    if (make_pixels(&plain, &from, &err) != THUMBS_OK) cr_skip_test("no JPEG 2000 here");
    cr_assert_eq(make_pixels(&b, &got, &err), THUMBS_OK, "%s", err.message);
    for (size_t i = 0; i < (size_t)got.width * got.height; i++) {
        const uint8_t *v = from.data + from.bands * i, *rgb = got.data + got.bands * i;
        const int expected[3] = {within(v[0] + 1.402 * (v[2] - 128)),
                                 within(v[0] - 0.344 * (v[1] - 128) - 0.714 * (v[2] - 128)),
                                 within(v[0] + 1.772 * (v[1] - 128))};
        for (unsigned k = 0; k < 3; k++)
            cr_assert_leq(abs(rgb[k] - expected[k]), 1, "pixel %zu", i);
    }
    th_pixels_finish(&from);
    th_pixels_finish(&got);
    th_bytes_finish(&plain);
    th_bytes_finish(&b);
}

static void start_elsewhere(struct places *p)
{
    p->code[19] = 1;
}

static void give_24_bits(struct places *p)
{
    p->code[42] = 23;
}

static void spread_one(struct places *p)
{
    p->code[43] = 2;
}

static void say_romm(struct places *p)
{
    p->colours[4 + 3 + 3] = 21;
}

/* Never shown as what they are not. */
Test(jp2k, what_libvips_cannot_read_is_refused)
{
    static change_fn *const changes[] = {start_elsewhere, give_24_bits, spread_one, say_romm};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct th_bytes b = test_read_sample("jp2k/lossy.jp2");
        struct thumbs_error err = {0};
        struct places p = find_places(&b);
        changes[i](&p);
        cr_expect_eq(make(&b, &err), THUMBS_UNSUPPORTED, "change %zu: %s", i, err.message);
        th_bytes_finish(&b);
    }
}

/* Headers cut off anywhere, and any byte of them changed: nothing is read or written beyond. Run
 * under AddressSanitizer by the suite. */
Test(jp2k, hostile_headers)
{
    struct th_bytes whole = test_read_sample("jp2k/tiled-grey.jp2");
    enum { HEADER = 160 };
    for (size_t len = 0; len < HEADER; len++)
        for (unsigned value = 0; value < 256; value += len % 3 ? 255 : 51) {
            uint8_t *exact = malloc(len + 1);
            memcpy(exact, whole.data, len + 1);
            exact[len * 7 % (len + 1)] = (uint8_t)value;
            const struct th_view file = {exact, len + 1};
            (void)th_jp2k_bits(file);
            (void)th_jp2k_model(file);
            if (!th_jp2k_is_plain(file)) (void)th_jp2k_make_plain(exact, len + 1);
            free(exact);
        }
    th_bytes_finish(&whole);
}

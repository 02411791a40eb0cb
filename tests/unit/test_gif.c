/* SPDX-License-Identifier: MIT */
/* The first frame of a GIF as a browser shows it. Files are made here, their codes not compressed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "image/gif/gif_frame.h"
#include "image/image.h"
#include "image/vips/vips_load.h"
#include "support/picture.h"
#include "support/read_png.h"

#define BITS 7 /* of a colour; codes have one more */

static void add_le(struct th_bytes *b, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        th_bytes_addc(b, (char)(v >> 8 * i));
}

struct frame {
    uint32_t x, y, width, height;
    int transparent; /* -1: nothing is */
    bool interlaced, local;
};

/* Colour i is i * 2, and red alone where the palette is local. */
static void add_palette(struct th_bytes *b, bool local)
{
    for (int i = 0; i < 1 << BITS; i++) {
        th_bytes_addc(b, (char)(i * 2));
        th_bytes_addc(b, (char)(local ? 0 : i * 2));
        th_bytes_addc(b, (char)(local ? 0 : i * 2));
    }
}

static void begin(struct th_bytes *b, uint32_t width, uint32_t height)
{
    th_bytes_adds(b, "GIF89a");
    add_le(b, width, 2);
    add_le(b, height, 2);
    add_le(b, 0x80 | (BITS - 1), 3);
    add_palette(b, false);
}

/* Codes of 8 bits are bytes; a clear code before the table has grown keeps them so. */
static void add_codes(struct th_bytes *b, const uint8_t *pixels, size_t n)
{
    enum { CLEAR = 1 << BITS, PIECE = 100 };
    for (size_t at = 0; at < n; at += PIECE) {
        const size_t here = n - at < PIECE ? n - at : PIECE;
        th_bytes_addc(b, (char)(here + 1));
        th_bytes_addc(b, (char)CLEAR);
        th_bytes_add(b, pixels + at, here);
    }
    add_le(b, (CLEAR + 1) << 8 | 1, 2);
    th_bytes_addc(b, 0);
}

/* Colour of row y: y * 100 / height. Stored in the order of the passes. */
static void add_frame(struct th_bytes *b, const struct frame *f)
{
    static const uint32_t firsts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    uint8_t *pixels = malloc((size_t)f->width * f->height + 1), *to = pixels;
    for (int pass = 0; pass < (f->interlaced ? 4 : 1); pass++)
        for (uint32_t y = f->interlaced ? firsts[pass] : 0; y < f->height;
             y += f->interlaced ? steps[pass] : 1) {
            memset(to, (int)(y * 100 / f->height), f->width);
            to += f->width;
        }
    if (f->transparent >= 0) {
        th_bytes_add(b, "\x21\xf9\x04\x01\0\0", 6);
        th_bytes_addc(b, (char)f->transparent);
        th_bytes_addc(b, 0);
    }
    add_le(b, 0x2C, 1);
    add_le(b, f->x, 2);
    add_le(b, f->y, 2);
    add_le(b, f->width, 2);
    add_le(b, f->height, 2);
    add_le(b, (f->interlaced ? 0x40u : 0) | (f->local ? 0x80u | (BITS - 1) : 0), 1);
    if (f->local) add_palette(b, true);
    th_bytes_addc(b, BITS);
    add_codes(b, pixels, (size_t)(to - pixels));
    free(pixels);
}

static struct th_bytes gif(uint32_t width, uint32_t height, const struct frame *f)
{
    struct th_bytes b = {0};
    begin(&b, width, height);
    add_frame(&b, f);
    th_bytes_addc(&b, 0x3B);
    return b;
}

struct made {
    struct th_sink sink;
    struct th_image_result result;
    struct thumbs_error err;
    enum thumbs_code code;
};

static struct made make(const void *data, size_t len, uint32_t side)
{
    struct made m = {0};
    struct thumbs_image_options o = test_picture_options(side, THUMBS_FORMAT_PNG);
    th_sink_init_heap(&m.sink);
    m.code = th_image_make(data, len, &o, NULL, &m.sink, &m.result, &m.err);
    return m;
}

static struct th_pixels picture(struct th_bytes *b, uint32_t side)
{
    struct made m = make(b->data, b->len, side);
    struct th_pixels p;
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_assert(test_read_png(m.sink.data, m.sink.len, &p));
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(b);
    return p;
}

static void expect(const struct th_pixels *p, double x, double y, int red, int green, int alpha)
{
    const uint8_t *c = test_pixel(p, x, y);
    cr_expect(abs(c[0] - red) <= 4 && abs(c[1] - green) <= 4 && c[3] == alpha,
              "at %g, %g: %d %d %d/%d", x, y, c[0], c[1], c[2], c[3]);
}

Test(gif, what_the_first_frame_leaves_open_is_transparent)
{
    static const uint32_t sides[] = {50, 200};
    const struct frame f = {.x = 100, .y = 100, .width = 60, .height = 60, .transparent = -1};
    for (int i = 0; i < 2; i++) {
        struct th_bytes b = gif(200, 200, &f);
        struct th_pixels p = picture(&b, sides[i]);
        expect(&p, 0.1, 0.1, 0, 0, 0);
        expect(&p, 0.9, 0.9, 0, 0, 0);
        expect(&p, 0.65, 0.65, 100, 100, 255);
        th_pixels_finish(&p);
    }
}

/* As in browsers. */
Test(gif, the_canvas_grows_with_the_first_frame)
{
    const struct frame f = {.x = 10, .width = 90, .height = 50, .transparent = -1};
    struct th_bytes b = gif(1, 1, &f);
    struct th_pixels p = picture(&b, 100);
    cr_expect_eq(p.width, 100);
    cr_expect_eq(p.height, 50);
    expect(&p, 0.05, 0.5, 0, 0, 0);
    expect(&p, 0.5, 0.5, 100, 100, 255);
    th_pixels_finish(&p);
}

Test(gif, interlaced_lines_come_in_order)
{
    const struct frame f = {.width = 64, .height = 77, .transparent = -1, .interlaced = true};
    struct th_bytes b = gif(64, 77, &f);
    struct th_pixels p = picture(&b, 77);
    for (uint32_t y = 0; y < 77; y++)
        cr_expect_eq(p.data[(size_t)y * 64 * 4], y * 100 / 77 * 2, "line %u", y);
    th_pixels_finish(&p);
}

Test(gif, a_palette_of_its_own_and_a_transparent_colour)
{
    const struct frame f = {.width = 100, .height = 100, .transparent = 75, .local = true};
    struct th_bytes b = gif(100, 100, &f);
    struct th_pixels p = picture(&b, 100);
    expect(&p, 0.5, 0.505, 100, 0, 255);
    expect(&p, 0.5, 0.755, 0, 0, 0);
    th_pixels_finish(&p);
}

Test(gif, only_the_first_frame_counts)
{
    const struct frame first = {.width = 50, .height = 50, .transparent = -1};
    const struct frame second = {.width = 50, .height = 50, .transparent = -1, .local = true};
    struct th_bytes b = {0};
    begin(&b, 50, 50);
    add_frame(&b, &first);
    add_frame(&b, &second);
    struct th_pixels p = picture(&b, 50);
    expect(&p, 0.5, 0.5, 100, 100, 255);
    th_pixels_finish(&p);
}

Test(gif, a_cut_file_gives_its_lines_and_is_transparent_below)
{
    const struct frame f = {.width = 100, .height = 100, .transparent = -1};
    struct th_bytes b = gif(100, 100, &f);
    b.len -= 5000;
    struct made m = make(b.data, b.len, 100);
    struct th_pixels p;
    cr_assert(m.code == THUMBS_OK && test_read_png(m.sink.data, m.sink.len, &p), "%s",
              m.err.message);
    cr_expect(m.result.damaged);
    expect(&p, 0.5, 0.2, 40, 40, 255);
    expect(&p, 0.5, 0.9, 0, 0, 0);
    th_pixels_finish(&p);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

/* The coarse passes stand for the lines that are missing. */
Test(gif, a_cut_interlaced_file_is_whole_but_coarse)
{
    const struct frame f = {.width = 96, .height = 96, .transparent = -1, .interlaced = true};
    struct th_bytes b = gif(96, 96, &f);
    b.len -= b.len / 2;
    struct th_pixels p = picture(&b, 96);
    for (int i = 0; i < 10; i++) {
        double y = 0.05 + 0.09 * i;
        const uint8_t *c = test_pixel(&p, 0.5, y);
        cr_expect(c[3] == 255 && abs(c[0] - (int)(200 * y)) <= 20, "at %g: %d/%d", y, c[0], c[3]);
    }
    th_pixels_finish(&p);
}

/* Where not even the first pass came there is nothing: lines 0, 8, ... of the upper half do here.
 */
Test(gif, an_interlaced_file_cut_in_its_first_pass_ends_where_that_does)
{
    const struct frame f = {.width = 96, .height = 96, .transparent = -1, .interlaced = true};
    struct th_bytes b = gif(96, 96, &f);
    const size_t head = 13 + 3 * (1 << BITS) + 11, code_bytes_a_row = 98;
    b.len = head + 6 * code_bytes_a_row;
    struct made m = make(b.data, b.len, 96);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_expect(m.result.damaged);
    struct th_pixels p;
    cr_assert(test_read_png(m.sink.data, m.sink.len, &p));
    for (uint32_t y = 0; y < 96; y++) {
        const uint8_t *c = p.data + ((size_t)y * 96 + 50) * 4;
        const int grey = (int)(y / 8 * 8 * 100 / 96 * 2);
        cr_expect(y < 48 ? c[0] == grey && c[3] == 255 : c[3] == 0, "row %u: %d/%d", y, c[0], c[3]);
    }
    th_pixels_finish(&p);
    th_sink_finish_heap(&m.sink);
    th_bytes_finish(&b);
}

static uint32_t count_lines(struct th_gif *g)
{
    enum th_gif_code code;
    uint32_t n = 0;
    while (th_gif_line(g, &code))
        n++;
    cr_expect_eq(code, TH_GIF_OK);
    return n;
}

Test(gif, lines_of_an_interlaced_frame_are_not_those_of_the_one_before)
{
    const struct frame f = {.width = 40, .height = 40, .transparent = -1, .interlaced = true};
    struct th_bytes b = {0};
    struct th_gif *g = NULL;
    begin(&b, 40, 40);
    add_frame(&b, &f);
    const size_t head = 11, second = b.len;
    add_frame(&b, &f);
    cr_assert_eq(th_gif_open((const uint8_t *)b.data, second + head + 20, NULL, NULL, &g),
                 TH_GIF_OK);
    cr_expect_eq(count_lines(g), 40u);
    cr_assert_eq(th_gif_next(g), TH_GIF_OK);
    cr_expect_eq(count_lines(g), 0u, "the file ends in the first of them");
    cr_expect(th_gif_damage(g));
    th_gif_close(g);
    th_bytes_finish(&b);
}

Test(gif, a_file_without_its_last_bytes_is_whole)
{
    const struct frame f = {.width = 30, .height = 30, .transparent = -1};
    struct th_bytes b = gif(30, 30, &f);
    for (size_t cut = 1; cut <= 2; cut++) {
        struct made m = make(b.data, b.len - cut, 30);
        cr_expect(m.code == THUMBS_OK && !m.result.damaged, "%zu bytes less", cut);
        th_sink_finish_heap(&m.sink);
    }
    th_bytes_finish(&b);
}

Test(gif, any_length_ends_in_order)
{
    const struct frame f = {.width = 40, .height = 40, .transparent = 3, .interlaced = true};
    struct th_bytes b = gif(50, 50, &f);
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, b.data, len);
        struct made m = make(exact, len, 20);
        cr_expect(m.code == THUMBS_OK || m.code == THUMBS_CORRUPT || m.code == THUMBS_NOT_IMAGE,
                  "%zu: %s", len, m.err.message);
        th_sink_finish_heap(&m.sink);
        free(exact);
    }
    th_bytes_finish(&b);
}

Test(gif, a_frame_without_pixels_is_refused)
{
    for (int i = 0; i < 3; i++) {
        const struct frame f = {
            .width = i & 1 ? 20 : 0, .height = i & 2 ? 20 : 0, .transparent = -1};
        struct th_bytes b = gif(20, 20, &f);
        struct made m = make(b.data, b.len, 20);
        cr_expect_eq(m.code, THUMBS_CORRUPT);
        cr_expect(strstr(m.err.message, "no pixels"), "%s", m.err.message);
        th_sink_finish_heap(&m.sink);
        th_bytes_finish(&b);
    }
}

Test(gif, reading_does_not_load_libvips)
{
    const struct frame f = {.width = 40, .height = 40, .transparent = -1};
    struct th_bytes b = gif(40, 40, &f);
    struct th_pixels p = picture(&b, 20);
    cr_expect_null(th_vips_if_loaded());
    th_pixels_finish(&p);
}

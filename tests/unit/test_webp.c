/* SPDX-License-Identifier: MIT */
/* WebP by itself: containers, frames on a canvas, alpha, files that end early, what is written. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "image/encode.h"
#include "image/image.h"
#include "image/vips/vips_load.h"
#include "image/webp/webp_size.h"
#include "support/file_bytes.h"
#include "support/picture.h"
#include "support/read_png.h"

static void add_le(struct th_bytes *b, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        th_bytes_addc(b, (char)(v >> 8 * i));
}

/* A chunk of the file, or one in another. */
static void add_chunk(struct th_bytes *b, const char *name, const void *body, size_t n)
{
    th_bytes_add(b, name, 4);
    add_le(b, n, 4);
    th_bytes_add(b, body, n);
    if (n & 1) th_bytes_addc(b, 0);
}

static void begin(struct th_bytes *b, uint32_t width, uint32_t height, unsigned flags)
{
    struct th_bytes x = {0};
    th_bytes_add(b, "RIFF\0\0\0\0WEBP", 12);
    add_le(&x, flags, 4);
    add_le(&x, width - 1, 3);
    add_le(&x, height - 1, 3);
    add_chunk(b, "VP8X", x.data, x.len);
    th_bytes_finish(&x);
}

static void end(struct th_bytes *b)
{
    for (int i = 0; i < 4; i++)
        b->data[4 + i] = (char)((b->len - 8) >> 8 * i);
}

static struct th_sink encoded(const struct th_pixels *p)
{
    struct th_sink sink;
    struct thumbs_error err = {0};
    th_sink_init_heap(&sink);
    cr_assert_eq(th_encode_webp(p, &(struct th_encode_how){.quality = 90}, &sink, &err), THUMBS_OK,
                 "%s", err.message);
    return sink;
}

static struct th_pixels plain(uint32_t width, uint32_t height, uint32_t bands, uint8_t value)
{
    struct th_pixels p = {0};
    cr_assert(th_pixels_init(&p, width, height, bands));
    memset(p.data, value, (size_t)width * height * bands);
    return p;
}

/* An animation of two frames, the first of plain grey at x, y. */
static struct th_bytes animation(uint32_t width, uint32_t height, uint32_t x, uint32_t y,
                                 uint32_t side)
{
    struct th_pixels p = plain(side, side, 3, 100);
    struct th_sink frame = encoded(&p);
    struct th_bytes b = {0};
    begin(&b, width, height, 2);
    add_chunk(&b, "ANIM", "\xff\xff\xff\xff\0\0", 6);
    for (int i = 0; i < 2; i++) {
        struct th_bytes f = {0};
        add_le(&f, i ? 0 : x / 2, 3);
        add_le(&f, i ? 0 : y / 2, 3);
        add_le(&f, side - 1, 3);
        add_le(&f, side - 1, 3);
        add_le(&f, 100, 4);
        th_bytes_add(&f, frame.data + 12, frame.len - 12);
        add_chunk(&b, "ANMF", f.data, f.len);
        th_bytes_finish(&f);
    }
    end(&b);
    th_sink_finish_heap(&frame);
    th_pixels_finish(&p);
    return b;
}

struct made {
    struct th_sink sink;
    struct th_image_result result;
    struct thumbs_error err;
    enum thumbs_code code;
};

static struct made make(const void *data, size_t len, uint32_t side, enum thumbs_format format)
{
    struct made m = {0};
    struct thumbs_image_options o = test_picture_options(side, format);
    th_sink_init_heap(&m.sink);
    m.code = th_image_make(data, len, &o, NULL, &m.sink, &m.result, &m.err);
    return m;
}

static void finish(struct made *m)
{
    th_sink_finish_heap(&m->sink);
}

static struct th_pixels pixels_of(const struct made *m)
{
    struct th_pixels p;
    cr_assert_eq(m->code, THUMBS_OK, "%s", m->err.message);
    cr_assert(test_read_png(m->sink.data, m->sink.len, &p));
    return p;
}

Test(webp, a_frame_at_an_offset_stays_there_at_every_size)
{
    static const uint32_t sides[] = {16, 64, 100, 400};
    struct th_bytes b = animation(400, 400, 200, 200, 200);
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        struct made m = make(b.data, b.len, sides[i], THUMBS_FORMAT_PNG);
        struct th_pixels p = pixels_of(&m);
        cr_expect_eq(m.result.width, 400);
        cr_expect_eq(test_pixel(&p, 0.25, 0.25)[3], 0, "nothing is there, side %u", sides[i]);
        cr_expect_eq(test_pixel(&p, 0.75, 0.25)[3], 0);
        cr_expect_eq(test_pixel(&p, 0.75, 0.75)[3], 255);
        cr_expect(abs(test_pixel(&p, 0.75, 0.75)[0] - 100) <= 2, "%d",
                  test_pixel(&p, 0.75, 0.75)[0]);
        th_pixels_finish(&p);
        finish(&m);
    }
    th_bytes_finish(&b);
}

Test(webp, a_frame_beyond_the_canvas_is_cut)
{
    static const uint32_t places[][2] = {{200, 300}, {398, 398}, {2, 2}};
    for (size_t i = 0; i < 3; i++) {
        struct th_bytes b = animation(400, 400, places[i][0], places[i][1], 399);
        struct made m = make(b.data, b.len, 400, THUMBS_FORMAT_PNG);
        struct th_pixels p = pixels_of(&m);
        cr_expect_eq(p.width, 400);
        cr_expect_eq(p.height, 400);
        cr_expect_eq(test_pixel(&p, 0, 0)[3], 0);
        cr_expect_eq(test_pixel(&p, 0.999, 0.999)[3], 255);
        th_pixels_finish(&p);
        finish(&m);
        th_bytes_finish(&b);
    }
    struct th_bytes b = animation(400, 400, 4000, 10, 20);
    struct made m = make(b.data, b.len, 100, THUMBS_FORMAT_PNG);
    struct th_pixels p = pixels_of(&m);
    cr_expect_eq(test_pixel(&p, 0.5, 0.5)[3], 0);
    th_pixels_finish(&p);
    finish(&m);
    th_bytes_finish(&b);
}

/* What cannot be seen does not colour what can: red behind alpha 0 beside opaque blue. */
Test(webp, hidden_colours_stay_hidden)
{
    struct th_pixels p = plain(512, 512, 4, 0);
    for (size_t i = 0; i < (size_t)512 * 512; i++) {
        bool seen = i / 8 % 2;
        p.data[4 * i + (seen ? 2 : 0)] = 255;
        p.data[4 * i + 3] = seen ? 255 : 0;
    }
    struct th_sink source = encoded(&p);
    struct made m = make(source.data, source.len, 64, THUMBS_FORMAT_PNG);
    struct th_pixels out = pixels_of(&m);
    cr_expect_leq(test_pixel(&out, 0.5, 0.5)[0], 60, "red: %d", test_pixel(&out, 0.5, 0.5)[0]);
    cr_expect_geq(test_pixel(&out, 0.5, 0.5)[2], 180);
    th_pixels_finish(&out);
    finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(webp, exif_is_found_with_and_without_its_name)
{
    static const char tiff[] = "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0";
    struct th_pixels p = plain(300, 100, 3, 80);
    struct th_sink frame = encoded(&p);
    for (size_t skip = 0; skip <= 6; skip += 6) {
        struct th_bytes b = {0};
        begin(&b, 300, 100, 8);
        th_bytes_add(&b, frame.data + 12, frame.len - 12);
        add_chunk(&b, "EXIF", tiff + skip, sizeof tiff - 1 - skip);
        end(&b);
        struct made m = make(b.data, b.len, 50, THUMBS_FORMAT_PNG);
        cr_expect_eq(m.code, THUMBS_OK);
        cr_expect_eq(m.result.width, 100, "it lies on its side");
        finish(&m);
        th_bytes_finish(&b);
    }
    th_sink_finish_heap(&frame);
    th_pixels_finish(&p);
}

/* The more there is of a file, the more comes of it; nothing makes it crash. */
Test(webp, files_that_end_early_give_what_came)
{
    struct th_pixels p = plain(320, 320, 3, 0);
    uint32_t random = 1, n_whole = 0, n_damaged = 0;
    for (size_t i = 0; i < (size_t)320 * 320 * 3; i++) {
        random = random * 1664525 + 1013904223;
        p.data[i] = (uint8_t)(random >> 24);
    }
    struct th_sink source = encoded(&p);
    for (size_t len = 0; len <= source.len; len += len < 64 ? 1 : source.len / 40) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, source.data, len);
        struct made m = make(exact, len, 64, THUMBS_FORMAT_JPEG);
        if (m.code == THUMBS_OK) m.result.damaged ? n_damaged++ : n_whole++;
        cr_expect(m.code == THUMBS_OK || m.code == THUMBS_CORRUPT || m.code == THUMBS_NOT_IMAGE,
                  "%s", m.err.message);
        finish(&m);
        free(exact);
    }
    cr_expect_geq(n_damaged, 30);
    cr_expect_leq(n_whole, 1);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(webp, chunks_are_walked_in_bounds)
{
    struct th_bytes b = animation(64, 64, 0, 0, 32);
    struct th_webp w;
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, b.data, len);
        if (th_webp_parse((struct th_view){exact, len}, &w)) {
            cr_expect_eq(w.width, 64);
            cr_expect_leq(w.pixels.data + w.pixels.len, exact + len);
        }
        free(exact);
    }
    uint8_t *data = (uint8_t *)b.data;
    for (size_t i = 12; i < b.len; i++) {
        const uint8_t was = data[i];
        data[i] = 0xFF;
        if (th_webp_parse((struct th_view){data, b.len}, &w))
            cr_expect_leq(w.pixels.data + w.pixels.len, data + b.len);
        data[i] = was;
    }
    th_bytes_finish(&b);
}

/* A file is no longer than it must be: no EXIF, and no chunk VP8X without alpha. */
/* What flags say of chunks is believed of none: those that are there count. */
Test(webp, flags_that_lie)
{
    static const char *const names[] = {"webp/lossy-alpha.webp", "webp/lossless-alpha.webp",
                                        "icc/display-p3.webp", "orientation/orientation-6.webp"};
    static const uint8_t flags[] = {0, 0x08 | 0x10 | 0x20, 0x04, 0xC1};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct th_bytes file = test_read_sample(names[i]);
        struct made want = make(file.data, file.len, 60, THUMBS_FORMAT_PNG);
        cr_assert_eq(want.code, THUMBS_OK, "%s", want.err.message);
        if (memcmp(file.data + 12, "VP8X", 4) != 0) { /* simple: gets such a chunk */
            struct th_bytes b = {0};
            begin(&b, want.result.width, want.result.height, 0);
            th_bytes_add(&b, file.data + 12, file.len - 12);
            end(&b);
            th_bytes_finish(&file);
            file = b;
        }
        for (size_t k = 0; k < sizeof flags; k++) {
            file.data[20] = (char)flags[k];
            struct made got = make(file.data, file.len, 60, THUMBS_FORMAT_PNG);
            cr_assert_eq(got.code, THUMBS_OK, "%s, %#x: %s", names[i], flags[k], got.err.message);
            cr_expect(got.sink.len == want.sink.len &&
                          !memcmp(got.sink.data, want.sink.data, want.sink.len),
                      "%s, flags %#x", names[i], flags[k]);
            finish(&got);
        }
        finish(&want);
        th_bytes_finish(&file);
    }
}

Test(webp, outputs_have_no_chunk_they_do_not_need)
{
    for (uint32_t bands = 1; bands <= 4; bands++) {
        struct th_pixels p = plain(40, 30, bands, 128);
        struct th_sink sink = encoded(&p);
        const bool alpha = bands % 2 == 0;
        cr_expect_eq(memcmp(sink.data + 12, alpha ? "VP8X" : "VP8 ", 4), 0, "%u bands", bands);
        cr_expect_eq(sink.len % 2, 0);
        cr_expect_null(memmem(sink.data, sink.len, "EXIF", 4));
        struct made m = make(sink.data, sink.len, 40, THUMBS_FORMAT_PNG);
        struct th_pixels out = pixels_of(&m);
        cr_expect(abs(test_pixel(&out, 0.5, 0.5)[0] - 128) <= 2);
        if (alpha) cr_expect_eq(test_pixel(&out, 0.5, 0.5)[out.bands - 1], 128);
        th_pixels_finish(&out);
        finish(&m);
        th_sink_finish_heap(&sink);
        th_pixels_finish(&p);
    }
}

Test(webp, sides_that_webp_does_not_have_are_told)
{
    struct th_pixels p = plain(16384, 1, 3, 9);
    struct th_sink sink;
    struct thumbs_error err = {0};
    th_sink_init_heap(&sink);
    cr_expect_eq(th_encode_webp(&p, &(struct th_encode_how){.quality = 90}, &sink, &err),
                 THUMBS_INTERNAL);
    cr_expect(strstr(err.message, "16383"), "%s", err.message);
    cr_expect_eq(sink.len, 0);
    th_sink_finish_heap(&sink);
    th_pixels_finish(&p);
}

Test(webp, neither_reading_nor_writing_loads_libvips)
{
    struct th_bytes b = animation(100, 100, 10, 10, 50);
    struct made m = make(b.data, b.len, 50, THUMBS_FORMAT_WEBP);
    cr_expect_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_expect_null(th_vips_if_loaded());
    finish(&m);
    th_bytes_finish(&b);
}

/* Nobody else could be asked, so a profile that makes no sense must not cost the picture. */
Test(webp, a_broken_profile_is_passed_over)
{
    struct th_pixels p = plain(40, 30, 3, 100);
    struct th_sink picture = encoded(&p), out;
    struct th_bytes b = {0};
    struct th_image_result result;
    struct thumbs_error err = {0};
    struct thumbs_image_options o = test_picture_options(20, THUMBS_FORMAT_JPEG);
    begin(&b, 40, 30, 0x20);
    add_chunk(&b, "ICCP", "junk", 4);
    th_bytes_add(&b, picture.data + 12, picture.len - 12);
    end(&b);
    th_sink_init_heap(&out);
    cr_expect_eq(th_image_make((const uint8_t *)b.data, b.len, &o, NULL, &out, &result, &err),
                 THUMBS_OK, "%s", err.message);
    th_sink_finish_heap(&out);
    th_sink_finish_heap(&picture);
    th_bytes_finish(&b);
    th_pixels_finish(&p);
}

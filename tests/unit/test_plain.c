/* SPDX-License-Identifier: MIT */
/* Bitmaps, icons and Netpbm, made here: the same four colours in every kind. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "image/image.h"
#include "support/picture.h"
#include "support/read_png.h"

/* Red, green; blue, white: fields of 4 x 4. */
#define SIDE 8
static const uint8_t colours[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};

static unsigned field(uint32_t x, uint32_t y)
{
    return (x >= SIDE / 2) + 2u * (y >= SIDE / 2);
}

static void add_le(struct th_bytes *b, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        th_bytes_addc(b, (char)(v >> 8 * i));
}

static void make(const uint8_t *data, size_t len, enum thumbs_code want, bool damaged,
                 struct th_pixels *out)
{
    const struct thumbs_image_options o = test_picture_options(SIDE, THUMBS_FORMAT_PNG);
    static struct th_image_result result;
    struct th_sink sink;
    struct thumbs_error err = {0};
    uint8_t *exact = malloc(len + 1);
    memcpy(exact, data, len);
    th_sink_init_heap(&sink);
    const enum thumbs_code code = th_image_make(exact, len, &o, NULL, &sink, &result, &err);
    cr_expect_eq(code, want, "%s: %s", thumbs_code_name(code), err.message);
    cr_expect_eq(result.damaged, damaged, "%s", result.warning);
    *out = (struct th_pixels){0};
    if (code == THUMBS_OK) cr_assert(test_read_png(sink.data, sink.len, out));
    th_sink_finish_heap(&sink);
    free(exact);
}

/* Consumes b. alpha: of the last field. */
static void expect_fields(const char *what, struct th_bytes *b, unsigned alpha)
{
    struct th_pixels p;
    make((const uint8_t *)b->data, b->len, THUMBS_OK, false, &p);
    for (unsigned i = 0; i < 4 && p.data; i++) {
        const uint8_t *got = test_pixel(&p, i % 2 ? 0.75 : 0.25, i / 2 ? 0.75 : 0.25);
        const unsigned want_alpha = i == 3 ? alpha : 255;
        cr_expect_eq(got[3], want_alpha, "%s: field %u has alpha %u", what, i, got[3]);
        for (unsigned k = 0; k < 3 && want_alpha; k++)
            cr_expect_leq(abs(got[k] - colours[i][k]), 8, "%s: field %u is %u in %u", what, i,
                          got[k], k);
    }
    th_pixels_finish(&p);
    th_bytes_finish(b);
}

/* ---- bitmaps ---- */

static void add_info(struct th_bytes *b, uint32_t len, int32_t height, unsigned bits,
                     unsigned packing)
{
    add_le(b, len, 4);
    add_le(b, SIDE, 4);
    add_le(b, (uint32_t)height, 4);
    add_le(b, 1 | bits << 16, 4);
    add_le(b, packing, 4);
    add_le(b, 0, 8);
    add_le(b, 0, 8);
    add_le(b, bits <= 8 ? 4 : 0, 4);
}

static void add_palette(struct th_bytes *b)
{
    for (unsigned i = 0; i < 4; i++)
        add_le(b, (uint32_t)colours[i][0] << 16 | colours[i][1] << 8 | colours[i][2], 4);
}

static void add_rows(struct th_bytes *b, unsigned bits, bool top_down, unsigned alpha)
{
    for (uint32_t row = 0; row < SIDE; row++) {
        uint64_t packed = 0;
        for (uint32_t x = 0; x < SIDE; x++) {
            const unsigned f = field(x, top_down ? row : SIDE - 1 - row);
            const uint8_t *c = colours[f];
            const uint32_t rgb = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
            if (bits <= 8)
                packed |= (uint64_t)f << (SIDE - 1 - x) * bits;
            else if (bits == 16)
                add_le(b, (uint32_t)c[0] >> 3 << 10 | (uint32_t)c[1] >> 3 << 5 | c[2] >> 3, 2);
            else
                add_le(b, rgb | (bits == 32 ? (f == 3 ? alpha : 255) << 24 : 0), bits / 8);
        }
        for (unsigned i = 0; bits <= 8 && i < bits; i++)
            th_bytes_addc(b, (char)(packed >> 8 * (bits - 1 - i)));
        for (unsigned i = bits; bits < 4 && i < 4; i++) /* rows are padded to four bytes */
            th_bytes_addc(b, 0);
    }
}

static void begin_bitmap(struct th_bytes *b, unsigned pixels)
{
    th_bytes_adds(b, "BM");
    add_le(b, 0, 8);
    add_le(b, pixels, 4);
}

Test(plain, bitmaps_of_every_depth)
{
    static const unsigned depths[] = {2, 4, 8, 16, 24, 32};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        for (int top_down = 0; top_down < 2; top_down++) {
            struct th_bytes b = {0};
            begin_bitmap(&b, depths[i] <= 8 ? 70 : 54);
            add_info(&b, 40, top_down ? -SIDE : SIDE, depths[i], 0);
            if (depths[i] <= 8) add_palette(&b);
            add_rows(&b, depths[i], top_down, 0);
            expect_fields(top_down ? "top down" : "bottom up", &b, 255);
        }
}

Test(plain, bitmaps_with_masks_and_alpha)
{
    struct th_bytes b = {0};
    begin_bitmap(&b, 14 + 56);
    add_info(&b, 56, SIDE, 32, 3);
    add_le(&b, 0xFF0000, 4);
    add_le(&b, 0xFF00, 4);
    add_le(&b, 0xFF, 4);
    add_le(&b, 0xFF000000, 4);
    add_rows(&b, 32, false, 0);
    expect_fields("alpha", &b, 0);
}

Test(plain, packed_bitmaps)
{
    struct th_bytes b = {0};
    begin_bitmap(&b, 70);
    add_info(&b, 40, SIDE, 8, 1);
    add_palette(&b);
    for (uint32_t row = 0; row < SIDE; row++) {
        const unsigned first = row < SIDE / 2 ? 2 : 0; /* from the bottom */
        const uint8_t runs[] = {4,
                                (uint8_t)first,
                                0,
                                4,
                                (uint8_t)(first + 1),
                                (uint8_t)(first + 1),
                                (uint8_t)(first + 1),
                                (uint8_t)(first + 1),
                                0,
                                row == SIDE - 1};
        th_bytes_add(&b, runs, sizeof runs);
    }
    expect_fields("RLE8", &b, 255);
}

Test(plain, a_bitmap_that_ends_early_gives_the_rest)
{
    struct th_bytes b = {0};
    struct th_pixels p;
    begin_bitmap(&b, 54);
    add_info(&b, 40, SIDE, 24, 0);
    add_rows(&b, 24, false, 0);
    make((const uint8_t *)b.data, b.len / 2 + 27, THUMBS_OK, true, &p);
    cr_expect_eq(test_pixel(&p, 0.25, 0.9)[2], 255, "the lower half is there");
    th_pixels_finish(&p);
    make((const uint8_t *)b.data, 54, THUMBS_CORRUPT, false, &p);
    make((const uint8_t *)b.data, 30, THUMBS_CORRUPT, false, &p);
    th_bytes_finish(&b);
}

/* ---- icons ---- */

static void add_entry(struct th_bytes *b, unsigned at, unsigned len)
{
    add_le(b, SIDE | SIDE << 8, 4);
    add_le(b, 1 | 24 << 16, 4);
    add_le(b, len, 4);
    add_le(b, at, 4);
}

/* A bitmap whose mask hides the last field. */
static void add_icon_bitmap(struct th_bytes *b, unsigned bits)
{
    add_info(b, 40, 2 * SIDE, bits, 0);
    add_rows(b, bits, false, 0);
    for (uint32_t row = 0; row < SIDE; row++)
        add_le(b, row < SIDE / 2 ? 0x0F : 0, 4);
}

Test(plain, icons_have_a_mask_or_alpha)
{
    static const unsigned depths[] = {24, 32};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        struct th_bytes b = {0}, picture = {0};
        add_icon_bitmap(&picture, depths[i]);
        add_le(&b, 0x10000, 4);
        add_le(&b, 1, 2);
        add_entry(&b, 22, (unsigned)picture.len);
        th_bytes_add(&b, picture.data, picture.len);
        expect_fields("icon", &b, 0);
        th_bytes_finish(&picture);
    }
}

Test(plain, an_icon_falls_back_to_its_next_picture)
{
    struct th_bytes b = {0}, picture = {0};
    struct th_pixels p;
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\015IHDR\0\0\0\x40\0\0\0\x40\010\2\0\0\0";
    add_icon_bitmap(&picture, 24);
    add_le(&b, 0x10000, 4);
    add_le(&b, 2, 2);
    add_entry(&b, 38, sizeof png - 1);
    add_entry(&b, 38 + sizeof png - 1, (unsigned)picture.len);
    th_bytes_add(&b, png, sizeof png - 1);
    th_bytes_add(&b, picture.data, picture.len);
    make((const uint8_t *)b.data, b.len, THUMBS_OK, true, &p);
    cr_expect_eq(p.width, SIDE);
    th_pixels_finish(&p);
    make((const uint8_t *)b.data, 30, THUMBS_CORRUPT, false, &p);
    th_bytes_finish(&picture);
    th_bytes_finish(&b);
}

/* ---- Netpbm ---- */

static void add_samples(struct th_bytes *b, unsigned wide, unsigned alpha)
{
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            for (unsigned k = 0; k < 3; k++)
                for (unsigned i = 0; i < wide; i++)
                    th_bytes_addc(b, (char)colours[field(x, y)][k]);
            if (alpha < 256) th_bytes_addc(b, (char)(field(x, y) == 3 ? alpha : 255));
        }
}

Test(plain, netpbm)
{
    struct th_bytes b = {0};
    th_bytes_adds(&b, "P6\n# a comment\n8 8\n255\n");
    add_samples(&b, 1, 256);
    expect_fields("P6", &b, 255);
    th_bytes_adds(&b, "P6 8 8 65535\n");
    add_samples(&b, 2, 256);
    expect_fields("P6, 16 bits", &b, 255);
    th_bytes_adds(&b, "P7\nWIDTH 8\nHEIGHT 8\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
    add_samples(&b, 1, 0);
    expect_fields("PAM", &b, 0);
    th_bytes_adds(&b, "P3\n8 8\n1\n");
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++)
            for (unsigned k = 0; k < 3; k++)
                th_bytes_addf(&b, "%d ", colours[field(x, y)][k] / 255);
    expect_fields("P3", &b, 255);
    th_bytes_adds(&b, "PF\n8 8\n-1.0\n");
    for (uint32_t y = SIDE; y-- > 0;)
        for (uint32_t x = 0; x < SIDE; x++)
            for (unsigned k = 0; k < 3; k++)
                add_le(&b, colours[field(x, y)][k] ? 0x3F800000 : 0, 4);
    expect_fields("PFM", &b, 255);
}

Test(plain, netpbm_of_bits)
{
    static const char *const files[] = {"P1\n8 2\n11110000\n0 0 0 0 1 1 1 1\n",
                                        "P4\n8 2\n\xF0\x0F"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct th_pixels p;
        make((const uint8_t *)files[i], strlen(files[i]), THUMBS_OK, false, &p);
        cr_expect(test_pixel(&p, 0.1, 0)[0] == 0 && test_pixel(&p, 0.9, 0)[0] == 255);
        cr_expect(test_pixel(&p, 0.1, 0.6)[0] == 255 && test_pixel(&p, 0.9, 0.6)[0] == 0);
        th_pixels_finish(&p);
    }
}

Test(plain, netpbm_that_makes_no_sense)
{
    struct th_pixels p;
    static const char *const files[] = {"P6\n0 8\n255\nx", "P6\n8 8\n0\nx", "P6\n8 8\n255\n",
                                        "P7\nWIDTH 8\nHEIGHT 8\nDEPTH 3\nMAXVAL 255\n",
                                        "P6\n99999999999 1\n255\nx"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        make((const uint8_t *)files[i], strlen(files[i]), THUMBS_CORRUPT, false, &p);
    static const char cmyk[] =
        "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\nabcd";
    make((const uint8_t *)cmyk, sizeof cmyk - 1, THUMBS_UNSUPPORTED, false, &p);
    static const char cut[] = "P5\n2 2\n255\n\xff\xff";
    make((const uint8_t *)cut, sizeof cut - 1, THUMBS_OK, true, &p);
    th_pixels_finish(&p);
}

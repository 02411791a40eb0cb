/* SPDX-License-Identifier: MIT */
/* JPEG XL: what its header says of its samples, and what becomes of them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/estimate/jxl_header.h"
#include "image/image.h"
#include "support/file_bytes.h"
#include "support/sandboxed.h"

static struct th_jxl_header read_header(const struct th_bytes *b)
{
    struct th_jxl_header h;
    const struct th_view file = {(const uint8_t *)b->data, b->len};
    cr_assert(th_jxl_header_read(th_jxl_code(file), &h));
    return h;
}

Test(jxl, headers)
{
    static const struct {
        const char *name;
        unsigned bits;
        bool colours_alone;
    } files[] = {{"jxl/lossy.jxl", 8, true},
                 {"jxl/lossless-alpha.jxl", 8, false},
                 {"jxl/16-bit.jxl", 16, true}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct th_bytes b = test_read_sample(files[i].name);
        const struct th_jxl_header h = read_header(&b);
        cr_expect(h.width == 141 && h.height == 93, "%s", files[i].name);
        cr_expect_eq(h.bits, files[i].bits, "%s", files[i].name);
        cr_expect_eq(h.colours_alone, files[i].colours_alone, "%s", files[i].name);
        cr_expect(!h.floating && !h.moves, "%s", files[i].name);
        for (size_t len = 0; len < b.len; len++) {
            uint8_t *exact = malloc(len ? len : 1);
            struct th_jxl_header ignored;
            memcpy(exact, b.data, len);
            (void)th_jxl_header_read(th_jxl_code((struct th_view){exact, len}), &ignored);
            free(exact);
        }
        th_bytes_finish(&b);
    }
}

static bool get_bit(const struct th_bytes *b, size_t at)
{
    return (uint8_t)b->data[at / 8] >> at % 8 & 1;
}

static void put_bits(struct th_bytes *b, size_t at, unsigned value, unsigned n)
{
    for (unsigned i = 0; i < n; i++, at++)
        b->data[at / 8] = (char)((b->data[at / 8] & ~(1 << at % 8)) | (value >> i & 1) << at % 8);
}

/* All there may be before the samples: 8 x 8 pixels, another size meant, a preview of 16 x 16, a
 * hundred ticks a second. */
Test(jxl, what_moves)
{
    static const unsigned fields[][2] = {
        {1, 1}, {0, 5}, {1, 3},          /* small, a height of 8, as wide */
        {0, 1}, {1, 1}, {0, 3},          /* not as usual, more fields, orientation */
        {1, 1}, {0, 1}, {0, 2},  {7, 9}, /* another size: a height of 8 in ones ... */
        {0, 3}, {1, 2}, {7, 13},         /* ... no ratio, a width of 8 */
        {1, 1}, {1, 1}, {0, 2},  {1, 3}, /* a preview in eights: 16 pixels, as wide */
        {1, 1}, {0, 2}, {0, 2},  {1, 2}, {5, 3}, {0, 1}, /* motion: five loops, no time codes */
        {0, 1}, {2, 2}, {0, 1},  {1, 2}};                /* 12 bits, one more channel */
    char bytes[64] = "\xff\x0a";
    struct th_bytes b = {.data = bytes, .len = sizeof bytes};
    size_t at = 16;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; at += fields[i++][1])
        put_bits(&b, at, fields[i][0], fields[i][1]);
    const struct th_jxl_header h = read_header(&b);
    cr_expect(h.width == 8 && h.height == 8);
    cr_expect(h.moves && !h.floating && !h.colours_alone);
    cr_expect_eq(h.bits, 12);
}

/* Have a picture of 16 bits a sample say that it has fewer: the number, less one, stands in six
 * bits. How light a pixel is does not depend on it where coding is lossy. */
static void say_bits(struct th_bytes *b, unsigned bits)
{
    for (size_t at = 16; at < 400; at++) {
        unsigned before = 0;
        for (unsigned i = 0; i < 6; i++)
            before |= (unsigned)get_bit(b, at + i) << i;
        if (before != 15) continue;
        put_bits(b, at, bits - 1, 6);
        const struct th_jxl_header h = read_header(b);
        if (h.bits == bits && h.width == 141 && h.height == 93) return;
        put_bits(b, at, before, 6);
    }
    cr_assert_fail("the number of bits is not found");
}

/* They fill their range, whatever libjxl hands over. */
Test(jxl, samples_of_any_number_of_bits)
{
    static const unsigned bits[] = {9, 10, 12, 14};
    struct thumbs_error err = {0};
    struct th_bytes plain = test_read_sample("jxl/16-bit.jxl");
    struct th_pixels expected, got;
    if (test_make_sandboxed(&plain, 64, &expected, &err) != THUMBS_OK)
        cr_skip_test("no JPEG XL here");
    const size_t len = (size_t)expected.width * expected.height * expected.bands;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        struct th_bytes b = test_read_sample("jxl/16-bit.jxl");
        say_bits(&b, bits[i]);
        cr_assert_eq(test_make_sandboxed(&b, 64, &got, &err), THUMBS_OK, "%u bits: %s", bits[i],
                     err.message);
        for (size_t k = 0; k < len; k++)
            cr_assert_leq(abs(got.data[k] - expected.data[k]), 2, "%u bits", bits[i]);
        th_pixels_finish(&got);
        th_bytes_finish(&b);
    }
    th_pixels_finish(&expected);
    th_bytes_finish(&plain);
}

/* SPDX-License-Identifier: MIT */
/* The writer of baseline files against libjpeg-turbo, byte for byte, and its codes by the book. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/jpeg/jpeg_baseline.h"
#include "image/jpeg/jpeg_codes.h"
#include "image/jpeg/jpeg_write.h"

enum look { FLAT, SLOPES, NOISE, BOARD, DOTS, N_LOOKS };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static uint8_t sample(enum look look, uint32_t x, uint32_t y, uint32_t *state)
{
    switch (look) {
    case SLOPES:
        return (uint8_t)(x * 3 + y * 5);
    case NOISE:
        return (uint8_t)next_random(state);
    case BOARD: /* the highest frequency at the largest swing */
        return (x + y) % 2 ? 255 : 0;
    case DOTS: /* long runs of zeros */
        return next_random(state) % 97 ? 128 : 250;
    default:
        return 90;
    }
}

static void paint(struct th_pixels planes[3], uint32_t n, uint32_t width, uint32_t height,
                  enum look look, uint32_t seed)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t w = i ? (width + 1) / 2 : width, h = i ? (height + 1) / 2 : height;
        cr_assert(th_pixels_init(&planes[i], w, h, 1));
        for (uint32_t y = 0; y < h; y++)
            for (uint32_t x = 0; x < w; x++)
                planes[i].data[(size_t)y * w + x] = sample(look, x, y, &seed);
    }
}

static void compare(uint32_t n, uint32_t width, uint32_t height, enum look look, uint32_t quality)
{
    struct th_pixels planes[3] = {{0}};
    struct th_sink own, turbo;
    const struct th_encode_how how = {.quality = quality};
    paint(planes, n, width, height, look, width * 31 + height);
    th_sink_init_heap(&own);
    th_sink_init_heap(&turbo);
    cr_assert_eq(th_jpeg_baseline_write(planes, n, quality, &own, NULL), THUMBS_OK);
    cr_assert_eq(th_jpeg_write_planes_turbo(planes, n, &how, &turbo, NULL), THUMBS_OK);
    cr_expect(own.len == turbo.len && !memcmp(own.data, turbo.data, own.len),
              "%u planes of %ux%u, look %d, quality %u: %zu bytes against %zu", n, width, height,
              (int)look, quality, own.len, turbo.len);
    th_sink_finish_heap(&own);
    th_sink_finish_heap(&turbo);
    for (uint32_t i = 0; i < n; i++)
        th_pixels_finish(&planes[i]);
}

Test(jpeg_baseline, equals_libjpeg_turbo)
{
    static const uint32_t sides[][2] = {{1, 1},   {7, 3},   {8, 8},    {9, 17},    {16, 16},
                                        {17, 1},  {1, 33},  {64, 64},  {65, 63},   {72, 8},
                                        {73, 40}, {127, 9}, {130, 70}, {256, 171}, {640, 33}};
    static const uint32_t qualities[] = {1, 3, 25, 49, 50, 80, 95, 100};
    for (unsigned i = 0; i < sizeof sides / sizeof *sides; i++)
        for (enum look look = FLAT; look < N_LOOKS; look++)
            for (unsigned q = 0; q < sizeof qualities / sizeof *qualities; q++)
                for (uint32_t n = 1; n <= 3; n += 2)
                    compare(n, sides[i][0], sides[i][1], look, qualities[q]);
}

Test(jpeg_baseline, equals_libjpeg_turbo_at_every_quality)
{
    for (uint32_t quality = 1; quality <= 100; quality++)
        compare(3, 40, 24, NOISE, quality);
}

/* ---- failures ---- */

static bool grow_to_limit(struct th_sink *sink, size_t need)
{
    const size_t limit = *(const size_t *)sink->user;
    if (need > limit) return false;
    uint8_t *data = realloc(sink->data, limit);
    cr_assert_not_null(data);
    sink->data = data;
    sink->cap = limit;
    return true;
}

Test(jpeg_baseline, a_full_sink_keeps_what_it_had)
{
    struct th_pixels planes[3] = {{0}};
    paint(planes, 3, 200, 100, NOISE, 1);
    for (size_t limit = 4; limit < 30000; limit = limit * 3 / 2) {
        struct th_sink sink = {.grow = grow_to_limit, .user = &limit};
        struct thumbs_error err = {0};
        cr_assert(th_sink_add(&sink, "abc", 3));
        const enum thumbs_code code = th_jpeg_baseline_write(planes, 3, 80, &sink, &err);
        if (code != THUMBS_OK) {
            cr_expect_eq(code, THUMBS_MEMORY);
            cr_expect_eq(sink.len, 3);
        }
        cr_expect_eq(memcmp(sink.data, "abc", 3), 0);
        free(sink.data);
    }
    for (unsigned i = 0; i < 3; i++)
        th_pixels_finish(&planes[i]);
}

Test(jpeg_baseline, ends_with_the_deadline)
{
    struct th_pixels planes[3] = {{0}};
    struct th_sink sink;
    struct thumbs_error err = {0};
    paint(planes, 3, 64, 64, SLOPES, 1);
    th_sink_init_heap(&sink);
    sink.deadline_ns = 1;
    cr_expect_eq(th_jpeg_baseline_write(planes, 3, 80, &sink, &err), THUMBS_TIMEOUT);
    cr_expect_eq(sink.len, 0);
    th_sink_finish_heap(&sink);
    for (unsigned i = 0; i < 3; i++)
        th_pixels_finish(&planes[i]);
}

/* ---- codes ---- */

/* Do the codes leave room, the one of all ones free, and have all values one? Their bits. */
static uint64_t check_codes(const uint32_t counts[256])
{
    struct th_jpeg_codes c;
    uint64_t bits = 0, taken = 0; /* of 2^16 */
    uint32_t n = 0;
    th_jpeg_codes_make(counts, &c);
    for (unsigned length = 1; length <= 16; length++) {
        taken += (uint64_t)c.n_of_length[length] << (16 - length);
        n += c.n_of_length[length];
    }
    cr_expect_lt(taken, 1u << 16);
    cr_expect_eq(n, c.n_values);
    for (unsigned v = 0; v < 256; v++) {
        const unsigned length = c.codes[v] & ((1u << TH_JPEG_CODE_LENGTH_BITS) - 1);
        cr_expect_eq(length > 0, counts[v] > 0, "value %u", v);
        cr_expect_lt(c.codes[v] >> TH_JPEG_CODE_LENGTH_BITS, 1u << length);
        bits += (uint64_t)length * counts[v];
    }
    return bits;
}

Test(jpeg_codes, lengths_fit_the_counts)
{
    uint32_t counts[256] = {0};
    cr_expect_eq(check_codes(counts), 0);
    counts[7] = 5;
    cr_expect_eq(check_codes(counts), 5);
    counts[9] = 1;
    cr_expect_eq(check_codes(counts), 5 + 2); /* a half, a quarter; the rest stays free */
    for (unsigned v = 0; v < 256; v++)
        counts[v] = 1;
    cr_expect_leq(check_codes(counts), 256 * 9);
}

/* Counts that grow like Fibonacci's would have codes of up to 40 bits. */
Test(jpeg_codes, no_code_is_longer_than_sixteen_bits)
{
    uint32_t counts[256] = {0}, before = 1;
    counts[0] = 1;
    for (unsigned v = 1; v < 40; v++) {
        counts[v] = counts[v - 1] + before;
        before = counts[v - 1];
    }
    cr_expect_gt(check_codes(counts), 0);
}

Test(jpeg_codes, a_zero_follows_each_byte_of_ones)
{
    uint8_t out[32];
    struct th_jpeg_bits b = {.out = out};
    th_jpeg_bits_put(&b, 0x3FF, 10);
    th_jpeg_bits_put(&b, 0x7FFFFFF, 27);
    th_jpeg_bits_put(&b, 0, 7);
    th_jpeg_bits_put(&b, 1, 1);
    th_jpeg_bits_end(&b);
    static const uint8_t want[] = {0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xF8, 0x0F};
    cr_expect_eq(b.out - out, (ptrdiff_t)sizeof want);
    cr_expect_arr_eq(out, want, sizeof want);
}

/* SPDX-License-Identifier: MIT */
/* The PNG reader by itself; against libpng it is held in fuzz/fuzz_png.c, which is called here too.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "image/encode.h"
#include "image/image.h"
#include "image/png/png_rows.h"
#include "image/png/png_unfilter.h"
#include "image/vips/vips_load.h"
#include "support/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* ---- filters ---- */

Test(png, filters_by_vectors_equal_those_in_plain_c)
{
    enum { ROW = 256 };
    uint32_t seed = 1;
    uint8_t from[ROW + TH_PNG_SLACK], above[ROW + TH_PNG_SLACK], a[ROW + TH_PNG_SLACK],
        b[ROW + TH_PNG_SLACK];
    for (unsigned turn = 0; turn < 400; turn++) {
        /* Small differences too: there the choices of Paeth's filter are close. */
        const unsigned range = turn % 2 ? 256 : 5;
        for (unsigned i = 0; i < sizeof from; i++) {
            from[i] = (uint8_t)(next_random(&seed) % range);
            above[i] = (uint8_t)(next_random(&seed) % range);
        }
        for (unsigned step = 1; step <= 8; step++)
            for (unsigned filter = 0; filter <= 4; filter++) {
                const size_t n = (ROW / step - turn % 9) * step;
                cr_assert(th_png_unfilter(filter, a, from, above, n, step));
                cr_assert(th_png_unfilter_plain(filter, b, from, above, n, step));
                cr_assert_eq(memcmp(a, b, n), 0, "filter %u, %u bytes a pixel", filter, step);
            }
    }
    cr_assert_not(th_png_unfilter(5, a, from, above, 4, 4));
}

Test(png, two_rows_at_once_equal_one_after_the_other)
{
    enum { ROW = 64 * 4 };
    uint32_t seed = 5;
    unsigned n_done = 0;
    for (unsigned turn = 0; turn < 500; turn++) {
        const unsigned range = turn % 2 ? 256 : 5, step = 3 + turn % 2, filter = turn / 2 % 5;
        const size_t n = (1 + next_random(&seed) % 64) * step;
        uint8_t from[2][ROW + TH_PNG_SLACK], above[ROW + TH_PNG_SLACK];
        uint8_t one[2][ROW + TH_PNG_SLACK], two[2][ROW + TH_PNG_SLACK];
        for (unsigned i = 0; i < ROW + TH_PNG_SLACK; i++) {
            from[0][i] = (uint8_t)(next_random(&seed) % range);
            from[1][i] = (uint8_t)(next_random(&seed) % range);
            above[i] = (uint8_t)(next_random(&seed) % range);
        }
        uint8_t *const to[2] = {two[0], two[1]};
        const uint8_t *const rows[2] = {from[0], from[1]};
        if (!th_png_unfilter_two(filter, to, rows, above, n, step)) continue;
        n_done++;
        cr_assert(th_png_unfilter_plain(filter, one[0], from[0], above, n, step));
        cr_assert(th_png_unfilter_plain(filter, one[1], from[1], one[0], n, step));
        for (unsigned i = 0; i < 2; i++)
            cr_assert_eq(memcmp(one[i], two[i], n), 0, "row %u of %zu bytes", i, n);
    }
#ifdef __SSE2__
    cr_assert_geq(n_done, 90);
#else
    cr_assert_eq(n_done, 0);
#endif
}

/* ---- rows against libpng ---- */

Test(png, made_up_files_give_the_rows_of_libpng)
{
    uint32_t seed = 7;
    uint8_t recipe[3000];
    for (unsigned turn = 0; turn < 600; turn++) {
        const size_t len = 6 + next_random(&seed) % (sizeof recipe - 6);
        for (size_t i = 0; i < len; i++) /* filters are often known ones */
            recipe[i] = (uint8_t)(next_random(&seed) % (i > 5 && turn % 3 ? 5 : 256));
        recipe[0] = (uint8_t)((turn % 64 & 63) | (recipe[0] & 64));
        LLVMFuzzerTestOneInput(recipe, len);
    }
}

/* ---- files made by hand ---- */

struct file {
    uint8_t data[4096];
    size_t len;
};

static void add_chunk(struct file *f, const char *name, const void *body, size_t n)
{
    uint8_t *to = f->data + f->len;
    const uint32_t len = (uint32_t)n;
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(len >> (24 - 8 * i));
    memcpy(to + 4, name, 4);
    if (n) memcpy(to + 8, body, n);
    const uint32_t crc = (uint32_t)crc32(0, to + 4, len + 4);
    for (int i = 0; i < 4; i++)
        to[8 + n + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    f->len += n + 12;
}

static void begin_file(struct file *f, uint8_t side, uint8_t depth, uint8_t colour)
{
    const uint8_t header[13] = {0, 0, 0, side, 0, 0, 0, side, depth, colour, 0, 0, 0};
    memcpy(f->data, "\x89PNG\r\n\x1a\n", 8);
    f->len = 8;
    add_chunk(f, "IHDR", header, sizeof header);
}

/* side x side pixels of RGB in one colour, `keep` bytes of the compressed stream; cinfo: what it
 * says of its window. */
static void add_pixels(struct file *f, uint8_t side, size_t keep, uint8_t cinfo)
{
    uint8_t raw[32 * 97], packed[3500];
    uint32_t seed = 3;
    uLongf n = sizeof packed;
    for (size_t i = 0; i < (size_t)side * (3 * side + 1u); i++)
        raw[i] = i % (3 * side + 1u) ? (uint8_t)(next_random(&seed) % 8) : 0;
    cr_assert_eq(compress(packed, &n, raw, (uLong)side * (3 * side + 1u)), Z_OK);
    packed[0] = (uint8_t)(cinfo << 4 | 8);
    packed[1] = (uint8_t)(31 - (packed[0] << 8) % 31);
    add_chunk(f, "IDAT", packed, keep < n ? keep : n);
}

static enum thumbs_code make(const struct file *f, struct th_image_result *result)
{
    struct thumbs_image_options options = test_picture_options(32, THUMBS_FORMAT_PNG);
    struct thumbs_error err = {0};
    struct th_sink sink;
    th_sink_init_heap(&sink);
    enum thumbs_code code = th_image_make(f->data, f->len, &options, NULL, &sink, result, &err);
    th_sink_finish_heap(&sink);
    return code;
}

Test(png, a_window_that_is_too_small_is_not_believed)
{
    struct file f;
    struct th_image_result result;
    begin_file(&f, 32, 8, 2);
    add_pixels(&f, 32, SIZE_MAX, 0);
    add_chunk(&f, "IEND", NULL, 0);
    cr_assert_eq(make(&f, &result), THUMBS_OK);
    cr_assert_not(result.damaged);
}

Test(png, what_breaks_off_is_damaged_and_what_has_no_pixel_has_failed)
{
    struct file f;
    struct th_image_result result;
    begin_file(&f, 32, 8, 2);
    add_pixels(&f, 32, 300, 7);
    cr_assert_eq(make(&f, &result), THUMBS_OK);
    cr_assert(result.damaged);
    cr_assert_str_eq(result.warning, "its pixels end early");
    begin_file(&f, 32, 8, 2);
    add_pixels(&f, 32, 30, 7);
    cr_assert_eq(make(&f, &result), THUMBS_CORRUPT);
    begin_file(&f, 32, 8, 2);
    add_chunk(&f, "IDAT", "\x78\x9c\xff\xff\xff\xff\xff\xff", 8);
    cr_assert_eq(make(&f, &result), THUMBS_CORRUPT);
}

/* A wrong checksum is told; the pixels are used. */
Test(png, a_wrong_checksum_is_damage)
{
    struct file f;
    struct th_image_result result;
    begin_file(&f, 32, 8, 2);
    add_pixels(&f, 32, SIZE_MAX, 7);
    f.data[f.len - 1] ^= 1;
    add_chunk(&f, "IEND", NULL, 0);
    cr_assert_eq(make(&f, &result), THUMBS_OK);
    cr_assert_str_eq(result.warning, "a checksum of its pixels is wrong");
}

Test(png, irregular_files_are_for_libpng)
{
    static const struct {
        const char *name, *body;
        uint8_t len, colour;
        bool regular;
    } cases[] = {{"tEXt", "a\0b", 3, 2, true},  {"te1t", "abc", 3, 2, false},
                 {"CgBI", "abcd", 4, 2, false}, {"PLTE", "", 0, 2, true},
                 {"PLTE", "abc", 3, 3, true},   {"PLTE", "abcd", 4, 3, false},
                 {"tRNS", "\0", 1, 2, true},    {"gAMA", "\0\0\xb1\x8f", 4, 3, false},
                 {"IHDR", "", 0, 2, false},     {"IEND", "", 0, 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f;
        struct th_png_header h;
        begin_file(&f, 8, 8, cases[i].colour);
        add_chunk(&f, cases[i].name, cases[i].body, cases[i].len);
        add_chunk(&f, "IDAT", "", 0);
        cr_expect_eq(th_png_parse(f.data, f.len, &h), cases[i].regular, "case %zu", i);
    }
}

/* libpng passes over a chunk in front of the header that is not critical, so it may have the file.
 */
Test(png, a_chunk_before_the_header_is_for_libpng)
{
    static const struct {
        const char *name;
        bool broken;
    } cases[] = {{"teSt", false}, {"TeSt", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f, whole;
        struct th_png_header h;
        begin_file(&whole, 8, 8, 2);
        add_pixels(&whole, 8, SIZE_MAX, 7);
        add_chunk(&whole, "IEND", NULL, 0);
        memcpy(f.data, whole.data, 8);
        f.len = 8;
        add_chunk(&f, cases[i].name, "abc", 3);
        memcpy(f.data + f.len, whole.data + 8, whole.len - 8);
        f.len += whole.len - 8;
        cr_expect_not(th_png_parse(f.data, f.len, &h), "%s", cases[i].name);
        cr_expect_eq(h.broken, cases[i].broken, "%s", cases[i].name);
        LLVMFuzzerTestOneInput(f.data, f.len);
    }
}

/* libpng fills as much memory with zeros as a chunk says it is long. */
Test(png, a_chunk_longer_than_the_file_is_not_for_libpng)
{
    static const char *const before[] = {"tEXt",
                                         "PLTE"}; /* a palette of nothing beside RGB is none */
    for (unsigned i = 0; i < 2; i++) {
        struct file f;
        struct th_png_header h;
        struct th_image_result result;
        begin_file(&f, 8, 8, 2);
        add_chunk(&f, before[i], "", 0);
        const size_t at = f.len;
        add_chunk(&f, "iTXt", "Title", 6);
        add_pixels(&f, 8, SIZE_MAX, 7);
        cr_expect_not(!th_png_parse(f.data, f.len, &h) && h.broken, "case %u", i);
        f.data[at] = 0x70; /* 1.8 GB */
        cr_expect(!th_png_parse(f.data, f.len, &h) && h.broken, "case %u", i);
        cr_expect_eq(make(&f, &result), THUMBS_CORRUPT, "case %u", i);
        cr_expect_null(th_vips_if_loaded(), "case %u", i);
    }
}

/* ---- output ---- */

/* The header of what is written for side x side pixels. */
static struct th_png_header written(const struct th_pixels *p)
{
    struct th_png_header h = {0};
    struct th_sink sink;
    th_sink_init_heap(&sink);
    cr_assert_eq(th_encode_png(p, &(struct th_encode_how){.quality = 80}, &sink, NULL), THUMBS_OK);
    cr_assert(th_png_parse(sink.data, sink.len, &h));
    LLVMFuzzerTestOneInput(sink.data, sink.len);
    h.icc = h.exif = NULL;
    th_sink_finish_heap(&sink);
    return h;
}

Test(png, few_colours_are_written_as_a_palette)
{
    static const struct {
        unsigned n_colours, depth, colour;
        bool alpha;
    } cases[] = {{2, 1, 3, false},  {3, 2, 3, false},   {16, 4, 3, true}, {17, 8, 3, false},
                 {256, 8, 3, true}, {257, 8, 2, false}, {257, 8, 6, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct th_pixels p = {0};
        cr_assert(th_pixels_init(&p, 40, 40, 4));
        for (unsigned k = 0; k < 1600; k++) {
            const unsigned c = k % cases[i].n_colours;
            p.data[4 * k] = (uint8_t)c;
            p.data[4 * k + 1] = (uint8_t)(c >> 8);
            p.data[4 * k + 2] = 9;
            p.data[4 * k + 3] = cases[i].alpha && c % 2 ? 100 : 255;
        }
        const struct th_png_header h = written(&p);
        cr_expect_eq(h.depth, cases[i].depth, "case %zu", i);
        cr_expect_eq(h.colour, cases[i].colour, "case %zu", i);
        cr_expect_eq(h.keyed, cases[i].alpha && h.colour == 3, "case %zu", i);
        th_pixels_finish(&p);
    }
}

/* ---- both engines, no libvips ---- */

Test(png, samples_are_made_without_libvips)
{
    DIR *dir = opendir(TEST_SAMPLES "/png");
    unsigned n = 0;
    cr_assert(dir);
    for (struct dirent *e; (e = readdir(dir)); n++) {
        static uint8_t data[1 << 20];
        char path[1000];
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/png/%s", TEST_SAMPLES, e->d_name);
        FILE *in = fopen(path, "rb");
        cr_assert(in);
        const size_t len = fread(data, 1, sizeof data, in);
        fclose(in);
        struct thumbs_image_options options = test_picture_options(32, THUMBS_FORMAT_PNG);
        struct th_image_result result;
        struct th_sink sink;
        th_sink_init_heap(&sink);
        cr_expect_eq(th_image_make(data, len, &options, NULL, &sink, &result, NULL), THUMBS_OK,
                     "%s", path);
        cr_expect_not(result.damaged, "%s", path);
        th_sink_finish_heap(&sink);
        LLVMFuzzerTestOneInput(data, len);
    }
    closedir(dir);
    cr_assert_gt(n, 10);
    cr_assert_null(th_vips_if_loaded());
}

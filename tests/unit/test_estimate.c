/* SPDX-License-Identifier: MIT */
/* Memory estimates from made-up headers: what is huge is told to be, what only looks so is not, and
 * nothing in a header makes a number wrap or a read go past the end. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "image/image.h"
#include "support/file_bytes.h"
#include "support/pace.h"

#define MB ((uint64_t)1 << 20)
#define GB ((uint64_t)1 << 30)

static struct thumbs_image_options options(uint64_t max_pixels)
{
    struct thumbs_image_options o = {
        .n_sizes = 1, .n_formats = 1, .quality = 80, .max_pixels = max_pixels};
    o.sizes[0] = (struct thumbs_size){256, 256, true};
    o.formats[0] = THUMBS_FORMAT_JPEG;
    return o;
}

/* Of bytes that lie at the end of their memory, so that a sanitizer sees a read past it. */
static uint64_t estimate_with(const void *data, size_t len, const struct thumbs_image_options *o,
                              bool *known)
{
    uint8_t *copy = malloc(len ? len : 1);
    uint64_t bytes = 0;
    memcpy(copy, data, len);
    *known = th_image_estimate(copy, len, o, &bytes);
    free(copy);
    cr_assert_gt(bytes, 0u);
    return bytes;
}

/* Without a limit of pixels, and then freed. */
static uint64_t estimate(struct th_bytes *file)
{
    bool known = false;
    struct thumbs_image_options o = options(UINT64_MAX);
    uint64_t bytes = estimate_with(file->data, file->len, &o, &known);
    cr_assert(known);
    th_bytes_finish(file);
    return bytes;
}

static void add_le(struct th_bytes *b, uint64_t value, unsigned n)
{
    for (; n--; value >>= 8)
        th_bytes_addc(b, (char)value);
}

/* ---- JPEG ---- */

/* Markers up to the scan: frame header of that kind, n components of which the first is sampled h x
 * h. */
static struct th_bytes jpeg(unsigned sof, unsigned width, unsigned height, unsigned n, unsigned h,
                            bool scan)
{
    struct th_bytes b = {0};
    test_add_be(&b, 0xFFD8FF00 | sof, 4);
    test_add_be(&b, 8 + 3 * n, 2);
    test_add_be(&b, 8, 1);
    test_add_be(&b, height, 2);
    test_add_be(&b, width, 2);
    test_add_be(&b, n, 1);
    for (unsigned i = 0; i < n; i++)
        test_add_be(&b, (i + 1) << 16 | (i ? 0x11 : h * 17) << 8, 3);
    if (!scan) return b;
    test_add_be(&b, 0xFFDA, 2);
    test_add_be(&b, 6 + 2 * n, 2);
    test_add_be(&b, n, 1);
    for (unsigned i = 0; i < n; i++)
        test_add_be(&b, (i + 1) << 8, 2);
    test_add_be(&b, sof == 0xC0 ? 0x003F00 : 0, 3);
    return b;
}

static uint64_t estimate_jpeg(unsigned sof, unsigned width, unsigned height, unsigned n, unsigned h,
                              bool scan)
{
    struct th_bytes b = jpeg(sof, width, height, n, h, scan);
    return estimate(&b);
}

Test(estimate, a_giant_progressive_jpeg_needs_all_its_coefficients)
{
    uint64_t all = (uint64_t)60000 * 60000 * 3; /* 1.5 samples of 2 bytes */
    uint64_t bytes = estimate_jpeg(0xC2, 60000, 60000, 3, 2, true);
    cr_expect_geq(bytes, all);
    cr_expect_leq(bytes, all + all / 4);
    cr_expect_geq(estimate_jpeg(0xC2, 60000, 60000, 3, 2, false), all, "a header without a scan");
    cr_expect_geq(estimate_jpeg(0xC2, 65535, 65535, 4, 1, true), (uint64_t)65535 * 65535 * 8,
                  "CMYK");
}

Test(estimate, a_baseline_jpeg_needs_its_reduced_planes)
{
    cr_expect_leq(estimate_jpeg(0xC0, 6000, 4000, 3, 2, true), 12 * MB);
    cr_expect_leq(estimate_jpeg(0xC0, 60000, 60000, 3, 2, true), 300 * MB);
    /* 256 pixels of 600 leave no reduction: 8/8. */
    uint64_t whole = 60000u * 600u * 3u / 2u;
    struct thumbs_image_options o = options(UINT64_MAX);
    struct th_bytes b = jpeg(0xC0, 60000, 600, 3, 2, true);
    bool known = false;
    o.sizes[0] = (struct thumbs_size){0, 256, false};
    cr_expect_geq(estimate_with(b.data, b.len, &o, &known), whole);
    th_bytes_finish(&b);
}

/* Components in scans of their own are put together in memory, whatever the frame header says. */
Test(estimate, a_sequential_jpeg_of_several_scans_is_kept_whole)
{
    struct th_bytes b = jpeg(0xC0, 6000, 4000, 3, 2, false);
    test_add_be(&b, 0xFFDA0008, 4);
    test_add_be(&b, 0x010100003F00, 6);
    cr_expect_geq(estimate(&b), (uint64_t)6000 * 4000 * 3);
}

Test(estimate, too_many_pixels_are_refused_at_the_header)
{
    struct thumbs_image_options o = options(500000000);
    struct th_bytes b = jpeg(0xC2, 60000, 60000, 3, 2, true);
    bool known = false;
    cr_expect_leq(estimate_with(b.data, b.len, &o, &known), 16 * MB);
    cr_expect(known);
    th_bytes_finish(&b);
}

/* ---- PNG ---- */

static void add_chunk(struct th_bytes *b, const char *name, const void *data, size_t len)
{
    test_add_be(b, len, 4);
    th_bytes_adds(b, name);
    th_bytes_add(b, data, len);
    test_add_be(b, 0, 4);
}

static struct th_bytes png(uint32_t width, uint32_t height, unsigned depth, unsigned type,
                           bool interlaced)
{
    struct th_bytes b = {0}, head = {0};
    test_add_be(&head, width, 4);
    test_add_be(&head, height, 4);
    test_add_be(&head, (uint64_t)depth << 32 | type << 24 | interlaced, 5);
    th_bytes_add(&b, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&b, "IHDR", head.data, head.len);
    th_bytes_finish(&head);
    return b;
}

static uint64_t estimate_png(uint32_t width, uint32_t height, unsigned depth, unsigned type,
                             bool interlaced)
{
    struct th_bytes b = png(width, height, depth, type, interlaced);
    add_chunk(&b, "IDAT", "", 0);
    add_chunk(&b, "IEND", "", 0);
    return estimate(&b);
}

Test(estimate, a_giant_png_comes_in_rows_unless_it_is_interlaced)
{
    cr_expect_leq(estimate_png(50000, 50000, 8, 2, false), 192 * MB);
    cr_expect_leq(estimate_png(50000, 50000, 1, 0, false), 96 * MB);
    cr_expect_geq(estimate_png(50000, 50000, 8, 2, true), (uint64_t)50000 * 50000 * 3);
    cr_expect_geq(estimate_png(50000, 50000, 16, 6, true), (uint64_t)50000 * 50000 * 8);
}

Test(estimate, numbers_end_at_the_top)
{
    cr_expect_eq(estimate_png(UINT32_MAX, UINT32_MAX, 16, 6, true), UINT64_MAX);
    cr_expect_geq(estimate_png(0x7FFFFFFF, 0x7FFFFFFF, 8, 0, true), (uint64_t)1 << 61);
    cr_expect_geq(estimate_png(UINT32_MAX, 1, 16, 6, false), 16 * GB);
    cr_expect_geq(estimate_png(UINT32_MAX, UINT32_MAX, 16, 6, false), 16 * GB);
    /* Rows that are a pixel longer than 32 bits tell. */
    cr_expect_geq(estimate_png(UINT32_MAX, 2000, 8, 0, false), 2000 * GB);
}

Test(estimate, chunks_of_a_png_count_as_far_as_libpng_takes_them)
{
    uint64_t plain = estimate_png(100, 100, 8, 2, false);
    struct th_bytes b = png(100, 100, 8, 2, false);
    uint8_t *text = calloc(1, 64 * MB);
    add_chunk(&b, "zTXt", text, 1000);
    add_chunk(&b, "IEND", "", 0);
    uint64_t bytes = estimate(&b);
    cr_expect(bytes > plain + 2 * MB && bytes < plain + 4 * MB, "%llu", (unsigned long long)bytes);

    /* libpng refuses to keep this one. */
    b = png(100, 100, 8, 2, false);
    add_chunk(&b, "tEXt", text, 64 * MB);
    add_chunk(&b, "IEND", "", 0);
    cr_expect_leq(estimate(&b), plain + 32 * MB);

    /* A file that breaks off is mended in a copy. */
    b = png(100, 100, 8, 2, false);
    test_add_be(&b, 128 * MB, 4);
    th_bytes_adds(&b, "IDAT");
    th_bytes_add(&b, text, 64 * MB);
    cr_expect_geq(estimate(&b), plain + 64 * MB);
    free(text);
}

/* ---- GIF ---- */

static struct th_bytes gif(unsigned width, unsigned height, unsigned n_frames)
{
    struct th_bytes b = {0};
    th_bytes_adds(&b, "GIF89a");
    add_le(&b, width, 2);
    add_le(&b, height, 2);
    add_le(&b, 0, 3);
    for (unsigned i = 0; i < n_frames; i++) {
        add_le(&b, 0x2C, 5);
        add_le(&b, 0x10001, 4);
        add_le(&b, 0x02 << 8, 2);
        add_le(&b, 0x014C01, 3);
        add_le(&b, 0, 1);
    }
    add_le(&b, 0x3B, 1);
    return b;
}

Test(estimate, a_gif_of_many_frames_needs_little_more_than_its_canvas)
{
    struct th_bytes b = gif(400, 300, 100000);
    cr_expect_leq(estimate(&b), 40 * MB);
}

/* Its first frame may be larger than its screen; where it is interlaced it is held. */
Test(estimate, of_a_gif_only_an_interlaced_frame_is_held)
{
    uint64_t needs[2];
    for (int interlaced = 0; interlaced <= 1; interlaced++) {
        struct th_bytes b = gif(1, 1, 1);
        memcpy(b.data + 13 + 1, "\0\0\0\0\x10\x27\x10\x27", 8);
        b.data[13 + 9] = (char)(interlaced ? 0x40 : 0);
        needs[interlaced] = estimate(&b);
    }
    cr_expect_geq(needs[1], (uint64_t)10000 * 10000);
    cr_expect_leq(needs[0], 16 * MB);
}

/* ---- TIFF ---- */

struct tag {
    unsigned tag, type;
    uint64_t count, value;
};

static struct th_bytes tiff(const struct tag *tags, unsigned n)
{
    struct th_bytes b = {0};
    th_bytes_add(&b, "II*\0\x08\0\0\0", 8);
    add_le(&b, n, 2);
    for (unsigned i = 0; i < n; i++) {
        add_le(&b, tags[i].tag, 2);
        add_le(&b, tags[i].type, 2);
        add_le(&b, tags[i].count, 4);
        add_le(&b, tags[i].value, 4);
    }
    add_le(&b, 0, 4);
    return b;
}

/* Strips of all rows, whose length is a lie, in a file of a few hundred bytes. */
Test(estimate, a_tiff_that_lies_about_its_strips)
{
    struct tag tags[] = {{256, 4, 1, 5000}, {257, 4, 1, 5000},       {258, 3, 1, 8},
                         {259, 3, 1, 8},    {262, 3, 1, 2},          {273, 4, 1, 8},
                         {277, 3, 1, 3},    {278, 4, 1, UINT32_MAX}, {279, 4, 1, UINT32_MAX},
                         {284, 3, 1, 1}};
    struct th_bytes b = tiff(tags, 10);
    cr_expect_leq(estimate(&b), 40 * MB, "rows of high strips are read one by one");
    tags[9].value = 2;
    b = tiff(tags, 10);
    uint64_t whole = (uint64_t)5000 * 5000 * 3, bytes = estimate(&b);
    cr_expect_geq(bytes, whole + whole / 3, "strips of separate planes are not");
    cr_expect_leq(bytes, 4 * whole);
    tags[8].count = UINT32_MAX;
    tags[8].value = UINT32_MAX;
    b = tiff(tags, 10);
    cr_expect_leq(estimate(&b), 4 * whole, "a table of lengths that is not there");
}

/* Who asks for rows of a high strip gets them one by one only from some codecs. */
Test(estimate, codecs_of_a_tiff_that_keep_whole_strips)
{
    struct tag tags[] = {{256, 4, 1, 5000}, {257, 4, 1, 5000}, {258, 3, 1, 8}, {259, 3, 1, 1},
                         {262, 3, 1, 2},    {273, 4, 1, 8},    {277, 3, 1, 3}, {278, 4, 1, 0},
                         {279, 4, 1, 1000}, {284, 3, 1, 1}};
    static const unsigned by_rows[] = {1, 2, 3, 4, 5, 8, 32773, 32946};
    static const unsigned whole[] = {6, 7, 34661, 34887, 50001, 50002, 65535};
    const uint64_t all = (uint64_t)5000 * 5000 * 3;
    tags[7].value = 5000;
    for (size_t i = 0; i < sizeof by_rows / sizeof *by_rows; i++) {
        tags[3].value = by_rows[i];
        struct th_bytes b = tiff(tags, 10);
        cr_expect_leq(estimate(&b), 40 * MB, "compression %u", by_rows[i]);
    }
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        tags[3].value = whole[i];
        struct th_bytes b = tiff(tags, 10);
        uint64_t bytes = estimate(&b);
        cr_expect(bytes >= 2 * all && bytes <= 4 * all, "compression %u: %llu", whole[i],
                  (unsigned long long)bytes);
    }
    tags[3].value = 50000;
    struct th_bytes b = tiff(tags, 10);
    cr_expect_geq(estimate(&b), all, "the window of zstd");
}

Test(estimate, codecs_of_a_tiff_that_keep_whole_tiles)
{
    struct tag tags[] = {{256, 4, 1, 4096}, {257, 4, 1, 4096}, {258, 3, 1, 8},    {259, 3, 1, 8},
                         {262, 3, 1, 2},    {277, 3, 1, 3},    {322, 4, 1, 4096}, {323, 4, 1, 4096},
                         {324, 4, 1, 8},    {325, 4, 1, 100}};
    struct th_bytes b = tiff(tags, 10);
    uint64_t plain = estimate(&b), tile = (uint64_t)4096 * 4096 * 3;
    for (int i = 0; i < 2; i++) {
        tags[3].value = i ? 50001 : 7;
        b = tiff(tags, 10);
        cr_expect_geq(estimate(&b), plain + 2 * tile);
    }
}

/* As for libtiff, the first of entries with one tag. */
Test(estimate, a_tag_of_a_tiff_that_comes_twice)
{
    struct tag tags[] = {{256, 4, 1, 300000}, {256, 4, 1, 10},         {257, 4, 1, 128},
                         {258, 3, 1, 8},      {256, 4, UINT32_MAX, 1}, {262, 3, 1, 2},
                         {277, 3, 1, 3},      {278, 4, 1, 128},        {278, 4, 1, 1},
                         {279, 4, 1, 1000}};
    struct th_bytes b = tiff(tags, 10);
    uint64_t bytes = estimate(&b), strip = (uint64_t)300000 * 128 * 3;
    cr_expect(bytes >= 2 * strip && bytes <= 6 * strip, "%llu", (unsigned long long)bytes);
}

/* What libvips refuses at the header needs nothing, or its cause would not be told. */
Test(estimate, a_tiff_of_samples_that_nobody_decodes)
{
    static const unsigned wrong[][2] = {{8, 10001}, {8, 65535}, {8, 0},
                                        {0, 3},     {129, 1},   {65535, 1}};
    struct tag tags[] = {{256, 4, 1, 50000}, {257, 4, 1, 50000}, {258, 3, 1, 8}, {262, 3, 1, 2},
                         {273, 4, 1, 8},     {277, 3, 1, 3},     {278, 4, 1, 64}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tags[2].value = wrong[i][0];
        tags[5].value = wrong[i][1];
        struct th_bytes b = tiff(tags, 7);
        cr_expect_leq(estimate(&b), 16 * MB, "%u bits, %u samples", wrong[i][0], wrong[i][1]);
    }
    tags[2].value = 64;
    tags[5].value = 10000;
    struct th_bytes b = tiff(tags, 7);
    cr_expect_geq(estimate(&b), 50000 * 64 * (uint64_t)80000);
}

Test(estimate, tiles_of_a_tiff_come_by_the_row)
{
    struct tag tags[] = {{256, 4, 1, 50000}, {257, 4, 1, 50000}, {258, 3, 1, 8},   {259, 3, 1, 8},
                         {262, 3, 1, 2},     {277, 3, 1, 3},     {322, 4, 1, 256}, {323, 4, 1, 256},
                         {324, 4, 1, 8},     {325, 4, 1, 100}};
    struct th_bytes b = tiff(tags, 10);
    uint64_t bytes = estimate(&b), row = (uint64_t)50000 * 256 * 3;
    cr_expect(bytes >= 2 * row && bytes <= 4 * row, "%llu", (unsigned long long)bytes);
    tags[6].value = tags[7].value = UINT32_MAX;
    b = tiff(tags, 10);
    cr_expect_geq(estimate(&b), (uint64_t)1 << 60);
}

Test(estimate, a_tiff_without_sense_is_not_known)
{
    static const char *const files[] = {"II*\0\xff\xff\xff\xff", "II*\0\x08\0\0\0\xff\xff",
                                        "MM\0+\0\x08\0\0"};
    struct thumbs_image_options o = options(UINT64_MAX);
    for (size_t i = 0; i < 3; i++) {
        bool known = true;
        cr_expect_leq(estimate_with(files[i], i == 1 ? 10 : 8, &o, &known), 16 * MB);
        cr_expect_not(known);
    }
    /* BigTIFF, a tile width near 2^64. */
    struct th_bytes b = {0};
    th_bytes_add(&b, "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0", 24);
    const unsigned tag[] = {256, 257, 322, 323};
    for (int i = 0; i < 4; i++) {
        add_le(&b, tag[i] | 16 << 16, 4);
        add_le(&b, 1, 8);
        add_le(&b, i == 2 ? UINT64_MAX : 5000, 8);
    }
    cr_expect_eq(estimate(&b), UINT64_MAX);
}

/* ---- others ---- */

static struct th_bytes webp_lossless(unsigned width, unsigned height)
{
    struct th_bytes b = {0};
    th_bytes_add(&b, "RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2f", 21);
    add_le(&b, (width - 1) | (uint32_t)(height - 1) << 14, 4);
    add_le(&b, 0, 11);
    return b;
}

Test(estimate, a_webp_is_reduced_while_it_is_decoded_unless_it_is_lossless)
{
    struct th_bytes b = webp_lossless(16384, 16384);
    cr_expect_geq(estimate(&b), (uint64_t)16384 * 16384 * 4);
    th_bytes_add(&b, "RIFF\x20\0\0\0WEBPVP8 \x10\0\0\0\0\0\0\x9d\x01\x2a", 26);
    add_le(&b, 16000, 2);
    add_le(&b, 16000, 2);
    add_le(&b, 0, 10);
    cr_expect_leq(estimate(&b), 24 * MB);
}

/* Boxes of boxes, an ispe in the innermost. */
static struct th_bytes avif(uint32_t width, uint32_t height, const char *av1c)
{
    struct th_bytes b = {0};
    th_bytes_add(&b,
                 "\0\0\0\x18"
                 "ftypavif\0\0\0\0avifmif1",
                 24);
    test_add_be(&b, 12 + 8 + 8 + 20 + 12, 4);
    th_bytes_add(&b, "meta\0\0\0\0", 8);
    test_add_be(&b, 8 + 8 + 20 + 12, 4);
    th_bytes_adds(&b, "iprp");
    test_add_be(&b, 8 + 20 + 12, 4);
    th_bytes_adds(&b, "ipco");
    test_add_be(&b, 20, 4);
    th_bytes_add(&b, "ispe\0\0\0\0", 8);
    test_add_be(&b, width, 4);
    test_add_be(&b, height, 4);
    test_add_be(&b, 12, 4);
    th_bytes_adds(&b, "av1C");
    th_bytes_add(&b, av1c, 4);
    return b;
}

Test(estimate, heif_and_avif_are_decoded_whole)
{
    uint64_t pixels = (uint64_t)6000 * 4000;
    struct th_bytes b = avif(6000, 4000, "\x81\x04\x0c\0");
    uint64_t half = estimate(&b);
    cr_expect(half >= 8 * pixels && half <= 14 * pixels);
    b = avif(6000, 4000, "\x81\x24\x40\0");
    cr_expect_geq(estimate(&b), 26 * pixels, "full chroma, more than 8 bits");
    b = avif(UINT32_MAX, UINT32_MAX, "\x81\x24\x40\0");
    cr_expect_eq(estimate(&b), UINT64_MAX);
}

Test(estimate, what_is_not_decoded_needs_nothing)
{
    static const char *const files[] = {"", "x", "no picture at all", "%PDF-1.7\n",
                                        "qoif\xff\xff\xff\xff"};
    struct thumbs_image_options o = options(UINT64_MAX);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        bool known = true;
        cr_expect_leq(estimate_with(files[i], strlen(files[i]), &o, &known), 16 * MB);
        cr_expect_not(known);
    }
}

/* Pictures on pages of PDF, whose heads are never compressed: the largest counts, its sides in
 * either order, up to what may be decoded at all. */
Test(estimate, pictures_in_pdf)
{
    static const struct {
        const char *text;
        uint64_t pixels;
    } files[] = {
        {"%PDF-1.7\n<</Width 3000/Height 2000/Subtype/Image>>", 6000000},
        {"%PDF-1.7\n<</Height 10/Width 10>>stream<</Height\n4000 /Width  5000>>", 20000000},
        {"%PDF-1.7\n<</Width 99999999999999999999/Height 99999999999999>>", 500000000},
        {"%PDF-1.7\n<</Width 7 0 R/Height>>/Width", 0}};
    struct thumbs_image_options o = options(500000000);
    bool known;
    o.allow_untrusted = 1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const size_t len = strlen(files[i].text);
        char blank[100];
        memset(blank, ' ', len);
        memcpy(blank, files[i].text, 9);
        const uint64_t without = estimate_with(blank, len, &o, &known),
                       with = estimate_with(files[i].text, len, &o, &known);
        cr_expect_eq(with - without, 4 * files[i].pixels, "%s: %llu", files[i].text,
                     (unsigned long long)(with - without));
    }
}

Test(estimate, a_document_that_is_admitted_needs_room_for_its_page)
{
    static const char pdf[] = "%PDF-1.7\n";
    struct thumbs_image_options o = options(UINT64_MAX);
    bool known = false;
    o.allow_untrusted = 1;
    const uint64_t small = estimate_with(pdf, sizeof pdf - 1, &o, &known);
    cr_expect(known);
    o.sizes[0] = (struct thumbs_size){8000, 8000, true};
    const uint64_t large = estimate_with(pdf, sizeof pdf - 1, &o, &known);
    cr_expect(large > small + (uint64_t)8000 * 8000 * 8, "%llu, %llu", (unsigned long long)small,
              (unsigned long long)large);
}

Test(estimate, more_and_larger_thumbnails_need_more)
{
    struct thumbs_image_options o = options(UINT64_MAX);
    struct th_bytes b = jpeg(0xC0, 6000, 4000, 3, 2, true);
    bool known = false;
    uint64_t small = estimate_with(b.data, b.len, &o, &known);
    o.sizes[o.n_sizes++] = (struct thumbs_size){2000, 2000, true};
    uint64_t two = estimate_with(b.data, b.len, &o, &known);
    cr_expect_geq(two, small + 6000 * 4000 / 2);
    o.formats[o.n_formats++] = THUMBS_FORMAT_WEBP;
    cr_expect_geq(estimate_with(b.data, b.len, &o, &known), two + 2000 * 1333 * 10);
    o.sizes[0] = (struct thumbs_size){THUMBS_MAX_SIDE, THUMBS_MAX_SIDE, true};
    o.enlarge = 1;
    cr_expect_geq(estimate_with(b.data, b.len, &o, &known), 50 * GB);
    th_bytes_finish(&b);
}

/* libheif decodes the tiles of a grid with several decoders at once, each with all its threads. */
Test(estimate, a_grid_of_avif_needs_more_than_one_picture)
{
    struct th_bytes b = avif(600, 400, "\x81\x04\x0c\0"), items = {0};
    uint64_t one = estimate(&b);
    test_add_be(&items, 14 + 21, 4);
    th_bytes_add(&items, "iinf\0\0\0\0\0\1", 10);
    test_add_be(&items, 21, 4);
    th_bytes_add(&items, "infe\2\0\0\0\0\1\0\0grid", 17);
    b = avif(600, 400, "\x81\x04\x0c\0");
    th_bytes_add(&b, items.data, items.len);
    th_bytes_finish(&items);
    uint64_t grid = estimate(&b);
    cr_expect_geq(grid, one + 3 * 256 * 1024);
    cr_expect_leq(grid, one + 3 * 256 * MB);
}

/* ---- what contradicts itself, what is very long ---- */

/* As libtiff has it. */
Test(estimate, the_first_of_two_equal_tags_counts)
{
    struct tag tags[] = {{256, 4, 1, 5000}, {257, 4, 1, 5000}, {277, 3, 1, 3},
                         {258, 3, 1, 8},    {278, 4, 1, 64},   {284, 3, 1, 1},
                         {256, 4, 1, 1},    {257, 4, 1, 1},    {278, 4, 1, 1}};
    struct th_bytes b = tiff(tags, 6), again = tiff(tags, 9);
    uint64_t first = estimate(&b), both = estimate(&again);
    cr_expect(both >= first && both <= first + MB, "%llu and %llu", (unsigned long long)first,
              (unsigned long long)both);
}

Test(estimate, a_webp_is_as_large_as_the_largest_of_its_sizes)
{
    struct th_bytes b = {0};
    th_bytes_add(&b, "RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0VP8L\x10\0\0\0\x2f", 39);
    add_le(&b, 16383 | 16383u << 14, 4);
    add_le(&b, 0, 11);
    cr_expect_geq(estimate(&b), (uint64_t)16384 * 16384 * 4);
}

/* Photoshop and phones write megabytes of markers in front of the picture. */
Test(estimate, a_jpeg_is_read_behind_megabytes_of_markers)
{
    struct th_bytes head = jpeg(0xC0, 6000, 4000, 3, 2, true), b = {0};
    uint8_t *data = calloc(1, 65533);
    th_bytes_add(&b, head.data, 2);
    for (int i = 0; i < 200; i++) {
        test_add_be(&b, 0xFFEDFFFF, 4);
        th_bytes_add(&b, data, 65533);
    }
    th_bytes_add(&b, head.data + 2, head.len - 2);
    free(data);
    th_bytes_finish(&head);
    cr_expect_leq(estimate(&b), 12 * MB);
}

/* ---- hostile: time ---- */

/* The largest file that is tried; of it so much is filled, the rest zeros that are not there. */
#define LEN    ((size_t)GB)
#define FILLED ((size_t)64 << 20)
/* A millisecond is aimed at; a sanitizer and a slow machine take their share. */
#define MOST_MS 50

static uint8_t *space;

static void make_space(void)
{
    space =
        mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert_neq(space, MAP_FAILED);
}

static void drop_space(void)
{
    munmap(space, LEN);
}

/* `head`, then `unit` again and again; then the estimate of a file of a gigabyte that begins so,
 * and of one that ends with the last unit. It must not cost much, the best of three. */
static uint64_t estimate_of_many(const char *what, struct th_bytes *head, const void *unit,
                                 size_t n)
{
    struct thumbs_image_options o = options(500000000);
    uint64_t bytes = 0, other = 0, best = UINT64_MAX;
    memcpy(space, head->data, head->len);
    size_t at = head->len;
    for (; at + n <= FILLED; at += n)
        memcpy(space + at, unit, n);
    for (int i = 0; i < 3; i++) {
        uint64_t from_ns = test_thread_cpu_ns();
        th_image_estimate(space, LEN, &o, &bytes);
        th_image_estimate(space, at, &o, &other);
        uint64_t ns = test_thread_cpu_ns() - from_ns;
        if (ns < best) best = ns;
    }
    cr_expect_leq((double)best, MOST_MS * 1e6 * test_slower(), "%s: %.1f ms", what,
                  (double)best / 1e6);
    th_bytes_finish(head);
    return bytes;
}

static struct th_bytes bytes_of(const char *data, size_t n)
{
    struct th_bytes b = {0};
    th_bytes_add(&b, data, n);
    return b;
}

Test(estimate, no_markers_of_a_jpeg_take_long, .init = make_space, .fini = drop_space,
     .timeout = 120)
{
    static const struct {
        const char *name, *unit;
        size_t n;
    } units[] = {
        {"jpeg zeros", "\0", 1},
        {"jpeg fill bytes", "\xff", 1},
        {"jpeg stuffed bytes", "\xff\0", 2},
        {"jpeg restarts", "\xff\xd0", 2},
        {"jpeg comments", "\xff\xfe\0\2", 4},
        {"jpeg Huffman tables", "\xff\xc4\0\x13\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21},
        {"jpeg profiles", "\xff\xe2\0\x10ICC_PROFILE\0\1\1", 18},
        {"jpeg rubbish", "\xff\xfe\0\2 ", 5},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct th_bytes head = bytes_of("\xff\xd8\xff\xe0\0\x02", 6);
        uint64_t bytes = estimate_of_many(units[i].name, &head, units[i].unit, units[i].n);
        cr_expect_geq(bytes, (uint64_t)490000000 * 8, "%s: what comes may be of any size",
                      units[i].name);
        head = jpeg(0xC2, 3000, 2000, 3, 2, false);
        bytes = estimate_of_many(units[i].name, &head, units[i].unit, units[i].n);
        cr_expect(bytes >= (uint64_t)3000 * 2000 * 3 && bytes <= 100 * MB, "%s, behind the size",
                  units[i].name);
    }
}

Test(estimate, no_chunks_of_a_png_take_long, .init = make_space, .fini = drop_space, .timeout = 120)
{
    static const char *const names[] = {"tRNS", "zTXt", "gAMA"};
    for (int i = 0; i < 3; i++) {
        struct th_bytes head = png(3000, 2000, 8, 2, false), unit = {0};
        add_chunk(&unit, names[i], "", 0);
        uint64_t bytes = estimate_of_many("png chunks", &head, unit.data, unit.len);
        cr_expect_geq(bytes, i == 1 ? LEN : 20 * GB, "text may come, as much as libpng keeps");
        th_bytes_finish(&unit);
    }
    struct th_bytes head = png(3000, 2000, 8, 2, false), unit = {0};
    add_chunk(&unit, "IDAT", "", 0);
    cr_expect_leq(estimate_of_many("png data", &head, unit.data, unit.len), LEN + 64 * MB);
    th_bytes_finish(&unit);
}

Test(estimate, no_blocks_of_a_gif_take_long, .init = make_space, .fini = drop_space, .timeout = 120)
{
    struct th_bytes head = gif(30, 20, 1);
    head.data[head.len - 1] = 0x21;
    th_bytes_addc(&head, (char)0xFE);
    uint64_t bytes = estimate_of_many("gif blocks", &head, "\1", 1);
    cr_expect_leq(bytes, 16 * MB, "what comes behind the first frame does not matter");
    head = gif(30, 20, 0);
    head.data[head.len - 1] = 0x21;
    th_bytes_addc(&head, (char)0xFE);
    cr_expect_geq(estimate_of_many("gif comment", &head, "\1", 1), (uint64_t)490000000);
    head = gif(30, 20, 0);
    head.len--;
    struct th_bytes frame = gif(1, 1, 1);
    estimate_of_many("gif frames", &head, frame.data + 13, frame.len - 14);
    th_bytes_finish(&frame);
}

/* Sub-blocks as encoders write them are all seen, in a file of 32 MB. */
Test(estimate, a_long_gif_is_walked_to_its_end)
{
    struct th_bytes b = gif(400, 300, 1);
    b.len -= 2;
    uint8_t block[256] = {255};
    for (int i = 0; i < 1 << 17; i++)
        th_bytes_add(&b, block, sizeof block);
    add_le(&b, 0x3B00, 2);
    cr_expect_leq(estimate(&b), 16 * MB);
}

Test(estimate, no_chunks_of_a_webp_take_long, .init = make_space, .fini = drop_space,
     .timeout = 120)
{
    struct th_bytes head = {0};
    th_bytes_add(&head, "RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x0f\0\xff\x0f\0", 30);
    uint64_t bytes = estimate_of_many("webp chunks", &head, "JUNK\0\0\0\0", 8);
    cr_expect_leq(bytes, 16 * MB, "a picture behind so many is not decoded");
    th_bytes_add(&head, "RIFF\xff\xff\xff\xffWEBP", 12);
    estimate_of_many("webp frames", &head, "ANMF\0\0\0\0", 8);
}

Test(estimate, no_directory_of_a_tiff_takes_long, .init = make_space, .fini = drop_space,
     .timeout = 120)
{
    static const unsigned counts[] = {4096, 4097, 65535};
    for (int i = 0; i < 3; i++) {
        /* One of each tag that is read, and lengths of strips again and again: as many as may be,
         * all in one place. */
        struct tag tags[65535] = {{256, 4, 1, 3000}, {257, 4, 1, 2000}};
        for (unsigned k = 2; k < counts[i]; k++)
            tags[k] = (struct tag){k < 70 ? 257 + k : k % 2 ? 279 : 325, 4, 65536, 8};
        struct th_bytes head = tiff(tags, counts[i]);
        uint64_t bytes = estimate_of_many("tiff", &head, "\xff", 1);
        if (i == 0)
            cr_expect_geq(bytes, (uint64_t)3000 * 2000, "libtiff takes so many");
        else
            cr_expect_leq(bytes, 16 * MB, "but not these");
    }
}

Test(estimate, no_boxes_of_a_heif_take_long, .init = make_space, .fini = drop_space, .timeout = 120)
{
    static const char *const units[] = {"\0\0\0\x0c"
                                        "free\0\0\0",
                                        "\0\0\0\x0c"
                                        "meta\0\0\0",
                                        "\0\0\0\x08"
                                        "iprp"};
    for (int i = 0; i < 3; i++) {
        struct th_bytes head = avif(600, 400, "\x81\x04\x0c\0");
        uint64_t bytes = estimate_of_many("heif boxes", &head, units[i], i < 2 ? 12 : 8);
        cr_expect_geq(bytes, (uint64_t)490000000 * 32, "a larger picture may come");
    }
    struct th_bytes head = avif(600, 400, "\x81\x04\x0c\0");
    test_add_be(&head, 0x7FFFFFFF, 4);
    th_bytes_add(&head, "iinf\0\0\0\0\0\1", 10);
    estimate_of_many("heif items", &head, "\0\0\0\x15infe\2\0\0\0\0\1\0\0av01", 21);
}

/* ---- hostile: bytes ---- */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* A sample cut anywhere in its first part, and with bytes of it overwritten. */
static void torture(const uint8_t *data, size_t len, uint32_t *seed)
{
    struct thumbs_image_options o = options(UINT64_MAX);
    bool known;
    for (size_t n = 0; n <= len && n < 700; n += n < 64 ? 1 : 7)
        estimate_with(data, n, &o, &known);
    size_t part = len < 4096 ? len : 4096;
    uint8_t *copy = malloc(part);
    for (int i = 0; i < 100; i++) {
        memcpy(copy, data, part);
        for (int k = 0; k < 3; k++) {
            size_t at = 4 + next_random(seed) % (part < 400 ? part : 400);
            if (at < part) copy[at] = i % 3 ? (uint8_t)next_random(seed) : 0xFF;
        }
        estimate_with(copy, part, &o, &known);
    }
    free(copy);
}

Test(estimate, samples_cut_and_overwritten, .timeout = 120)
{
    static const char *const folders[] = {"jpeg", "png", "gif", "webp", "tiff", "broken", "lying"};
    uint32_t seed = 2463534242;
    unsigned n = 0;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", TEST_SAMPLES, folders[f]);
        DIR *dir = opendir(path);
        cr_assert_not_null(dir, "%s", path);
        for (struct dirent *entry; (entry = readdir(dir));) {
            uint8_t data[8192];
            snprintf(path, sizeof path, "%s/%s/%s", TEST_SAMPLES, folders[f], entry->d_name);
            FILE *in = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
            if (!in) continue;
            size_t len = fread(data, 1, sizeof data, in);
            fclose(in);
            if (len > 0) torture(data, len, &seed);
            n++;
        }
        closedir(dir);
    }
    cr_assert_gt(n, 50u);
}

/* SPDX-License-Identifier: MIT */
/* The image room. Pictures are made here by its own encoders, or come from the corpus of real files
 * (THUMBS_CORPUS). */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "image/camera/raw_names.h"
#include "image/encode.h"
#include "image/formats.h"
#include "image/geometry.h"
#include "image/icc.h"
#include "image/image.h"
#include "image/judge.h"
#include "image/pixels.h"
#include "image/rowscale.h"
#include "image/svg_root.h"
#include "support/corpus.h"
#include "support/made.h"
#include "support/picture.h"

/* ---- helpers ---- */

static void made_finish(struct test_made *m)
{
    th_sink_finish_heap(&m->sink);
}

/* Pixels of an encoded PNG. */
static struct th_pixels decode_png(const uint8_t *data, size_t len)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    cr_assert(png_image_begin_read_from_memory(&png, data, len), "%s", png.message);
    png.format &= ~PNG_FORMAT_FLAG_COLORMAP;
    uint32_t bands = PNG_IMAGE_PIXEL_CHANNELS(png.format);
    struct th_pixels p = {0};
    cr_assert(th_pixels_init(&p, png.width, png.height, bands));
    cr_assert(png_image_finish_read(&png, NULL, p.data, 0, NULL), "%s", png.message);
    return p;
}

static struct th_pixels decode_jpeg(const uint8_t *data, size_t len)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, data, len);
    cr_assert_eq(jpeg_read_header(&jpeg, TRUE), JPEG_HEADER_OK);
    jpeg_start_decompress(&jpeg);
    struct th_pixels p = {0};
    cr_assert(th_pixels_init(&p, jpeg.output_width, jpeg.output_height,
                             (uint32_t)jpeg.output_components));
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = p.data + (size_t)jpeg.output_scanline * p.width * p.bands;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    return p;
}

static struct th_pixels output_pixels(const struct test_made *m, uint32_t i)
{
    cr_assert_eq(m->code, THUMBS_OK, "%s", m->err.message);
    cr_assert_lt(i, m->result.n_outputs);
    const struct th_image_output *o = &m->result.outputs[i];
    const uint8_t *data = m->sink.data + o->offset;
    struct th_pixels p =
        o->format == THUMBS_FORMAT_PNG ? decode_png(data, o->len) : decode_jpeg(data, o->len);
    cr_assert_eq(p.width, o->width);
    cr_assert_eq(p.height, o->height);
    return p;
}

/* A picture whose four quarters can be told apart, with a smooth ramp in it. */
static struct th_pixels scene(uint32_t width, uint32_t height, uint32_t bands)
{
    static const uint8_t quarters[4][3] = {
        {200, 40, 40}, {40, 180, 60}, {50, 60, 200}, {210, 200, 60}};
    struct th_pixels p = {0};
    cr_assert(th_pixels_init(&p, width, height, bands));
    uint8_t *to = p.data;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            const uint8_t *c = quarters[(y >= height / 2) * 2 + (x >= width / 2)];
            uint32_t ramp = x * 40 / width;
            for (uint32_t band = 0; band < bands; band++)
                *to++ = (uint8_t)(c[band % 3] + ramp);
            if (bands == 2 || bands == 4) to[-1] = 255;
        }
    return p;
}

static struct th_sink encoded(const struct th_pixels *p, enum thumbs_format format)
{
    struct th_sink sink;
    struct thumbs_error err = {0};
    th_sink_init_heap(&sink);
    enum thumbs_code code =
        format == THUMBS_FORMAT_JPEG
            ? th_encode_jpeg(p, &(struct th_encode_how){.quality = 92}, &sink, &err)
        : format == THUMBS_FORMAT_WEBP
            ? th_encode_webp(p, &(struct th_encode_how){.quality = 92}, &sink, &err)
            : th_encode_png(p, &(struct th_encode_how){.quality = 80}, &sink, &err);
    cr_assert_eq(code, THUMBS_OK, "%s", err.message);
    return sink;
}

static double mean_difference(const struct th_pixels *a, const struct th_pixels *b)
{
    cr_assert_eq(a->width, b->width);
    cr_assert_eq(a->height, b->height);
    cr_assert_eq(a->bands, b->bands);
    size_t n = (size_t)a->width * a->height * a->bands;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += abs(a->data[i] - b->data[i]);
    return sum / (double)n;
}

/* ---- sniffing and names ---- */

struct sniff_case {
    const char *bytes;
    size_t len;
    enum thumbs_format format;
};
#define CASE(text, format)                                                                         \
    {                                                                                              \
        text, sizeof(text) - 1, format                                                             \
    }

Test(image_sniff, knows_formats_by_content)
{
    static const struct sniff_case cases[] = {
        CASE("\xff\xd8\xff\xe0", THUMBS_FORMAT_JPEG),
        CASE("\x89PNG\r\n\x1a\n\0\0", THUMBS_FORMAT_PNG),
        CASE("GIF89a..", THUMBS_FORMAT_GIF),
        CASE("RIFF\x10\0\0\0WEBPVP8 ", THUMBS_FORMAT_WEBP),
        CASE("RIFF\x10\0\0\0WAVEfmt ", THUMBS_FORMAT_NONE),
        CASE("II*\0\x08\0\0\0", THUMBS_FORMAT_TIFF),
        CASE("MM\0*\0\0\0\x08", THUMBS_FORMAT_TIFF),
        CASE("II+\0\x08\0\0\0", THUMBS_FORMAT_TIFF),
        CASE("MM\0+\0\x08\0\0", THUMBS_FORMAT_TIFF),
        CASE("\0\0\0\030ftypheic\0\0\0\0mif1heic", THUMBS_FORMAT_HEIF),
        CASE("\0\0\0\034ftypmif1\0\0\0\0mif1avifmiaf", THUMBS_FORMAT_AVIF),
        CASE("\0\0\0\030ftypavif\0\0\0\0mif1miaf", THUMBS_FORMAT_AVIF),
        CASE("\0\0\0\030ftypisom\0\0\0\0isommp42", THUMBS_FORMAT_NONE),
        CASE("\0\0\0\014ftypisom"
             "avif",
             THUMBS_FORMAT_NONE), /* the brand lies outside the box */
        CASE("\0\0\0\x0cJXL \r\n\x87\n", THUMBS_FORMAT_JXL),
        CASE("\xff\x0a\xfa\x1f", THUMBS_FORMAT_JXL),
        CASE("\0\0\0\x0cjP  \r\n\x87\n", THUMBS_FORMAT_JP2K),
        CASE("\xff\x4f\xff\x51\0", THUMBS_FORMAT_JP2K),
        CASE("%PDF-1.7\n", THUMBS_FORMAT_PDF),
        CASE("8BPS\0\x01\0\0", THUMBS_FORMAT_OTHER),
        CASE("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01", THUMBS_FORMAT_BMP),
        CASE("BMW is a maker of cars and so on", THUMBS_FORMAT_NONE),
        CASE("P6\n2 2\n255\n", THUMBS_FORMAT_PNM),
        CASE("P6 is no picture", THUMBS_FORMAT_NONE),
        CASE("<svg xmlns='http://www.w3.org/2000/svg'>", THUMBS_FORMAT_SVG),
        CASE("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b --><svg>", THUMBS_FORMAT_SVG),
        CASE("<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C'", THUMBS_FORMAT_SVG),
        CASE("<!DOCTYPE x [<!ENTITY a '>'>]>\n<s:svg xmlns:s='x'>", THUMBS_FORMAT_SVG),
        CASE("<html><svg></svg></html>", THUMBS_FORMAT_NONE),
        CASE("<svgfont>", THUMBS_FORMAT_NONE),
        CASE("II*\0\020\0\0\0CR\2\0", THUMBS_FORMAT_RAW),
        CASE("II*\0\x08\0\0\0IIIITwaR", THUMBS_FORMAT_RAW), /* Phase One */
        CASE("\0\0\0\030ftypcrx \0\0\0\1", THUMBS_FORMAT_RAW),
        CASE("FUJIFILMCCD-RAW 0201", THUMBS_FORMAT_RAW),
        CASE("IIRO\x08\0\0\0", THUMBS_FORMAT_RAW),
        CASE("plain text", THUMBS_FORMAT_NONE),
        CASE("", THUMBS_FORMAT_NONE),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* A copy of just this length, so that the address sanitizer sees a read past the end. */
        uint8_t *copy = malloc(cases[i].len + (cases[i].len == 0));
        memcpy(copy, cases[i].bytes, cases[i].len);
        cr_expect_eq(th_image_sniff(copy, cases[i].len), cases[i].format, "case %zu", i);
        free(copy);
    }
}

Test(image_sniff, never_reads_past_the_end)
{
    static const char texts[][64] = {"<?xml version='1.0'?><!DOCTYPE a [<!-- -->]><svg:svg >",
                                     "<!DOCTYPE a [", "\0\0\0\034ftypmif1\0\0\0\0mif1avifmiaf",
                                     "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t len = 1; len <= sizeof texts[i]; len++) {
            uint8_t *copy = malloc(len);
            memcpy(copy, texts[i], len);
            enum thumbs_format format = th_image_sniff(copy, len);
            cr_expect_lt((int)format, (int)THUMBS_N_FORMATS);
            free(copy);
        }
}

static void expect_judged(bool all, const char *name, const char *bytes, size_t len,
                          enum thumbs_code code, const char *message)
{
    const struct thumbs_image_options options = {.allow_untrusted = all};
    struct thumbs_error err = {0};
    uint8_t *copy = malloc(len + (len == 0));
    memcpy(copy, bytes, len);
    enum thumbs_code got = th_image_judge(&options, copy, len, THUMBS_STAGE_LOAD, &err);
    if (got == THUMBS_OK && name)
        got = th_image_judge_name(name, copy, len, THUMBS_STAGE_LOAD, &err);
    cr_expect_eq(got, code, "%s: %s", name, err.message);
    cr_expect_str_eq(err.message, message);
    free(copy);
}
#define JUDGED(name, bytes, code, message)                                                         \
    expect_judged(false, name, bytes, sizeof(bytes) - 1, code, message)
#define JUDGED_ALL(name, bytes, code, message)                                                     \
    expect_judged(true, name, bytes, sizeof(bytes) - 1, code, message)

Test(image_judge, pictures_failures_and_what_is_passed_over)
{
    JUDGED("a.pdf", "\xff\xd8\xff\xe0", THUMBS_OK, "");
    JUDGED(NULL, "II*\0\x08\0\0\0", THUMBS_OK, "");
    JUDGED("a.tif", "MM\0*\0\0\0\x08", THUMBS_OK, "");
    JUDGED("a.bmp", "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01", THUMBS_OK, "");
    JUDGED("a", "P6\n2 2\n255\n", THUMBS_OK, "");
    JUDGED("a", "\0\0\0\034ftypmif1\0\0\0\0mif1avifmiaf", THUMBS_OK, "");
    if (th_format(THUMBS_FORMAT_PDF)->decoders[0]) {
        JUDGED("a.jpg", "%PDF-1.7\n", THUMBS_NOT_IMAGE,
               "is a PDF document, which is only taken with --allow-untrusted");
        JUDGED_ALL("a.jpg", "%PDF-1.7\n", THUMBS_OK, "");
    } else {
        JUDGED("a.jpg", "%PDF-1.7\n", THUMBS_NOT_IMAGE, "is a PDF document");
        JUDGED_ALL("a.jpg", "%PDF-1.7\n", THUMBS_UNSUPPORTED,
                   "pdf is decoded by libvips, which this build leaves out");
    }
    JUDGED_ALL("a", "8BPS\0\x01\0\0", THUMBS_NOT_IMAGE, "is a Photoshop file");
    JUDGED_ALL("a", "%!PS-Adobe-3.0", THUMBS_NOT_IMAGE, "is a PostScript document");
    JUDGED("a", "8BPS\0\x01\0\0", THUMBS_NOT_IMAGE, "is a Photoshop file");
    JUDGED("a", "\x76\x2f\x31\x01", THUMBS_NOT_IMAGE, "is an OpenEXR image");
    JUDGED("a", "\0\0\0\030ftypisom\0\0\0\0isommp42", THUMBS_NOT_IMAGE, "is a video (MPEG-4)");
    JUDGED("a", "plain text", THUMBS_NOT_IMAGE, "is not an image");
    JUDGED("a", "", THUMBS_NOT_IMAGE, "is empty");
    JUDGED("a.x.NEF", "MM\0*\0\0\0\x08", THUMBS_UNSUPPORTED,
           "named like a camera raw file (NEF), but is a TIFF without raw data");
    JUDGED("a.nef", "\xff\xd8\xff\xe0", THUMBS_OK, "");
    JUDGED("a", "II*\0\x08\0\0\0IIIIIIII", THUMBS_OK, "");
    if (th_format(THUMBS_FORMAT_RAW)->decoders[0]) {
        JUDGED("a", "II*\0\020\0\0\0CR\2\0", THUMBS_OK, "");
        JUDGED("a.CR3", "\0\0\0\030ftypcrx \0\0\0\1", THUMBS_OK, "");
    } else {
        JUDGED("a", "II*\0\020\0\0\0CR\2\0", THUMBS_UNSUPPORTED,
               "raw is decoded by LibRaw, which this build leaves out");
    }
}

/* A directory of one entry at the end of t; BigTIFF where t says so. */
static void add_directory(struct th_bytes *t, unsigned tag, unsigned type, uint64_t count,
                          uint64_t value, uint64_t next)
{
    const unsigned word = t->data[2] == 43 ? 8 : 4;
    const uint64_t fields[] = {1, tag, type, count, value, next};
    const unsigned lens[] = {word == 8 ? 8 : 2, 2, 2, word, word, word};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        for (unsigned k = 0; k < lens[i]; k++)
            th_bytes_addc(t, (char)(fields[i] >> 8 * k));
}

/* Whatever of it is cut off, nothing past the end is read. */
static const char *raw_in(struct th_bytes *t)
{
    for (size_t len = 0; len < t->len; len++) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, t->data, len);
        (void)th_raw_in_tiff(copy, len);
        free(copy);
    }
    const char *raw = th_raw_in_tiff((const uint8_t *)t->data, t->len);
    th_bytes_finish(t);
    return raw;
}

Test(image_judge, directories_of_a_tiff_tell_raw)
{
    struct th_bytes t = {0};
    for (int big = 0; big < 2; big++) {
        const char *head = big ? "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" : "II*\0\x08\0\0\0";
        const size_t head_len = big ? 16 : 8, len = big ? 36 : 18;
        const unsigned type = big ? 18 : 4;
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 262, 3, 1, 2, 0);
        cr_expect_null(raw_in(&t), "RGB");
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 262, 3, 1, 32803, 0);
        cr_expect_not_null(raw_in(&t), "a colour filter array");
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 0xC612, 1, 4, 0x0401, 0);
        cr_expect_not_null(raw_in(&t), "DNG");
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 0xC612, 1, 4, 0x0400, 0);
        cr_expect_null(raw_in(&t), "no version of DNG");
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 330, type, 1, head_len + len, 0);
        add_directory(&t, 262, 3, 1, 32803, 0);
        cr_expect_not_null(raw_in(&t), "below the first");
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 330, type, 1, head_len + len, 0);
        add_directory(&t, 262, 3, 1, 2, 0);
        cr_expect_null(raw_in(&t), "a plain picture below the first");
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 256, 3, 1, 2, head_len + len);
        add_directory(&t, 262, 3, 1, 34892, 0);
        cr_expect_not_null(raw_in(&t), "the second");
        /* Rings and offsets to nowhere end. */
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 330, type, UINT32_MAX, head_len, head_len);
        cr_expect_null(raw_in(&t));
        th_bytes_add(&t, head, head_len);
        add_directory(&t, 330, type, 1, UINT32_MAX, big ? UINT64_MAX : UINT32_MAX);
        cr_expect_null(raw_in(&t));
    }
}

Test(image_names, endings_and_outputs)
{
    cr_expect_eq(th_image_format_by_ext("JPG", 3), THUMBS_FORMAT_JPEG);
    cr_expect_eq(th_image_format_by_ext("jpeg.x", 4), THUMBS_FORMAT_JPEG);
    cr_expect_eq(th_image_format_by_ext("Heic", 4), THUMBS_FORMAT_HEIF);
    cr_expect_eq(th_image_format_by_ext("jp", 2), THUMBS_FORMAT_NONE);
    cr_expect_eq(th_image_format_by_ext("", 0), THUMBS_FORMAT_NONE);
    cr_expect_eq(th_image_format_by_ext("txt", 3), THUMBS_FORMAT_NONE);
    for (int f = 1; f < THUMBS_N_FORMATS; f++) {
        const char *ext = thumbs_format_ext((enum thumbs_format)f);
        if (*ext) cr_expect_eq((int)th_image_format_by_ext(ext, strlen(ext)), f, "%s", ext);
    }
    cr_expect_eq(th_image_output_format(THUMBS_FORMAT_WEBP, THUMBS_FORMAT_TIFF, true),
                 THUMBS_FORMAT_WEBP);
    cr_expect_eq(th_image_output_format(THUMBS_FORMAT_KEEP, THUMBS_FORMAT_PNG, false),
                 THUMBS_FORMAT_PNG);
    cr_expect_eq(th_image_output_format(THUMBS_FORMAT_KEEP, THUMBS_FORMAT_TIFF, true),
                 THUMBS_FORMAT_PNG);
    cr_expect_eq(th_image_output_format(THUMBS_FORMAT_KEEP, THUMBS_FORMAT_TIFF, false),
                 THUMBS_FORMAT_JPEG);
}

Test(image_sink, grows_and_keeps)
{
    struct th_sink sink;
    th_sink_init_heap(&sink);
    cr_assert(th_sink_add(&sink, NULL, 0));
    for (uint32_t i = 0; i < 50000; i++)
        cr_assert(th_sink_add(&sink, &i, sizeof i));
    cr_assert_eq(sink.len, 50000 * sizeof(uint32_t));
    for (uint32_t i = 0; i < 50000; i++) {
        uint32_t v;
        memcpy(&v, sink.data + i * sizeof v, sizeof v);
        cr_assert_eq(v, i);
    }
    cr_assert_not(th_sink_add(&sink, &sink, SIZE_MAX - 10));
    cr_assert_eq(sink.len, 50000 * sizeof(uint32_t));
    th_sink_finish_heap(&sink);
}

/* ---- geometry ---- */

struct fit_case {
    uint32_t width, height, box_width, box_height;
    enum thumbs_fit fit;
    bool enlarge;
    uint32_t scaled_width, scaled_height, canvas_width, canvas_height, cut_width, cut_height;
};

Test(image_geometry, fits)
{
    static const struct fit_case cases[] = {
        {4000, 3000, 256, 256, THUMBS_FIT_INSIDE, false, 256, 192, 256, 192, 4000, 3000},
        {3000, 4000, 256, 256, THUMBS_FIT_INSIDE, false, 192, 256, 192, 256, 3000, 4000},
        {4000, 3000, 256, 100, THUMBS_FIT_INSIDE, false, 133, 100, 133, 100, 4000, 3000},
        {4000, 3000, 256, 0, THUMBS_FIT_INSIDE, false, 256, 192, 256, 192, 4000, 3000},
        {4000, 3000, 0, 192, THUMBS_FIT_COVER, false, 256, 192, 256, 192, 4000, 3000},
        {100, 50, 256, 256, THUMBS_FIT_INSIDE, false, 100, 50, 100, 50, 100, 50},
        {100, 50, 256, 256, THUMBS_FIT_INSIDE, true, 256, 128, 256, 128, 100, 50},
        {100, 50, 256, 0, THUMBS_FIT_FILL, false, 100, 50, 100, 50, 100, 50},
        {100000, 10, 256, 256, THUMBS_FIT_INSIDE, false, 256, 1, 256, 1, 100000, 10},
        {4000, 3000, 100, 100, THUMBS_FIT_COVER, false, 100, 100, 100, 100, 3000, 3000},
        {3000, 4000, 100, 50, THUMBS_FIT_COVER, false, 100, 50, 100, 50, 3000, 1500},
        {150, 90, 100, 100, THUMBS_FIT_COVER, false, 100, 90, 100, 90, 100, 90},
        {80, 40, 100, 100, THUMBS_FIT_COVER, true, 100, 100, 100, 100, 40, 40},
        {4000, 3000, 256, 256, THUMBS_FIT_CONTAIN, false, 256, 192, 256, 256, 4000, 3000},
        {80, 40, 100, 100, THUMBS_FIT_CONTAIN, false, 80, 40, 100, 100, 80, 40},
        {4000, 3000, 10, 20, THUMBS_FIT_FILL, false, 10, 20, 10, 20, 4000, 3000},
        {5, 3000, 10, 20, THUMBS_FIT_FILL, false, 5, 20, 5, 20, 5, 3000},
        {5, 3000, 10, 20, THUMBS_FIT_FILL, true, 10, 20, 10, 20, 5, 3000},
        {1, 1, 1, 1, THUMBS_FIT_INSIDE, false, 1, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fit_case *c = &cases[i];
        struct thumbs_size size = {c->box_width, c->box_height, false};
        struct th_geometry g = th_geometry_fit(c->width, c->height, &size, c->fit, c->enlarge);
        cr_expect_eq(g.scaled_width, c->scaled_width, "case %zu: %u", i, g.scaled_width);
        cr_expect_eq(g.scaled_height, c->scaled_height, "case %zu: %u", i, g.scaled_height);
        cr_expect_eq(g.canvas_width, c->canvas_width, "case %zu: %u", i, g.canvas_width);
        cr_expect_eq(g.canvas_height, c->canvas_height, "case %zu: %u", i, g.canvas_height);
        cr_expect_eq(g.cut_width, c->cut_width, "case %zu: %u", i, g.cut_width);
        cr_expect_eq(g.cut_height, c->cut_height, "case %zu: %u", i, g.cut_height);
    }
}

/* Whatever the numbers: no side of 0, nothing beyond the box or the limit, nothing larger than the
 * source unless asked. */
Test(image_geometry, holds_its_promises)
{
    static const uint32_t sides[] = {
        1, 2, 3, 7, 255, 256, 257, 65500, 65501, 1000003, UINT32_MAX - 1, UINT32_MAX};
    static const uint32_t boxes[] = {0, 1, 2, 255, 256, 65500, UINT32_MAX};
    const size_t n_sides = sizeof sides / sizeof *sides, n_boxes = sizeof boxes / sizeof *boxes;
    for (size_t i = 0; i < n_sides * n_sides * n_boxes * n_boxes * 8; i++) {
        size_t k = i;
        enum thumbs_fit fit = (enum thumbs_fit)(k % 4);
        bool enlarge = k / 4 % 2;
        k /= 8;
        uint32_t width = sides[k % n_sides], height = sides[k / n_sides % n_sides];
        k /= n_sides * n_sides;
        struct thumbs_size size = {boxes[k % n_boxes], boxes[k / n_boxes], false};
        if (size.width == 0 && size.height == 0) continue;

        struct th_geometry g = th_geometry_fit(width, height, &size, fit, enlarge);
        bool sane = g.scaled_width >= 1 && g.scaled_height >= 1 && g.cut_width >= 1 &&
                    g.cut_height >= 1 && g.cut_width <= width && g.cut_height <= height &&
                    g.canvas_width <= THUMBS_MAX_SIDE && g.canvas_height <= THUMBS_MAX_SIDE &&
                    g.pad_left + g.scaled_width <= g.canvas_width &&
                    g.pad_top + g.scaled_height <= g.canvas_height;
        if (size.width) sane = sane && g.canvas_width <= size.width;
        if (size.height) sane = sane && g.canvas_height <= size.height;
        if (!enlarge) sane = sane && g.scaled_width <= width && g.scaled_height <= height;
        cr_assert(sane, "%u x %u into %u x %u, fit %d, enlarge %d", width, height, size.width,
                  size.height, fit, enlarge);
        struct th_geometry t = th_geometry_transposed(&g), back = th_geometry_transposed(&t);
        cr_assert(t.scaled_width == g.scaled_height && back.pad_left == g.pad_left &&
                  back.cut_width == g.cut_width);
    }
}

/* ---- pixels ---- */

/* Where a pixel of the upright w x h picture is stored, written down from the tag's definition:
 * which side of the picture row 0 and column 0 of the stored one are. */
static void stored_position(unsigned orientation, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
                            uint32_t *sx, uint32_t *sy)
{
    static const char row_0[] = "?ttbblrrl", column_0[] = "?lrrlttbb";
    const uint32_t from[128] = {['t'] = y, ['b'] = h - 1 - y, ['l'] = x, ['r'] = w - 1 - x};
    *sx = from[(unsigned char)column_0[orientation]];
    *sy = from[(unsigned char)row_0[orientation]];
}

Test(image_pixels, orientation)
{
    const uint32_t w = 5, h = 3;
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        bool swap = th_orientation_swaps(orientation);
        struct th_pixels p = {0};
        cr_assert(th_pixels_init(&p, swap ? h : w, swap ? w : h, 3));
        for (uint32_t y = 0; y < h; y++)
            for (uint32_t x = 0; x < w; x++) {
                uint32_t sx, sy;
                stored_position(orientation, x, y, w, h, &sx, &sy);
                uint8_t *at = p.data + ((size_t)sy * p.width + sx) * 3;
                at[0] = (uint8_t)x;
                at[1] = (uint8_t)y;
                at[2] = 77;
            }
        cr_assert(th_pixels_orient(&p, orientation));
        cr_assert_eq(p.width, w);
        cr_assert_eq(p.height, h);
        for (uint32_t i = 0; i < w * h; i++) {
            cr_expect_eq(p.data[i * 3], i % w, "orientation %u", orientation);
            cr_expect_eq(p.data[i * 3 + 1], i / w, "orientation %u", orientation);
            cr_expect_eq(p.data[i * 3 + 2], 77);
        }
        th_pixels_finish(&p);
    }
}

Test(image_pixels, flatten)
{
    static const uint8_t white[3] = {255, 255, 255}, red[3] = {255, 0, 0};
    struct th_pixels p = {0}, flat = {0};
    cr_assert(th_pixels_init(&p, 3, 1, 4));
    memcpy(p.data, (uint8_t[]){10, 20, 30, 255, 10, 20, 30, 0, 100, 100, 100, 128}, 12);
    cr_assert_not(th_pixels_is_opaque(&p));
    cr_assert(th_pixels_flatten(&p, white, &flat));
    cr_assert_eq(flat.bands, 3);
    cr_assert_arr_eq(flat.data, ((uint8_t[]){10, 20, 30, 255, 255, 255, 177, 177, 177}), 9);
    th_pixels_finish(&flat);
    th_pixels_finish(&p);

    cr_assert(th_pixels_init(&p, 2, 1, 2));
    memcpy(p.data, (uint8_t[]){50, 255, 50, 0}, 4);
    cr_assert(th_pixels_flatten(&p, white, &flat));
    cr_assert_eq(flat.bands, 1, "grey on grey stays grey");
    cr_assert_arr_eq(flat.data, ((uint8_t[]){50, 255}), 2);
    th_pixels_finish(&flat);
    cr_assert(th_pixels_flatten(&p, red, &flat));
    cr_assert_eq(flat.bands, 3);
    cr_assert_arr_eq(flat.data, ((uint8_t[]){50, 50, 50, 255, 0, 0}), 6);
    th_pixels_finish(&flat);
    th_pixels_drop_alpha(&p);
    cr_assert_eq(p.bands, 1);
    cr_assert_arr_eq(p.data, ((uint8_t[]){50, 50}), 2);
    th_pixels_finish(&p);
    cr_assert_not(th_pixels_init(&p, UINT32_MAX, UINT32_MAX, 4));
}

/* ---- rowscale ---- */

static struct th_pixels scaled(const struct th_pixels *p, uint32_t width, uint32_t height,
                               uint32_t strip)
{
    struct th_rowscale_plan plan = {.in_width = p->width,
                                    .in_height = p->height,
                                    .span_x = p->width,
                                    .span_y = p->height,
                                    .out_width = width,
                                    .out_height = height,
                                    .bands = p->bands,
                                    .alpha = th_pixels_has_alpha(p)};
    struct th_rowscale *r = th_rowscale_create(&plan);
    cr_assert_not_null(r);
    size_t stride = (size_t)p->width * p->bands;
    struct th_pixels out = {0};
    for (uint32_t y = 0; y < p->height; y += strip) {
        cr_assert_not(th_rowscale_take(r, &out), "it cannot be done at row %u", y);
        uint32_t n = p->height - y < strip ? p->height - y : strip;
        th_rowscale_feed(r, p->data + y * stride, stride, n);
    }
    cr_assert(th_rowscale_take(r, &out));
    th_rowscale_destroy(r);
    return out;
}

Test(image_rowscale, same_size_is_a_copy)
{
    for (uint32_t bands = 1; bands <= 4; bands++) {
        struct th_pixels p = scene(61, 43, bands), out = scaled(&p, 61, 43, 5);
        cr_expect_arr_eq(out.data, p.data, 61 * 43 * bands, "%u bands", bands);
        th_pixels_finish(&p);
        th_pixels_finish(&out);
    }
}

/* A flat colour stays what it is at every factor: weights sum to one and edges are not darkened. */
Test(image_rowscale, flat_stays_flat)
{
    static const uint32_t sizes[][4] = {{300, 200, 150, 100}, {300, 200, 7, 5},  {1000, 3, 10, 1},
                                        {3, 1000, 1, 10},     {50, 40, 333, 77}, {1, 1, 40, 30},
                                        {5000, 30, 3, 2},     {70000, 2, 1, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (uint32_t bands = 1; bands <= 4; bands++) {
            struct th_pixels p = {0};
            cr_assert(th_pixels_init(&p, sizes[i][0], sizes[i][1], bands));
            for (size_t k = 0; k < (size_t)p.width * p.height * bands; k++)
                p.data[k] = (uint8_t)(60 + 50 * (k % bands));
            struct th_pixels out = scaled(&p, sizes[i][2], sizes[i][3], 16);
            for (size_t k = 0; k < (size_t)out.width * out.height * bands; k++)
                cr_assert_leq(abs(out.data[k] - (int)(60 + 50 * (k % bands))), 0,
                              "size %zu, %u bands", i, bands);
            th_pixels_finish(&p);
            th_pixels_finish(&out);
        }
}

/* Lanczos-3 written down plainly, in two dimensions at once: what the streaming one must equal
 * where no box average helps. */
static double window(double x)
{
    x = fabs(x);
    if (x < 1e-9) return 1;
    return x >= 3 ? 0 : 3 * sin(M_PI * x) * sin(M_PI * x / 3) / (M_PI * M_PI * x * x);
}

static double plain_lanczos(const struct th_pixels *p, uint32_t band, double fx, double fy,
                            uint32_t x, uint32_t y)
{
    double sum = 0, weight = 0, sx = fmax(fx, 1), sy = fmax(fy, 1);
    for (uint32_t j = 0; j < p->height; j++) {
        double wy = window((j + 0.5 - (y + 0.5) * fy) / sy);
        for (uint32_t i = 0; wy != 0 && i < p->width; i++) {
            double w = wy * window((i + 0.5 - (x + 0.5) * fx) / sx);
            sum += w * p->data[((size_t)j * p->width + i) * p->bands + band];
            weight += w;
        }
    }
    return fmin(fmax(sum / weight, 0), 255);
}

static double worst_difference(const struct th_pixels *p, const struct th_pixels *out)
{
    double fx = (double)p->width / out->width, fy = (double)p->height / out->height, worst = 0;
    for (uint32_t y = 0; y < out->height; y++)
        for (uint32_t x = 0; x < out->width; x++)
            for (uint32_t band = 0; band < p->bands; band++) {
                double want = plain_lanczos(p, band, fx, fy, x, y);
                double got = out->data[((size_t)y * out->width + x) * p->bands + band];
                worst = fmax(worst, fabs(want - got));
            }
    return worst;
}

Test(image_rowscale, equals_plain_lanczos)
{
    static const uint32_t sizes[][2] = {{40, 30}, {33, 18}, {60, 29}, {131, 200}, {90, 18}};
    for (uint32_t bands = 1; bands <= 3; bands += 2)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct th_pixels p = scene(90, 70, bands),
                             out = scaled(&p, sizes[i][0], sizes[i][1], 7);
            cr_expect_leq(worst_difference(&p, &out), 0.51, "%u x %u", sizes[i][0], sizes[i][1]);
            th_pixels_finish(&p);
            th_pixels_finish(&out);
        }
}

/* With the box average before it, a large reduction stays close. */
Test(image_rowscale, large_reductions_are_close_to_lanczos)
{
    struct th_pixels p = scene(613, 411, 3), out = scaled(&p, 41, 27, 16);
    cr_expect_leq(worst_difference(&p, &out), 6);
    double sum = 0;
    for (uint32_t y = 0; y < out.height; y++)
        for (uint32_t x = 0; x < out.width; x++)
            sum += fabs(plain_lanczos(&p, 1, 613 / 41.0, 411 / 27.0, x, y) -
                        out.data[((size_t)y * out.width + x) * 3 + 1]);
    cr_expect_leq(sum / (out.width * out.height), 0.6);
    th_pixels_finish(&p);
    th_pixels_finish(&out);
}

Test(image_rowscale, strips_do_not_matter)
{
    struct th_pixels p = scene(307, 211, 4), whole = scaled(&p, 50, 31, 211);
    for (uint32_t strip = 1; strip < 40; strip += 6) {
        struct th_pixels out = scaled(&p, 50, 31, strip);
        cr_expect_arr_eq(out.data, whole.data, 50 * 31 * 4);
        th_pixels_finish(&out);
    }
    th_pixels_finish(&p);
    th_pixels_finish(&whole);
}

/* The colour of pixels that cannot be seen must not bleed into those that can. */
Test(image_rowscale, hidden_colours_do_not_bleed)
{
    for (uint32_t divisor = 2; divisor <= 20; divisor += 9) {
        struct th_pixels p = {0};
        cr_assert(th_pixels_init(&p, 200, 120, 4));
        for (uint32_t i = 0; i < 200 * 120; i++)
            memcpy(p.data + i * 4,
                   i % 200 < 100 ? (uint8_t[]){0, 0, 255, 255} : (uint8_t[]){255, 255, 0, 0}, 4);
        struct th_pixels out = scaled(&p, 200 / divisor, 120 / divisor, 16);
        for (uint32_t i = 0; i < out.width * out.height; i++) {
            const uint8_t *at = out.data + i * 4;
            if (at[3] > 8)
                cr_assert(at[0] <= 1 && at[1] <= 1 && at[2] >= 254, "%u %u %u %u", at[0], at[1],
                          at[2], at[3]);
            if (at[3] == 0) cr_assert(at[0] == 0 && at[1] == 0 && at[2] == 0);
        }
        th_pixels_finish(&p);
        th_pixels_finish(&out);
    }
}

Test(image_rowscale, refuses_nonsense)
{
    static const struct th_rowscale_plan bad[] = {
        {0, 10, 0, 10, 5, 5, 3, false, 0, 0, false},
        {10, 10, 11, 10, 5, 5, 3, false, 0, 0, false},
        {10, 10, 10, 10, 0, 5, 3, false, 0, 0, false},
        {10, 10, 10, 10, 5, 5, 5, true, 0, 0, false},
        {10, 10, 10, 10, 5, 5, 3, true, 0, 0, false},
        {10, 10, 10, 10, 5, 5, 0, false, 0, 0, false},
        {10, 10, NAN, 10, 5, 5, 3, false, 0, 0, false},
        {10, 10, 5, 5, 5, 5, 3, false, 6, 0, false},
        {10, 10, 5, 5, 5, 5, 3, false, 0, -1, false},
        {10, 10, 5, 5, 5, 5, 3, false, 0, NAN, false},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_null(th_rowscale_create(&bad[i]), "case %zu", i);
    th_rowscale_destroy(NULL);
}

/* ---- colour profiles ---- */

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24), p[1] = (uint8_t)(v >> 16), p[2] = (uint8_t)(v >> 8),
    p[3] = (uint8_t)v;
}

/* A matrix profile with one parametric curve for all three colours. */
static size_t make_profile(uint8_t out[512], const double xyz[3][3], double gamma, bool srgb_curve)
{
    static const char tags[][5] = {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"};
    memset(out, 0, 512);
    out[8] = 4; /* version */
    memcpy(out + 12, "mntrRGB XYZ ", 12);
    memcpy(out + 36, "acsp", 4);
    put32(out + 128, 6);
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t at = i < 3 ? 256 + 20 * i : 320;
        memcpy(out + 132 + 12 * i, tags[i], 4);
        put32(out + 136 + 12 * i, at);
        put32(out + 140 + 12 * i, i < 3 ? 20 : 32);
        if (i >= 3) continue;
        memcpy(out + at, "XYZ ", 4);
        for (uint32_t k = 0; k < 3; k++)
            put32(out + at + 8 + 4 * k, (uint32_t)(int32_t)lround(xyz[i][k] * 65536));
    }
    const double srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    memcpy(out + 320, "para", 4);
    out[329] = srgb_curve ? 3 : 0;
    for (uint32_t k = 0; k < (srgb_curve ? 5u : 1u); k++)
        put32(out + 332 + 4 * k, (uint32_t)lround((srgb_curve ? srgb[k] : gamma) * 65536));
    put32(out, 352);
    return 352;
}

static const double srgb_primaries[3][3] = {{0.4360747, 0.2225045, 0.0139322},
                                            {0.3850649, 0.7168786, 0.0971045},
                                            {0.1430804, 0.0606169, 0.7141733}};
static const double p3_primaries[3][3] = {
    {0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}};

Test(image_icc, knows_srgb)
{
    uint8_t profile[512];
    struct th_icc icc;
    size_t len = make_profile(profile, srgb_primaries, 0, true);
    th_icc_read(&icc, profile, len, 3);
    cr_assert_eq(icc.kind, TH_ICC_SRGB);
    len = make_profile(profile, srgb_primaries, 1.8, false);
    th_icc_read(&icc, profile, len, 3);
    cr_assert_eq(icc.kind, TH_ICC_RGB);
    th_icc_read(&icc, profile, len, 1);
    cr_assert_eq(icc.kind, TH_ICC_GREY, "grey is equal parts of red, green and blue");
    cr_expect_not(icc.ignored);
    len = make_profile(profile, srgb_primaries, 0, true);
    th_icc_read(&icc, profile, len, 1);
    cr_expect_eq(icc.kind, TH_ICC_SRGB);
    memcpy(profile + 16, "GRAY", 4);
    th_icc_read(&icc, profile, len, 3);
    cr_expect_eq(icc.kind, TH_ICC_OTHER, "a grey profile says nothing about colours");
    cr_expect(icc.ignored);
}

Test(image_icc, converts_display_p3)
{
    uint8_t profile[512];
    struct th_icc icc;
    size_t len = make_profile(profile, p3_primaries, 0, true);
    th_icc_read(&icc, profile, len, 4);
    cr_assert_eq(icc.kind, TH_ICC_RGB);
    struct th_pixels p = {0};
    cr_assert(th_pixels_init(&p, 3, 1, 4));
    /* Greys stay; P3 (200, 100, 50) is sRGB (213, 94, 34) within rounding; P3 red is outside of
     * sRGB and clipped. */
    memcpy(p.data, (uint8_t[]){128, 128, 128, 9, 200, 100, 50, 8, 255, 0, 0, 7}, 12);
    th_icc_apply(&icc, &p);
    static const uint8_t want[] = {128, 128, 128, 9, 213, 94, 34, 8, 255, 0, 0, 7};
    for (int i = 0; i < 12; i++)
        cr_expect_leq(abs(p.data[i] - want[i]), 3, "sample %d is %d", i, p.data[i]);
    cr_expect(p.data[3] == 9 && p.data[7] == 8 && p.data[11] == 7, "alpha is left alone");
    th_pixels_finish(&p);
}

/* Cut anywhere and changed anywhere, it is read within its bounds. */
Test(image_icc, survives_damage)
{
    uint8_t profile[512];
    size_t len = make_profile(profile, p3_primaries, 0, true);
    struct th_icc icc;
    for (size_t n = 0; n <= len; n++) {
        uint8_t *copy = malloc(n + (n == 0));
        memcpy(copy, profile, n);
        th_icc_read(&icc, copy, n, 3);
        cr_expect(n > 128 || icc.kind == TH_ICC_OTHER);
        free(copy);
    }
    srand(7);
    for (int i = 0; i < 400; i++) {
        uint8_t *copy = malloc(len);
        memcpy(copy, profile, len);
        for (int k = rand() % 4; k >= 0; k--)
            copy[128 + (size_t)rand() % (len - 128)] = (uint8_t)rand();
        th_icc_read(&icc, copy, len, 3);
        struct th_pixels p = {.data = (uint8_t[]){1, 2, 3}, .width = 1, .height = 1, .bands = 3};
        th_icc_apply(&icc, &p);
        free(copy);
    }
}

/* ---- encoders ---- */

Test(image_encode, png_is_exact)
{
    for (uint32_t bands = 1; bands <= 4; bands++) {
        struct th_pixels p = scene(37, 21, bands);
        if (bands % 2 == 0)
            p.data[bands - 1] = 3; /* else libpng's reader may take alpha for needless */
        struct th_sink sink = encoded(&p, THUMBS_FORMAT_PNG);
        struct th_pixels back = decode_png(sink.data, sink.len);
        cr_assert_eq(back.bands, bands);
        cr_assert_arr_eq(back.data, p.data, 37 * 21 * bands);
        th_pixels_finish(&back);
        th_pixels_finish(&p);
        th_sink_finish_heap(&sink);
    }
}

Test(image_encode, jpeg_is_close)
{
    for (uint32_t bands = 1; bands <= 3; bands += 2) {
        struct th_pixels p = scene(80, 56, bands);
        struct th_sink sink = encoded(&p, THUMBS_FORMAT_JPEG);
        struct th_pixels back = decode_jpeg(sink.data, sink.len);
        cr_assert_eq(back.bands, bands, "grey stays one component");
        cr_assert_lt(mean_difference(&p, &back), 3);
        th_pixels_finish(&back);
        th_pixels_finish(&p);
        th_sink_finish_heap(&sink);
    }
}

static bool refuse(struct th_sink *sink, size_t need)
{
    (void)sink;
    (void)need;
    return false;
}

/* A sink that cannot grow: the error says memory, and what was in it stays. */
Test(image_encode, full_sink)
{
    struct th_pixels p = scene(200, 200, 3);
    for (size_t cap = 10; cap < 200; cap += 60) {
        uint8_t *room = malloc(cap);
        struct th_sink sink = {.data = room, .len = 10, .cap = cap, .grow = refuse};
        memset(room, 'x', 10);
        struct thumbs_error err = {0};
        cr_expect_eq(th_encode_jpeg(&p, &(struct th_encode_how){.quality = 90}, &sink, &err),
                     THUMBS_MEMORY, "%s", err.message);
        cr_expect_eq(err.stage, THUMBS_STAGE_ENCODE);
        cr_expect_eq(th_encode_png(&p, &(struct th_encode_how){.quality = 80}, &sink, &err),
                     THUMBS_MEMORY);
        cr_expect_eq(th_encode_webp(&p, &(struct th_encode_how){.quality = 90}, &sink, &err),
                     THUMBS_MEMORY);
        cr_expect_arr_eq(room, "xxxxxxxxxx", 10);
        free(room);
    }
    th_pixels_finish(&p);
}

/* ---- th_image_make ---- */

Test(image_make, several_sizes_and_formats_in_order)
{
    struct th_pixels p = scene(640, 480, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_JPEG);
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    o.n_sizes = 3;
    o.sizes[1] = (struct thumbs_size){200, 0, false};
    o.sizes[2] = (struct thumbs_size){0, 30, false};
    o.n_formats = 3;
    o.formats[1] = THUMBS_FORMAT_JPEG;
    o.formats[2] = THUMBS_FORMAT_WEBP;
    struct test_made m = test_make(source.data, source.len, &o);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    cr_assert_eq(m.result.n_outputs, 9);
    cr_assert(m.result.width == 640 && m.result.height == 480 &&
              m.result.source_format == THUMBS_FORMAT_JPEG);
    static const uint32_t sides[3][2] = {{64, 48}, {200, 150}, {40, 30}};
    static const enum thumbs_format formats[3] = {THUMBS_FORMAT_PNG, THUMBS_FORMAT_JPEG,
                                                  THUMBS_FORMAT_WEBP};
    uint64_t offset = 0;
    for (uint32_t i = 0; i < 9; i++) {
        const struct th_image_output *out = &m.result.outputs[i];
        cr_expect(out->width == sides[i / 3][0] && out->height == sides[i / 3][1] &&
                  out->sizes == 1u << i / 3);
        cr_expect_eq(out->format, (uint32_t)formats[i % 3]);
        cr_expect_eq(out->offset, offset);
        cr_expect_eq(th_image_sniff(m.sink.data + out->offset, out->len), formats[i % 3]);
        offset += out->len;
    }
    cr_expect_eq(offset, m.sink.len);

    /* Each is the picture: compare with the reduced original. */
    for (uint32_t i = 0; i < 9; i += 3) {
        struct th_pixels got = output_pixels(&m, i),
                         want = scaled(&p, sides[i / 3][0], sides[i / 3][1], 16);
        cr_expect_lt(mean_difference(&got, &want), 3, "size %u", i / 3);
        th_pixels_finish(&got);
        th_pixels_finish(&want);
    }
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(image_make, every_source_kind_comes_out_alike)
{
    static const enum thumbs_format formats[] = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_PNG,
                                                 THUMBS_FORMAT_WEBP};
    struct th_pixels p = scene(500, 300, 3), want = scaled(&p, 100, 60, 16);
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    for (size_t i = 0; i < 3; i++) {
        struct th_sink source = encoded(&p, formats[i]);
        struct test_made m = test_make(source.data, source.len, &o);
        struct th_pixels got = output_pixels(&m, 0);
        cr_expect_lt(mean_difference(&got, &want), 3, "%s", thumbs_format_name(formats[i]));
        cr_expect_eq(m.result.damaged, 0);
        th_pixels_finish(&got);
        made_finish(&m);
        th_sink_finish_heap(&source);
    }
    th_pixels_finish(&want);
    th_pixels_finish(&p);
}

Test(image_make, small_pictures_grow_only_if_asked)
{
    struct th_pixels p = scene(50, 20, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_PNG);
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    struct test_made m = test_make(source.data, source.len, &o);
    struct th_pixels got = output_pixels(&m, 0);
    cr_expect(got.width == 50 && got.height == 20);
    cr_expect_arr_eq(got.data, p.data, 50 * 20 * 3, "not a sample changes");
    th_pixels_finish(&got);
    made_finish(&m);
    o.enlarge = 1;
    m = test_make(source.data, source.len, &o);
    got = output_pixels(&m, 0);
    cr_expect(got.width == 100 && got.height == 40);
    th_pixels_finish(&got);
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(image_make, alpha_lies_on_the_background)
{
    struct th_pixels p = scene(60, 60, 4);
    for (uint32_t i = 0; i < 60 * 30; i++)
        p.data[i * 4 + 3] = 0;
    struct th_sink source = encoded(&p, THUMBS_FORMAT_PNG);
    struct thumbs_image_options o = test_picture_options(30, THUMBS_FORMAT_KEEP);
    o.n_formats = 2;
    o.formats[1] = THUMBS_FORMAT_JPEG;
    memcpy(o.background, (uint8_t[]){250, 10, 240, 0}, 4);
    struct test_made m = test_make(source.data, source.len, &o);
    struct th_pixels png = output_pixels(&m, 0), jpeg = output_pixels(&m, 1);
    cr_expect_eq(m.result.outputs[0].format, (uint32_t)THUMBS_FORMAT_PNG);
    cr_expect_eq(png.bands, 4);
    cr_expect_eq(png.data[3], 0);
    const uint8_t *at = jpeg.data + (5 * 30 + 15) * 3;
    cr_expect(abs(at[0] - 250) < 12 && abs(at[1] - 10) < 12 && abs(at[2] - 240) < 12, "%u %u %u",
              at[0], at[1], at[2]);
    th_pixels_finish(&png);
    th_pixels_finish(&jpeg);
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(image_make, grey_stays_grey)
{
    struct th_pixels p = scene(300, 200, 1);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_JPEG);
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_JPEG);
    struct test_made m = test_make(source.data, source.len, &o);
    struct th_pixels got = output_pixels(&m, 0);
    cr_expect_eq(got.bands, 1);
    th_pixels_finish(&got);
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(image_make, limits)
{
    struct th_pixels p = scene(300, 200, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_PNG);
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_JPEG);
    o.max_pixels = 59999;
    struct test_made m = test_make(source.data, source.len, &o);
    cr_expect_eq(m.code, THUMBS_TOO_LARGE);
    cr_expect(strstr(m.err.message, "60000") && strstr(m.err.message, "59999"), "%s",
              m.err.message);
    cr_expect_eq(m.sink.len, 0);
    made_finish(&m);
    o.max_pixels = 60000;
    m = test_make(source.data, source.len, &o);
    cr_expect_eq(m.code, THUMBS_OK);
    made_finish(&m);

    /* A thumbnail beyond the limit is refused too. */
    o.enlarge = 1;
    o.sizes[0] = (struct thumbs_size){4000, 4000, true};
    m = test_make(source.data, source.len, &o);
    cr_expect_eq(m.code, THUMBS_TOO_LARGE, "%s", m.err.message);
    made_finish(&m);

    o = test_picture_options(100, THUMBS_FORMAT_JPEG);
    m = (struct test_made){0};
    th_sink_init_heap(&m.sink);
    cr_assert(th_sink_add(&m.sink, "before", 6));
    struct th_image_limits limits = {.deadline_ns = th_now_ns()};
    m.code = th_image_make(source.data, source.len, &o, &limits, &m.sink, &m.result, &m.err);
    cr_expect_eq(m.code, THUMBS_TIMEOUT);
    cr_expect_eq(m.sink.len, 6);
    limits.deadline_ns = th_now_ns() + 60000000000u;
    m.code = th_image_make(source.data, source.len, &o, &limits, &m.sink, &m.result, &m.err);
    cr_expect_eq(m.code, THUMBS_OK);
    cr_expect_eq(m.result.outputs[0].offset, 6);
    cr_expect_arr_eq(m.sink.data, "before", 6);
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

/* Time runs out in the middle of a decode that takes a while. */
Test(image_make, deadline_stops_a_decode)
{
    struct th_pixels p = scene(6000, 6000, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_PNG);
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_JPEG);
    struct test_made m = {0};
    th_sink_init_heap(&m.sink);
    struct thumbs_error err = {0};
    cr_assert_eq(th_image_preload(TH_WANTS_ALL, &err), THUMBS_OK, "%s", err.message);
    uint64_t start_ns = th_now_ns();
    struct th_image_limits limits = {.deadline_ns = start_ns + 20000000};
    m.code = th_image_make(source.data, source.len, &o, &limits, &m.sink, &m.result, &m.err);
    cr_expect_eq(m.code, THUMBS_TIMEOUT);
    cr_expect_eq(m.err.stage, THUMBS_STAGE_DECODE);
    cr_expect_eq(m.sink.len, 0);
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(image_make, not_an_image_and_not_enabled)
{
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_JPEG);
    static const char text[] = "This is a letter.",
                      svg[] = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
    struct test_made m = test_make(text, sizeof text - 1, &o);
    cr_expect_eq(m.code, THUMBS_NOT_IMAGE);
    made_finish(&m);
    m = test_make(NULL, 0, &o);
    cr_expect_eq(m.code, THUMBS_NOT_IMAGE);
    made_finish(&m);
    m = test_make(svg, sizeof svg - 1, &o);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED);
    cr_expect_not_null(strstr(m.err.message, "SVG"), "%s", m.err.message);
    cr_expect_eq(m.result.source_format, (uint32_t)THUMBS_FORMAT_SVG);
    made_finish(&m);
    m = test_make("\xff\x4f\xff\x51\0\x29\0\0", 8, &o);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED, "libvips blocks its JPEG 2000 loader: %s",
                 m.err.message);
    made_finish(&m);
}

/* What could not be decoded with fewer scans either is not blamed on them. */
Test(image_make, twelve_bits_are_named_before_too_many_scans)
{
    static const uint8_t scan[] = {0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0};
    struct th_pixels p = scene(96, 64, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_JPEG);
    struct thumbs_image_options o = test_picture_options(48, THUMBS_FORMAT_PNG);
    uint8_t *frame = memmem(source.data, source.len, "\xff\xc0\0\x11\x08", 5);
    cr_assert_not_null(frame);
    frame[4] = 12;
    for (int i = 0; i < 600; i++)
        cr_assert(th_sink_add(&source, scan, sizeof scan));
    memmove(source.data + source.len - 600 * sizeof scan - 2,
            source.data + source.len - 600 * sizeof scan,
            600 * sizeof scan); /* over the end of the picture */
    struct test_made m = test_make(source.data, source.len - 2, &o);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED);
    cr_expect_not_null(strstr(m.err.message, "precision 12"), "%s", m.err.message);
    made_finish(&m);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

/* Texts of megabytes are never shown to libpng: it would take memory for all of each, and call
 * these damaged, as their checksums are wrong. */
Test(image_make, long_texts_in_a_png_are_left_out)
{
    struct th_pixels p = scene(96, 64, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_PNG), with;
    struct thumbs_image_options o = test_picture_options(48, THUMBS_FORMAT_PNG);
    static const char kinds[][5] = {"tEXt", "zTXt", "iTXt", "tEXt"};
    const size_t text_len = (1 << 20) + 7, header_len = 33;
    char *text = calloc(1, text_len + 4);
    th_sink_init_heap(&with);
    cr_assert(th_sink_add(&with, source.data, header_len));
    for (int i = 0; i < 4; i++) {
        if (i == 3)
            cr_assert(th_sink_add(&with, source.data + header_len, source.len - header_len - 12));
        cr_assert(th_sink_add(&with, (uint8_t[4]){0, 16, 0, 7}, 4));
        cr_assert(th_sink_add(&with, kinds[i], 4));
        cr_assert(th_sink_add(&with, text, text_len + 4));
    }
    cr_assert(th_sink_add(&with, source.data + source.len - 12, 12));
    struct test_made a = test_make(source.data, source.len, &o),
                     b = test_make(with.data, with.len, &o);
    cr_assert_eq(b.code, THUMBS_OK, "%s", b.err.message);
    cr_expect(!b.result.damaged, "%s", b.result.warning);
    cr_assert_eq(a.sink.len, b.sink.len);
    cr_expect_arr_eq(a.sink.data, b.sink.data, a.sink.len);
    made_finish(&a);
    made_finish(&b);
    free(text);
    th_sink_finish_heap(&with);
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

/* ---- SVG: only where a sandbox holds ---- */

#define SVG(attributes, inside)                                                                    \
    "<svg xmlns='http://www.w3.org/2000/svg' " attributes ">" inside "</svg>"

#define FORTY "width='40' height='40'"

static struct test_made make_sandboxed(const char *svg, const struct thumbs_image_options *options)
{
    const struct th_image_limits limits = {.sandboxed = true};
    struct test_made m = {0};
    th_sink_init_heap(&m.sink);
    m.code = th_image_make((const uint8_t *)svg, strlen(svg), options, &limits, &m.sink, &m.result,
                           &m.err);
    return m;
}

static const uint8_t *pixel_at(const struct th_pixels *p, uint32_t x, uint32_t y)
{
    return p->data + ((size_t)y * p->width + x) * p->bands;
}

Test(image_svg, is_opened_by_the_sandbox_alone)
{
    static const char svg[] =
        SVG("width='40' height='20'", "<rect width='40' height='20' fill='#0000ff'/>");
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    cr_expect(th_image_decode_wants((const uint8_t *)svg, sizeof svg - 1));
    struct test_made m = test_make(svg, sizeof svg - 1, &o);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED);
    cr_expect(strstr(m.err.message, "sandboxed worker"), "%s", m.err.message);
    made_finish(&m);

    m = make_sandboxed(svg, &o);
    struct th_pixels p = output_pixels(&m, 0);
    cr_expect(p.width == 40 && p.height == 20, "not enlarged: %u x %u", p.width, p.height);
    cr_expect_arr_eq(pixel_at(&p, 39, 19), ((uint8_t[4]){0, 0, 255, 255}), p.bands);
    th_pixels_finish(&p);
    made_finish(&m);

    /* Nothing else was opened by that, and who has no sandbox is still refused. */
    struct th_image_limits limits = {.sandboxed = true};
    m = (struct test_made){0};
    th_sink_init_heap(&m.sink);
    m.code = th_image_make((const uint8_t *)"%PDF-1.4\n%%EOF\n", 15, &o, &limits, &m.sink,
                           &m.result, &m.err);
    cr_expect_eq(m.code, THUMBS_NOT_IMAGE, "%s", m.err.message);
    limits.sandboxed = false;
    m.code = th_image_make((const uint8_t *)svg, sizeof svg - 1, &o, &limits, &m.sink, &m.result,
                           &m.err);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED, "%s", m.err.message);
    m.code = th_image_make((const uint8_t *)"\xff\x4f\xff\x51\0\x29\0\0", 8, &o, &limits, &m.sink,
                           &m.result, &m.err);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED, "%s", m.err.message);
    made_finish(&m);
}

/* ---- PDF: only where a sandbox holds, and asked for ---- */

/* A page of 20 x 10 whose left half is red and whose right half is bare. (That there is no table of
 * objects is repaired.) */
#define PDF(page)                                                                                  \
    "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"                                     \
    "2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n"                                         \
    "3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 20 10]" page ">> endobj\n"      \
    "4 0 obj <</Length 23>> stream\n1 0 0 rg 0 0 10 10 re f\nendstream endobj\n"                   \
    "trailer <</Root 1 0 R>>\n"

static void expect_page(const char *pdf, uint32_t width, uint32_t height, uint32_t x, uint32_t y)
{
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    o.allow_untrusted = 1;
    struct test_made m = make_sandboxed(pdf, &o);
    cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
    struct th_pixels p = output_pixels(&m, 0);
    cr_assert(p.width == width && p.height == height && p.bands == 3, "%u x %u, %u", p.width,
              p.height, p.bands);
    cr_expect_arr_eq(pixel_at(&p, x, y), ((uint8_t[3]){255, 0, 0}), 3);
    cr_expect_arr_eq(pixel_at(&p, width - 1 - x, height - 1 - y), ((uint8_t[3]){255, 255, 255}), 3);
    th_pixels_finish(&p);
    made_finish(&m);
}

Test(image_pdf, page_is_drawn_at_the_wanted_size_on_white)
{
    struct th_bytes readers = {0};
    th_image_about_readers(THUMBS_FORMAT_PDF, &readers);
    const bool is_read = readers.len > 0;
    th_bytes_finish(&readers);
    if (!is_read) cr_skip_test("this libvips does not read PDF");
    /* The edge of the red half is sharp: it was drawn so large, not enlarged. */
    expect_page(PDF(""), 100, 50, 49, 25);
    expect_page(PDF("/Rotate 90"), 50, 100, 25, 49);
    expect_page(PDF("/Rotate 180"), 100, 50, 50, 25);
}

Test(image_pdf, is_refused_without_a_sandbox_or_a_wish)
{
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    struct test_made m = make_sandboxed(PDF(""), &o);
    cr_expect_eq(m.code, THUMBS_NOT_IMAGE, "%s", m.err.message);
    made_finish(&m);
    o.allow_untrusted = 1;
    m = test_make(PDF(""), sizeof PDF("") - 1, &o);
    cr_expect_eq(m.code, THUMBS_UNSUPPORTED, "%s", m.err.message);
    made_finish(&m);
}

/* Lines of one pixel in the thumbnail that are far less in the source: drawn at the wanted size
 * they stay sharp, where a drawing at its own size has none. */
Test(image_svg, is_drawn_at_the_wanted_size)
{
    static const char svg[] =
        SVG("width='16' height='16' viewBox='0 0 256 256'",
            "<path d='M100 0h1v256h-1z' fill='#000'/><path d='M0 31h256v1H0z' fill='#0f0'/>");
    struct thumbs_image_options o = test_picture_options(256, THUMBS_FORMAT_PNG);
    o.enlarge = 1;
    o.n_sizes = 2;
    o.sizes[1] = (struct thumbs_size){64, 64, true};
    struct test_made m = make_sandboxed(svg, &o);
    struct th_pixels p = output_pixels(&m, 0);
    cr_assert(p.width == 256 && p.height == 256 && p.bands == 4, "%u x %u, %u", p.width, p.height,
              p.bands);
    cr_expect_eq(m.result.width, 16);
    for (uint32_t y = 40; y < 256; y += 40) {
        cr_expect_eq(pixel_at(&p, 99, y)[3], 0);
        cr_expect_eq(pixel_at(&p, 100, y)[3], 255);
        cr_expect_eq(pixel_at(&p, 101, y)[3], 0);
    }
    cr_expect_arr_eq(pixel_at(&p, 7, 31), ((uint8_t[4]){0, 255, 0, 255}), 4);
    th_pixels_finish(&p);
    p = output_pixels(&m, 1);
    cr_expect_eq(p.width, 64);
    th_pixels_finish(&p);
    made_finish(&m);
}

Test(image_svg, sizes_and_background)
{
    static const struct {
        const char *attributes;
        uint32_t width, height, out_width, out_height; /* 0: fails */
    } cases[] = {
        {"width='400' height='300'", 400, 300, 100, 75},
        {"width='4000' height='3000'", 4000, 3000, 100, 75},
        {"width='300' height='200'", 300, 200, 100, 67},
        {"viewBox='0 0 50 200'", 50, 200, 25, 100},
        {"width='10mm' height='1in'", 28, 72, 28, 72},
        {"width='1000000' height='200'", 1000000, 200, 100, 1},
        {"width='0' height='0'", 0, 0, 0, 0},
        {"width='1e9' height='1e9'", 0, 0, 0, 0},
        {"width='1e9' height='1'", 0, 0, 0, 0},
        {"width='200000' height='200000'", 200000, 200000, 0, 0},
    };
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_JPEG);
    memcpy(o.background, (uint8_t[3]){10, 200, 30}, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char svg[300];
        snprintf(svg, sizeof svg, SVG("%s", ""), cases[i].attributes);
        struct test_made m = make_sandboxed(svg, &o);
        if (cases[i].out_width == 0) {
            cr_expect(m.code == THUMBS_TOO_LARGE || m.code == THUMBS_CORRUPT, "%s: %d %s", svg,
                      m.code, m.err.message);
        } else {
            cr_assert_eq(m.code, THUMBS_OK, "%s: %s", svg, m.err.message);
            cr_expect(m.result.width == cases[i].width && m.result.height == cases[i].height,
                      "%s: %u x %u", svg, m.result.width, m.result.height);
            struct th_pixels p = output_pixels(&m, 0);
            cr_expect(p.width == cases[i].out_width && p.height == cases[i].out_height,
                      "%s: %u x %u", svg, p.width, p.height);
            const uint8_t *last = pixel_at(&p, p.width - 1, p.height - 1);
            cr_expect(abs(last[0] - 10) < 4 && abs(last[1] - 200) < 4 && abs(last[2] - 30) < 4,
                      "%s", svg);
            th_pixels_finish(&p);
        }
        made_finish(&m);
    }
}

Test(image_svg, what_states_a_size)
{
    static const struct {
        const char *text;
        bool has_size;
    } cases[] = {
        {"<svg width='4' height='3'>", true},
        {"<?xml version='1.0'?><!-- <svg> --><!DOCTYPE svg [<!ENTITY a '>'>]>\n<svg\n width = "
         "\"4mm\"\n "
         "height=\".5em\" />",
         true},
        {"\xef\xbb\xbf<s:svg xmlns:s='x' height='+3' width='1e2'>", true},
        {"<svg width='4' viewBox='0 0 4 3'>", true},
        {"<svg viewBox='0 0 4 3' width='100%' height='1in'>", true},
        {"<svg style='fill:red; width : 4px;height:3px'>", true},
        {"<svg width='&w;' height='&h;'>", true},
        {"<svg>", false},
        {"<svg />", false},
        {"<svg viewBox='0 0 4 3'>", false},
        {"<svg viewBox='0 0 4 3' width='100%' height='100%'>", false},
        {"<svg width='4'>", false},
        {"<svg width='4' height='100%'>", false},
        {"<svg width='auto' height=''>", false},
        {"<svg x:width='4' Width='4' y='\" width=' height='3'>", false},
        {"<svg width='4' height='3' style='width:auto;height:100% !important'>", false},
        {"<svg><rect width='4' height='3'/>", false},
        {"<svg width='4' height", true}, /* broken: nothing is known */
        {"<svg viewBox='0 0 4 3' width=4 height=3>", true},
        {"<html>", true},
        {"", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* At each length in memory of its own, so that the address sanitizer sees a read past the
         * end. */
        const size_t all = strlen(cases[i].text);
        for (size_t len = 0; len <= all; len++) {
            uint8_t *copy = malloc(len + (len == 0));
            memcpy(copy, cases[i].text, len);
            const bool has_size = th_svg_has_size(copy, len);
            if (len == all) cr_expect_eq(has_size, cases[i].has_size, "%s", cases[i].text);
            free(copy);
        }
    }
}

/* What has no size of its own becomes as large as asked for, be it small or large where libvips
 * looks for its ink, and without being told to enlarge. */
Test(image_svg, without_a_size_fills_the_box)
{
    static const struct {
        const char *svg;
        uint32_t width, height;
    } cases[] = {
        {SVG("", "<rect width='100%' height='100%' fill='#00f'/>"), 100, 100},
        {SVG("width='100%' height='100%'", "<rect width='100%' height='100%' fill='#00f'/>"), 100,
         100},
        {SVG("viewBox='0 0 24 12'", "<rect width='24' height='12' fill='#00f'/>"), 100, 50},
        {SVG("viewBox='0 0 1200 2400' width='100%'",
             "<rect width='1200' height='2400' fill='#00f'/>"),
         50, 100},
        {SVG("viewBox='0 0 24 12' width='48'", "<rect width='24' height='12' fill='#00f'/>"), 48,
         24},
        {SVG("width='24' height='12'", "<rect width='24' height='12' fill='#00f'/>"), 24, 12},
    };
    struct thumbs_image_options o = test_picture_options(100, THUMBS_FORMAT_PNG);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_made m = make_sandboxed(cases[i].svg, &o);
        struct th_pixels p = output_pixels(&m, 0);
        cr_expect(p.width == cases[i].width && p.height == cases[i].height, "%s: %u x %u",
                  cases[i].svg, p.width, p.height);
        for (uint32_t corner = 0; corner < 4; corner++)
            cr_expect_arr_eq(pixel_at(&p, corner % 2 * (p.width - 1), corner / 2 * (p.height - 1)),
                             ((uint8_t[4]){0, 0, 255, 255}), p.bands, "%s", cases[i].svg);
        th_pixels_finish(&p);
        made_finish(&m);
    }
}

/* A red picture in a file, and every way there is to get at it from a drawing. */
Test(image_svg, reads_no_other_file)
{
    /* '@' stands for the name of the red picture, "@c" for that of a red style. */
    static const char *const documents[] = {
        SVG(FORTY, "<image href='file://@' width='40' height='40'/>"),
        SVG(FORTY, "<image href='@' width='40' height='40'/>"),
        SVG(FORTY, "<image xmlns:x='http://www.w3.org/1999/xlink' x:href='file://@' width='40' "
                   "height='40'/>"),
        SVG(FORTY, "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file://@'/>"),
        SVG(FORTY, "<use href='file://@#a'/>"),
        SVG(FORTY, "<style>\x40import url('file://@c');</style><rect class='a' width='40' "
                   "height='40' fill='none'/>"),
        SVG(FORTY, "<filter id='f'><feImage href='file://@'/></filter><rect filter='url(#f)' "
                   "width='40' height='40'/>"),
        "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file://@'>]>" SVG(FORTY, "&x;"),
    };
    static const char red[] =
        SVG("id='a' width='40' height='40'", "<rect width='40' height='40' fill='#ff0000'/>");
    char dir[] = "/tmp/thumbs-svg-XXXXXX", names[2][100], svg[700];
    cr_assert_not_null(mkdtemp(dir));
    snprintf(names[0], sizeof names[0], "%s/red.svg", dir);
    snprintf(names[1], sizeof names[1], "%s/red.css", dir);
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(names[i], "w");
        cr_assert_not_null(file);
        fputs(i ? ".a { fill: #ff0000 !important }" : red, file);
        fclose(file);
    }
    struct thumbs_image_options o = test_picture_options(40, THUMBS_FORMAT_PNG);
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        size_t len = 0;
        for (const char *at = documents[i]; *at; at++) {
            bool import = strncmp(at, "@import", 7) == 0, style = at[0] == '@' && at[1] == 'c';
            if (*at != '@' || import)
                svg[len++] = *at;
            else
                len += (size_t)sprintf(svg + len, "%s", names[style]);
            at += style && !import;
        }
        svg[len] = 0;
        struct test_made m = make_sandboxed(svg, &o);
        if (m.code == THUMBS_OK) {
            struct th_pixels p = output_pixels(&m, 0);
            const uint8_t *middle = pixel_at(&p, 20, 20);
            cr_expect(middle[p.bands - 1] == 0 || middle[0] == 0, "%s was read", svg);
            th_pixels_finish(&p);
        } else {
            cr_expect_eq(m.code, THUMBS_CORRUPT, "%s", m.err.message);
        }
        made_finish(&m);
    }
    unlink(names[0]);
    unlink(names[1]);
    rmdir(dir);
}

static void visit_svg(const struct test_file *f, void *user)
{
    unsigned *n_done = user;
    if (th_image_sniff(f->data, f->len) != THUMBS_FORMAT_SVG) return;
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    const struct th_image_limits limits = {.sandboxed = true};
    struct test_made m = {0};
    th_sink_init_heap(&m.sink);
    m.code = th_image_make(f->data, f->len, &o, &limits, &m.sink, &m.result, &m.err);
    cr_expect(m.code == THUMBS_OK || m.code == THUMBS_CORRUPT || m.code == THUMBS_TOO_LARGE,
              "%s: %s", f->name, m.err.message);
    *n_done += m.code == THUMBS_OK;
    if (m.code == THUMBS_OK) {
        struct th_pixels p = output_pixels(&m, 0);
        cr_expect(p.width <= 64 && p.height <= 64, "%s", f->name);
        th_pixels_finish(&p);
    }
    made_finish(&m);
}

/* Drawings that made trouble somewhere once. */
Test(image_svg, corpus, .timeout = 300)
{
    unsigned n_done = 0;
    TEST_NEED_CORPUS();
    test_each_corpus_file("broken", visit_svg, &n_done);
    cr_expect_geq(n_done, 100, "%u", n_done);
}

/* Ten entities, or groups, each ten times the one before: a thousand million in all. */
Test(image_svg, laughs_end, .timeout = 120)
{
    char entities[2000] = "<!DOCTYPE svg [<!ENTITY a0 'lol'>",
         groups[4000] = "<g id='a0'><path d='M0 0h9v9z'/></g>";
    for (int i = 1; i < 10; i++) {
        char *e = entities + strlen(entities), *g = groups + strlen(groups);
        e += sprintf(e, "<!ENTITY a%d '", i);
        g += sprintf(g, "<g id='a%d'>", i);
        for (int k = 0; k < 10; k++) {
            e += sprintf(e, "&a%d;", i - 1);
            g += sprintf(g, "<use href='#a%d'/>", i - 1);
        }
        sprintf(e, "'>");
        sprintf(g, "</g>");
    }
    struct thumbs_image_options o = test_picture_options(40, THUMBS_FORMAT_PNG);
    char *svg = malloc(10000);
    sprintf(svg, "%s]>" SVG("width='40' height='40'", "<text>&a9;</text>"), entities);
    for (int i = 0; i < 2; i++) {
        struct test_made m = make_sandboxed(svg, &o);
        cr_expect_eq(m.code, THUMBS_CORRUPT, "%d: %s", i, m.err.message);
        made_finish(&m);
        sprintf(svg, SVG("width='40' height='40'", "<defs>%s</defs><use href='#a9'/>"), groups);
    }
    free(svg);
}

Test(image_make, options_that_make_no_sense)
{
    struct thumbs_image_options good = test_picture_options(100, THUMBS_FORMAT_JPEG), bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].n_sizes = 0;
    bad[1].n_sizes = THUMBS_MAX_SIZES + 1;
    bad[2].n_formats = 0;
    bad[3].n_formats = THUMBS_MAX_FORMATS + 1;
    bad[4].formats[0] = THUMBS_FORMAT_TIFF;
    bad[5].quality = 0;
    bad[6].fit = THUMBS_FIT_FILL + 1;
    bad[7].sizes[0] = (struct thumbs_size){0, 0, false};
    for (size_t i = 0; i < 8; i++) {
        struct test_made m = test_make("\xff\xd8\xff", 3, &bad[i]);
        cr_expect_eq(m.code, THUMBS_USAGE, "case %zu", i);
        made_finish(&m);
    }
}

/* Cut at every length: no crash, and either a failure or a picture that is called damaged. */
static void cut_everywhere(enum thumbs_format format)
{
    struct th_pixels p = scene(96, 64, 3);
    struct th_sink source = encoded(&p, format);
    struct thumbs_image_options o = test_picture_options(48, THUMBS_FORMAT_PNG);
    unsigned n_damaged = 0;
    /* The last two bytes of a JPEG are its end marker, which nobody misses once all rows are there.
     */
    for (size_t len = 0; len + 12 < source.len; len += 1 + len / 40) {
        uint8_t *copy = malloc(len + (len == 0));
        memcpy(copy, source.data, len);
        struct test_made m = test_make(copy, len, &o);
        cr_expect(m.code != THUMBS_OK || m.result.damaged, "%s cut at %zu of %zu",
                  thumbs_format_name(format), len, source.len);
        if (m.code == THUMBS_OK) {
            n_damaged++;
            cr_expect_neq(m.result.warning[0], 0);
            struct thumbs_image_options strict = o;
            strict.on_damage = THUMBS_DAMAGE_FAIL;
            struct test_made failed = test_make(copy, len, &strict);
            cr_expect_eq(failed.code, THUMBS_CORRUPT);
            made_finish(&failed);
        } else {
            cr_expect(m.code == THUMBS_NOT_IMAGE || m.code == THUMBS_CORRUPT, "%s", m.err.message);
        }
        made_finish(&m);
        free(copy);
    }
    if (format != THUMBS_FORMAT_WEBP) cr_expect_gt(n_damaged, 5u, "%s", thumbs_format_name(format));
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

Test(image_damage, cut_jpeg)
{
    cut_everywhere(THUMBS_FORMAT_JPEG);
}

Test(image_damage, cut_png)
{
    cut_everywhere(THUMBS_FORMAT_PNG);
}

Test(image_damage, cut_webp)
{
    cut_everywhere(THUMBS_FORMAT_WEBP);
}

/* ---- threads and processes ---- */

static unsigned count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    cr_assert_not_null(tasks);
    unsigned n = 0;
    for (struct dirent *e; (e = readdir(tasks));)
        n += e->d_name[0] != '.';
    closedir(tasks);
    return n;
}

struct worker {
    const struct th_sink *sources;
    size_t n_sources;
    uint64_t hashes[8];
    bool failed;
};

static void make_all(struct worker *w)
{
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_JPEG);
    o.n_formats = 3;
    o.formats[1] = THUMBS_FORMAT_PNG;
    o.formats[2] = THUMBS_FORMAT_WEBP;
    for (size_t i = 0; i < w->n_sources; i++) {
        struct test_made m = test_make(w->sources[i].data, w->sources[i].len, &o);
        w->failed = w->failed || m.code != THUMBS_OK;
        w->hashes[i] = th_hash64(m.sink.data, m.sink.len, 0);
        made_finish(&m);
    }
}

static void *run_worker(void *arg)
{
    make_all(arg);
    th_image_thread_finish();
    return NULL;
}

static void make_sources(struct th_sink sources[4])
{
    struct th_pixels rgb = scene(400, 300, 3), rgba = scene(300, 200, 4);
    rgba.data[3] = 0;
    sources[0] = encoded(&rgb, THUMBS_FORMAT_JPEG);
    sources[1] = encoded(&rgb, THUMBS_FORMAT_PNG);
    sources[2] = encoded(&rgb, THUMBS_FORMAT_WEBP);
    sources[3] = encoded(&rgba, THUMBS_FORMAT_PNG);
    th_pixels_finish(&rgb);
    th_pixels_finish(&rgba);
}

Test(image_threads, bytes_are_the_same)
{
    struct th_sink sources[4];
    make_sources(sources);
    struct worker alone = {.sources = sources, .n_sources = 4}, workers[4];
    make_all(&alone);
    cr_assert_not(alone.failed);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){.sources = sources, .n_sources = 4};
        cr_assert_eq(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_not(workers[i].failed);
        cr_expect_arr_eq(workers[i].hashes, alone.hashes, sizeof alone.hashes);
    }
    for (int i = 0; i < 4; i++)
        th_sink_finish_heap(&sources[i]);
}

/* What a process tells the one that forked it. */
struct answer {
    uint64_t code, hash, n_threads;
};

static struct answer make_answer(const struct th_sink *source)
{
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_JPEG);
    struct test_made m = test_make(source->data, source->len, &o);
    struct answer a = {m.code, th_hash64(m.sink.data, m.sink.len, 0), count_threads()};
    made_finish(&m);
    return a;
}

static void run_in_child(void (*run)(const struct th_sink *source, int fd),
                         const struct th_sink *source, struct answer *answers, size_t n)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        alarm(60);
        close(fds[0]);
        run(source, fds[1]);
        _exit(0);
    }
    close(fds[1]);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(read(fds[0], &answers[i], sizeof answers[i]), (ssize_t)sizeof answers[i]);
    close(fds[0]);
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}

static void answer_to(int fd, struct answer a)
{
    if (write(fd, &a, sizeof a) != sizeof a) _exit(1);
}

static void run_forked_worker(const struct th_sink *source, int fd)
{
    answer_to(fd, make_answer(source));
}

/* Criterion's own process has a thread more, so the server is a child of it. */
static void run_fork_server(const struct th_sink *source, int fd)
{
    struct thumbs_error err = {0};
    if (th_image_preload(TH_WANTS_ALL, &err) != THUMBS_OK ||
        th_image_preload(TH_WANTS_ALL, &err) != THUMBS_OK)
        _exit(2);
    answer_to(fd, (struct answer){.n_threads = count_threads()});
    for (int i = 0; i < 3; i++) {
        struct answer a;
        run_in_child(run_forked_worker, source, &a, 1);
        answer_to(fd, a);
    }
}

/* A fork server: libraries loaded, still one thread; its children make the same bytes as anyone and
 * start no thread. */
Test(image_threads, fork_server, .timeout = 120)
{
    struct th_pixels p = scene(400, 300, 3);
    struct th_sink source = encoded(&p, THUMBS_FORMAT_JPEG);
    struct answer answers[4];
    run_in_child(run_fork_server, &source, answers, 4);
    struct answer here = make_answer(&source);
    cr_assert_eq(answers[0].n_threads, 1u, "%u threads after loading",
                 (unsigned)answers[0].n_threads);
    for (int i = 1; i < 4; i++) {
        cr_expect_eq(answers[i].code, (uint64_t)THUMBS_OK);
        cr_expect_eq(answers[i].hash, here.hash);
        cr_expect_eq(answers[i].n_threads, 1u);
    }
    th_sink_finish_heap(&source);
    th_pixels_finish(&p);
}

/* ---- real files ---- */

/* All eight orientations of one picture, and the one without, come out alike. */
struct alike {
    struct th_pixels first;
    unsigned n;
};

static void check_alike(const struct test_file *f, void *user)
{
    struct alike *a = user;
    struct thumbs_image_options o = test_picture_options(200, THUMBS_FORMAT_PNG);
    o.sizes[0] = (struct thumbs_size){200, 100, false};
    struct test_made m = test_make(f->data, f->len, &o);
    struct th_pixels p = output_pixels(&m, 0);
    cr_expect_gt(m.result.width, m.result.height, "%s", f->name);
    if (a->n++ == 0) {
        a->first = p;
    } else {
        cr_expect_lt(mean_difference(&a->first, &p), 4, "%s", f->name);
        th_pixels_finish(&p);
    }
    made_finish(&m);
}

Test(image_corpus, orientations_come_out_alike)
{
    struct alike a = {0};
    TEST_NEED_CORPUS();
    test_each_corpus_file("orientation", check_alike, &a);
    cr_assert_geq(a.n, 9u);
    th_pixels_finish(&a.first);
}

struct tally {
    unsigned by_code[THUMBS_N_CODES];
    unsigned n_damaged;
};

static void check_sane(const struct test_file *f, void *user)
{
    struct tally *t = user;
    struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_KEEP);
    /* A copy without a spare byte behind it. */
    uint8_t *copy = malloc(f->len + (f->len == 0));
    memcpy(copy, f->data, f->len);
    struct test_made m = test_make(copy, f->len, &o);
    t->by_code[m.code]++;
    if (m.code == THUMBS_OK) {
        t->n_damaged += m.result.damaged;
        const struct th_image_output *out = &m.result.outputs[0];
        cr_expect(out->width >= 1 && out->width <= 64 && out->height >= 1 && out->height <= 64,
                  "%s", f->name);
        cr_expect(out->len > 0 && out->offset + out->len <= m.sink.len, "%s", f->name);
    } else {
        bool known = m.code == THUMBS_NOT_IMAGE || m.code == THUMBS_CORRUPT ||
                     m.code == THUMBS_UNSUPPORTED || m.code == THUMBS_TOO_LARGE;
        cr_expect(known, "%s: %s: %s", f->name, thumbs_code_name(m.code), m.err.message);
        cr_expect(m.err.code == m.code && m.err.message[0] && !strchr(m.err.message, '\n'), "%s",
                  f->name);
        cr_expect_eq(m.sink.len, 0);
    }
    made_finish(&m);
    free(copy);
}

Test(image_corpus, broken_files_cost_only_themselves, .timeout = 600)
{
    struct tally t = {0};
    TEST_NEED_CORPUS();
    size_t n = test_each_corpus_file("broken", check_sane, &t);
    cr_expect_gt(t.by_code[THUMBS_CORRUPT], n / 10);
    cr_expect_gt(t.by_code[THUMBS_OK], 0u);
}

Test(image_corpus, formats, .timeout = 600)
{
    struct tally t = {0};
    TEST_NEED_CORPUS();
    size_t n = test_each_corpus_file("formats", check_sane, &t);
    cr_expect_gt(t.by_code[THUMBS_OK], n / 2);
}

/* The broken files of the PNG suite (names begin with x there) fail or are called damaged; all
 * others are done. */
Test(image_corpus, pngsuite)
{
    struct tally t = {0};
    TEST_NEED_CORPUS();
    size_t n = test_each_corpus_file("pngsuite", check_sane, &t);
    cr_expect_gt(t.by_code[THUMBS_OK], n * 9 / 10);
    cr_expect_gt(t.by_code[THUMBS_CORRUPT] + t.by_code[THUMBS_NOT_IMAGE] + t.n_damaged, 8u);
}

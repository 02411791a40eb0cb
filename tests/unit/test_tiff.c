/* SPDX-License-Identifier: MIT */
/* TIFF of every kind, made here: the same four colours in each. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/bytes.h"
#include "image/estimate/estimate.h"
#include "image/image.h"
#include "support/picture.h"
#include "support/read_png.h"
#include "support/tiff_file.h"

enum { WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK = 5, YCBCR, CIELAB = 8, ICCLAB };
enum { UNSPECIFIED, ASSOCIATED, UNASSOCIATED };

/* Red, green, blue, grey; and four greys. Alpha is 128 in the upper half. */
static const uint8_t chart[4][3] = {{200, 40, 40}, {40, 180, 60}, {50, 70, 200}, {140, 140, 140}};
static const uint8_t greys[4] = {30, 100, 170, 240};
static const uint8_t alphas[4] = {128, 128, 255, 255};

/* ---- what is stored ---- */

static double linear(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* A part of the full range, 0 to 1, as a number of that type. */
static double number(const struct tiff_file *f, double part)
{
    if (f->type == TIFF_FILE_FLOAT) return part * (f->range ? f->white : 1);
    return floor(part * (ldexp(1, (int)f->bits) - 1) + 0.5);
}

/* Can a type hold it? The upper half of the range is not there for signed numbers. */
static double reachable(const struct tiff_file *f, double part)
{
    return f->type == TIFF_FILE_SIGNED ? part / 2 : part;
}

static double lab_part(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static void to_lab(const uint8_t rgb[3], double lab[3])
{
    /* sRGB to XYZ, adapted to D50 by Bradford's method. */
    static const double m[3][3] = {{0.4360747, 0.3850649, 0.1430804},
                                   {0.2225045, 0.7168786, 0.0606169},
                                   {0.0139322, 0.0971045, 0.7141733}};
    static const double white[3] = {0.9642, 1, 0.8249};
    double f[3];
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int k = 0; k < 3; k++)
            sum += m[i][k] * linear(rgb[k] / 255.0);
        f[i] = lab_part(sum / white[i]);
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static void store_lab(const struct tiff_file *f, const uint8_t rgb[3], double *to)
{
    const double unit = ldexp(1, (int)f->bits - 8), all = ldexp(1, (int)f->bits);
    double lab[3];
    to_lab(rgb, lab);
    for (int k = 0; k < 3; k++) {
        if (f->type == TIFF_FILE_FLOAT)
            to[k] = lab[k];
        else if (f->photometric == ICCLAB)
            to[k] = floor((k ? lab[k] + 128 : lab[0] * 2.55) * unit + 0.5);
        else
            to[k] = floor((k ? lab[k] * unit : lab[0] / 100 * (all - 1)) + 0.5);
        if (k && f->photometric == CIELAB && f->type == TIFF_FILE_UNSIGNED && to[k] < 0)
            to[k] += all;
    }
}

static void store_ycbcr(const struct tiff_file *f, const uint8_t rgb[3], double *to)
{
    const double y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    to[0] = number(f, y / 255);
    to[1] = number(f, ((rgb[2] - y) / 1.772 + 128) / 255);
    to[2] = number(f, ((rgb[0] - y) / 1.402 + 128) / 255);
}

static unsigned n_colours(const struct tiff_file *f)
{
    return f->photometric == CMYK ? 4 : f->photometric <= BLACK_IS_ZERO ? 1 : 3;
}

/* Fill in the values of the chart, and alpha where it is told of. */
static void store(struct tiff_file *f)
{
    const unsigned n = n_colours(f);
    for (unsigned i = 0; i < 4; i++) {
        double *v = f->values[i];
        const double alpha = f->n_extra && f->extra != UNSPECIFIED ? alphas[i] / 255.0 : 1;
        const double colour = f->extra == ASSOCIATED && f->n_extra ? alpha : 1;
        for (unsigned k = n; k < f->samples; k++)
            v[k] = f->extra == UNSPECIFIED ? 0 : number(f, alpha);
        if (f->photometric == CIELAB || f->photometric == ICCLAB)
            store_lab(f, chart[i], v);
        else if (f->photometric == YCBCR)
            store_ycbcr(f, chart[i], v);
        else if (f->photometric <= BLACK_IS_ZERO)
            /* Alpha is multiplied into light, from whatever end light is measured. */
            v[0] = number(f, reachable(f, f->photometric == BLACK_IS_ZERO
                                              ? colour * greys[i] / 255.0
                                              : 1 - colour * greys[i] / 255.0));
        for (unsigned k = 0; k < n && f->photometric == RGB; k++)
            v[k] = number(f, colour * (f->type == TIFF_FILE_FLOAT
                                           ? linear(chart[i][k] / 255.0)
                                           : reachable(f, chart[i][k] / 255.0)));
        for (unsigned k = 0; k < n && f->photometric == CMYK; k++)
            v[k] = number(f, colour * (k == i ? 0.8 : 0));
    }
}

/* ---- what comes out ---- */

static enum thumbs_code make(const struct tiff_file_bytes *b, struct th_image_result *result,
                             struct th_pixels *out)
{
    const struct thumbs_image_options o = test_picture_options(64, THUMBS_FORMAT_PNG);
    struct th_sink sink;
    struct thumbs_error err = {0};
    *out = (struct th_pixels){0};
    th_sink_init_heap(&sink);
    const enum thumbs_code code = th_image_make(b->data, b->len, &o, NULL, &sink, result, &err);
    if (code != THUMBS_OK) snprintf(result->warning, sizeof result->warning, "%s", err.message);
    if (code == THUMBS_OK) cr_assert(test_read_png(sink.data, sink.len, out));
    th_sink_finish_heap(&sink);
    return code;
}

static void describe(const struct tiff_file *f, char *text, size_t size)
{
    snprintf(text, size,
             "photometric %d, type %u of %u bits, %u samples, %u extra of kind %u%s%s%s",
             f->photometric, f->type, f->bits, f->samples, f->n_extra, f->extra,
             f->separate ? ", planes" : "", f->tiled ? ", tiles" : "",
             f->big_endian ? ", big endian" : "");
}

static unsigned expected(const struct tiff_file *f, unsigned i, unsigned k)
{
    if (f->photometric == RGB || f->photometric >= YCBCR) {
        const bool halved = f->type == TIFF_FILE_SIGNED && f->photometric == RGB;
        return chart[i][k] / (halved ? 2 : 1);
    }
    if (f->type != TIFF_FILE_SIGNED) return greys[i];
    /* What is measured from white is halved from white. */
    return f->photometric == BLACK_IS_ZERO ? greys[i] / 2 : 255 - (255 - greys[i]) / 2;
}

/* Steps that the type itself is coarse by. */
static int tolerance(const struct tiff_file *f)
{
    if (f->bits < 8) return 255 / ((1 << f->bits) - 1) / 2 + 1;
    const bool lab = f->photometric == CIELAB || f->photometric == ICCLAB;
    if (f->n_extra && f->extra == ASSOCIATED && f->bits == 8) return 3;
    return lab && f->bits == 8 ? 4 : 2;
}

static void expect_chart(const struct tiff_file *f)
{
    char what[200];
    static struct th_image_result result;
    struct th_pixels p;
    struct tiff_file_bytes b = tiff_file_make(f);
    describe(f, what, sizeof what);
    const enum thumbs_code code = make(&b, &result, &p);
    cr_expect_eq(code, THUMBS_OK, "%s: %s", what, result.warning);
    cr_expect(!result.damaged, "%s: %s", what, result.warning);
    const bool alpha = f->n_extra && f->extra != UNSPECIFIED;
    for (unsigned i = 0; i < 4 && p.data; i++) {
        const uint8_t *got = test_pixel(&p, i % 2 ? 0.75 : 0.25, i / 2 ? 0.75 : 0.25);
        cr_expect_leq(abs(got[3] - (alpha ? alphas[i] : 255)), tolerance(f),
                      "%s: field %u has alpha %u", what, i, got[3]);
        for (unsigned k = 0; k < 3 && f->photometric != CMYK; k++)
            cr_expect_leq(abs((int)got[k] - (int)expected(f, i, k)), tolerance(f),
                          "%s: field %u is %u in %u, not %u", what, i, got[k], k,
                          expected(f, i, k));
        /* Cyan, magenta, yellow and grey, whatever their shades. */
        for (unsigned k = 0; k < 3 && f->photometric == CMYK && i < 3; k++)
            cr_expect(k == i || got[k] > got[i], "%s: field %u is %u,%u,%u", what, i, got[0],
                      got[1], got[2]);
    }
    th_pixels_finish(&p);
    free(b.data);
}

/* In strips, planes and tiles, of both byte orders. */
static void expect_layouts(struct tiff_file f)
{
    for (unsigned i = 0; i < 16; i++) {
        f.separate = i & 1; /* of one sample, too: some programs write that */
        f.tiled = i & 2;
        f.big_endian = i & 4;
        f.rows_per_strip = i & 8 ? 7 : 0;
        if (f.tiled && f.rows_per_strip) continue;
        store(&f);
        expect_chart(&f);
    }
}

/* With no extra sample, and one of each kind. */
static void expect_extras(struct tiff_file f)
{
    const unsigned n = n_colours(&f);
    f.samples = n;
    f.n_extra = 0;
    expect_layouts(f);
    for (unsigned extra = UNSPECIFIED; extra <= UNASSOCIATED; extra++) {
        const bool lab_or_yuv = f.photometric >= YCBCR;
        if (extra == ASSOCIATED && (lab_or_yuv || f.type == TIFF_FILE_SIGNED)) continue;
        if (extra != UNSPECIFIED && f.type == TIFF_FILE_SIGNED) continue;
        f.samples = n + 1;
        f.n_extra = 1;
        f.extra = extra;
        expect_layouts(f);
        f.samples = n + 2; /* the second is passed over */
        f.n_extra = 2;
        if (f.bits == 8) expect_layouts(f);
    }
}

static const struct {
    enum tiff_file_type type;
    unsigned bits;
} types[] = {{TIFF_FILE_UNSIGNED, 8},  {TIFF_FILE_UNSIGNED, 12}, {TIFF_FILE_UNSIGNED, 16},
             {TIFF_FILE_UNSIGNED, 24}, {TIFF_FILE_UNSIGNED, 32}, {TIFF_FILE_SIGNED, 8},
             {TIFF_FILE_SIGNED, 16},   {TIFF_FILE_SIGNED, 32},   {TIFF_FILE_FLOAT, 16},
             {TIFF_FILE_FLOAT, 32},    {TIFF_FILE_FLOAT, 64}};

static void expect_types(int photometric)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        expect_extras((struct tiff_file){
            .type = types[i].type, .bits = types[i].bits, .photometric = photometric});
}

/* Read by libvips or by libtiff, in strips, tiles or planes, however coloured: turned as it says.
 */
Test(tiff, every_orientation)
{
    struct tiff_file kinds[] = {
        {.type = TIFF_FILE_UNSIGNED, .bits = 8, .photometric = RGB, .samples = 3},
        {.type = TIFF_FILE_UNSIGNED, .bits = 8, .photometric = RGB, .samples = 3, .tiled = true},
        {.type = TIFF_FILE_UNSIGNED,
         .bits = 16,
         .photometric = RGB,
         .samples = 3,
         .separate = true},
        {.type = TIFF_FILE_FLOAT, .bits = 32, .photometric = RGB, .samples = 3, .tiled = true},
        {.type = TIFF_FILE_UNSIGNED,
         .bits = 8,
         .photometric = YCBCR,
         .samples = 3,
         .rows_per_strip = 8},
        {.type = TIFF_FILE_UNSIGNED, .bits = 8, .photometric = CIELAB, .samples = 3},
        {.type = TIFF_FILE_SIGNED, .bits = 16, .photometric = BLACK_IS_ZERO, .samples = 1},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (unsigned orientation = 0; orientation <= 9; orientation++) {
            static struct th_image_result result;
            struct th_pixels want, got;
            struct tiff_file *f = &kinds[i];
            store(f);
            f->orientation = 0;
            struct tiff_file_bytes plain = tiff_file_make(f);
            f->orientation = orientation;
            struct tiff_file_bytes turned = tiff_file_make(f);
            cr_assert_eq(make(&plain, &result, &want), THUMBS_OK, "%s", result.warning);
            cr_assert_eq(make(&turned, &result, &got), THUMBS_OK, "%s", result.warning);
            cr_assert(th_pixels_orient(&want, orientation));
            cr_assert(want.width == got.width && want.height == got.height, "%zu, %u", i,
                      orientation);
            cr_expect_arr_eq(want.data, got.data, (size_t)want.width * want.height * 4,
                             "kind %zu, orientation %u", i, orientation);
            th_pixels_finish(&want);
            th_pixels_finish(&got);
            free(plain.data);
            free(turned.data);
        }
}

Test(tiff, grey_of_every_type, .timeout = 120)
{
    expect_types(BLACK_IS_ZERO);
    expect_types(WHITE_IS_ZERO);
}

Test(tiff, rgb_of_every_type, .timeout = 120)
{
    expect_types(RGB);
}

Test(tiff, ink_of_every_size, .timeout = 120)
{
    for (unsigned bits = 8; bits <= 32; bits *= 2)
        expect_extras(
            (struct tiff_file){.type = TIFF_FILE_UNSIGNED, .bits = bits, .photometric = CMYK});
}

Test(tiff, lab, .timeout = 120)
{
    for (int photometric = CIELAB; photometric <= ICCLAB; photometric++)
        for (unsigned bits = 8; bits <= 16; bits *= 2)
            expect_extras((struct tiff_file){
                .type = TIFF_FILE_UNSIGNED, .bits = bits, .photometric = photometric});
    expect_layouts((struct tiff_file){
        .type = TIFF_FILE_FLOAT, .bits = 32, .photometric = CIELAB, .samples = 3});
}

/* Without extra samples: libtiff refuses strips of YCbCr with such. */
Test(tiff, ycbcr_raw, .timeout = 120)
{
    for (unsigned bits = 8; bits <= 16; bits *= 2)
        expect_layouts((struct tiff_file){.type = TIFF_FILE_UNSIGNED,
                                          .bits = bits,
                                          .photometric = YCBCR,
                                          .samples = 3,
                                          .sub_x = 1,
                                          .sub_y = 1});
}

Test(tiff, ycbcr_subsampled)
{
    static const unsigned subs[][2] = {{1, 2}, {2, 1}, {2, 2}, {4, 1}, {4, 2}, {4, 4}};
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
        for (unsigned layout = 0; layout < 4; layout++) {
            struct tiff_file f = {.type = TIFF_FILE_UNSIGNED,
                                  .bits = 8,
                                  .photometric = YCBCR,
                                  .samples = 3,
                                  .sub_x = subs[i][0],
                                  .sub_y = subs[i][1],
                                  .tiled = layout & 1,
                                  .rows_per_strip = layout & 2 ? 8 : 0};
            if (f.tiled && f.rows_per_strip) continue;
            store(&f);
            expect_chart(&f);
        }
}

Test(tiff, few_bits)
{
    for (unsigned bits = 2; bits < 8; bits++)
        expect_layouts((struct tiff_file){
            .type = TIFF_FILE_UNSIGNED, .bits = bits, .photometric = BLACK_IS_ZERO, .samples = 1});
}

Test(tiff, floating_point_says_what_is_white)
{
    expect_layouts((struct tiff_file){.type = TIFF_FILE_FLOAT,
                                      .bits = 32,
                                      .photometric = BLACK_IS_ZERO,
                                      .samples = 1,
                                      .range = true,
                                      .white = 4000});
}

Test(tiff, colours_that_are_not_told)
{
    for (unsigned samples = 1; samples <= 3; samples += 2) {
        struct tiff_file f = {.type = TIFF_FILE_UNSIGNED,
                              .bits = 8,
                              .photometric = samples == 1 ? BLACK_IS_ZERO : RGB,
                              .samples = samples};
        store(&f);
        struct tiff_file untold = f;
        untold.photometric = -1;
        struct tiff_file_bytes a = tiff_file_make(&f), b = tiff_file_make(&untold);
        static struct th_image_result result;
        struct th_pixels p, q;
        cr_assert_eq(make(&a, &result, &p), THUMBS_OK);
        cr_assert_eq(make(&b, &result, &q), THUMBS_OK);
        cr_assert_eq(p.bands, q.bands);
        cr_expect_arr_eq(p.data, q.data, (size_t)p.width * p.height * p.bands);
        th_pixels_finish(&p);
        th_pixels_finish(&q);
        free(a.data);
        free(b.data);
    }
}

/* Never shown as what they are not. */
Test(tiff, unknown_colours_are_refused)
{
    static const int unknown[] = {4, 10, 32803, 51177};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct tiff_file f = {
            .type = TIFF_FILE_UNSIGNED, .bits = 8, .photometric = unknown[i], .samples = 3};
        struct tiff_file_bytes b = tiff_file_make(&f);
        static struct th_image_result result;
        struct th_pixels p;
        cr_expect_eq(make(&b, &result, &p), THUMBS_UNSUPPORTED, "photometric %d", unknown[i]);
        free(b.data);
    }
}

/* A palette of the size that libtiff wants for its bits, and one pixel, which asks for its first
 * colour. */
enum { PALETTE_BITS = 16, PALETTE_ENTRIES = 11, PALETTE_AT = 8 + 2 + PALETTE_ENTRIES * 12 + 4 };

static struct tiff_file_bytes make_palette_file(bool floating, const uint16_t colour[3])
{
    const uint32_t entries[PALETTE_ENTRIES][4] = {{256, 3, 1, 1},
                                                  {257, 3, 1, 1},
                                                  {258, 3, 1, PALETTE_BITS},
                                                  {259, 3, 1, 1},
                                                  {262, 3, 1, 3},
                                                  {273, 4, 1, 8},
                                                  {277, 3, 1, 1},
                                                  {278, 3, 1, 1},
                                                  {279, 4, 1, 2},
                                                  {320, 3, 3u << PALETTE_BITS, PALETTE_AT},
                                                  {339, 3, 1, floating ? 3 : 1}};
    struct tiff_file_bytes b = {.len = PALETTE_AT + (6u << PALETTE_BITS)};
    b.data = calloc(1, b.len);
    memcpy(b.data, "II*\0\x08\0\0\0\x0b", 9);
    for (unsigned i = 0; i < PALETTE_ENTRIES; i++)
        for (unsigned k = 0, at = 10 + 12 * i; k < 4; at += k < 2 ? 2 : 4, k++)
            for (unsigned n = 0; n < (k < 2 ? 2u : 4u); n++)
                b.data[at + n] = (uint8_t)(entries[i][k] >> 8 * n);
    /* The pixel lies where the directory begins: it is the number of entries. */
    for (unsigned k = 0; k < 3; k++) {
        uint8_t *at = b.data + PALETTE_AT + (k << (PALETTE_BITS + 1)) + 2 * PALETTE_ENTRIES;
        at[0] = (uint8_t)colour[k];
        at[1] = (uint8_t)(colour[k] >> 8);
    }
    return b;
}

static const uint16_t palette_colour[3] = {51400, 10280, 15420};

Test(tiff, palettes_of_floating_point_are_refused)
{
    for (unsigned floating = 0; floating < 2; floating++) {
        struct tiff_file_bytes b = make_palette_file(floating, palette_colour);
        static struct th_image_result result;
        struct th_pixels p;
        cr_expect_eq(make(&b, &result, &p), floating ? THUMBS_UNSUPPORTED : THUMBS_OK);
        th_pixels_finish(&p);
        free(b.data);
    }
}

/* Some programs take the entries of a palette to have 8 bits. */
Test(tiff, palettes_of_8_bits)
{
    for (unsigned bits = 8; bits <= 16; bits += 8) {
        uint16_t colour[3];
        for (unsigned k = 0; k < 3; k++)
            colour[k] = (uint16_t)(palette_colour[k] >> (16 - bits));
        struct tiff_file_bytes b = make_palette_file(false, colour);
        static struct th_image_result result;
        struct th_pixels p;
        cr_assert_eq(make(&b, &result, &p), THUMBS_OK, "%s", result.warning);
        const uint8_t *got = test_pixel(&p, 0, 0);
        for (unsigned k = 0; k < 3; k++)
            cr_expect_eq(got[k], palette_colour[k] / 257, "%u in %u of %u bits", got[k], k, bits);
        th_pixels_finish(&p);
        free(b.data);
    }
}

/* ---- JPEG ---- */

enum { JPEG_SIDE = 32, OLD_JPEG = 6, JPEG = 7 };

/* One colour: grey, grey and alpha, or red, green and blue made Y'CbCr of 4:2:0 or 4:4:4. */
static struct tiff_file_bytes make_jpeg(unsigned components, bool shared, const uint8_t *colour)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t row[JPEG_SIDE * 3];
    unsigned char *data = NULL;
    unsigned long len = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &len);
    jpeg.image_width = jpeg.image_height = JPEG_SIDE;
    jpeg.input_components = (int)components;
    jpeg.in_color_space = components == 3 ? JCS_RGB : components == 1 ? JCS_GRAYSCALE : JCS_UNKNOWN;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (components == 3 && !shared) jpeg.comp_info[0].h_samp_factor = 1;
    if (components == 3 && !shared) jpeg.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&jpeg, TRUE);
    for (unsigned x = 0; x < JPEG_SIDE * components; x++)
        row[x] = colour[x % components];
    for (unsigned y = 0; y < JPEG_SIDE; y++)
        jpeg_write_scanlines(&jpeg, &(JSAMPROW){row}, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return (struct tiff_file_bytes){data, len};
}

/* A TIFF around it, which is one strip or, of two components, one tile. */
static struct tiff_file_bytes make_jpeg_tiff(unsigned compression, unsigned components, bool shared,
                                             const uint8_t *colour)
{
    struct tiff_file_bytes jpeg = make_jpeg(components, shared, colour);
    const bool tiled = components == 2;
    const uint16_t entries[][2] = {{256, JPEG_SIDE},
                                   {257, JPEG_SIDE},
                                   {258, 8},
                                   {259, (uint16_t)compression},
                                   {262, components == 3 ? YCBCR : BLACK_IS_ZERO},
                                   {tiled ? 322 : 273, tiled ? JPEG_SIDE : 0},
                                   {tiled ? 323 : 277, (uint16_t)(tiled ? JPEG_SIDE : components)},
                                   {tiled ? 324 : 278, tiled ? 0 : JPEG_SIDE},
                                   {tiled ? 325 : 279, (uint16_t)jpeg.len},
                                   {338, UNASSOCIATED},
                                   {530, shared ? 2 : 1}};
    enum { N = sizeof entries / sizeof *entries, AT = 8 + 2 + N * 12 + 4 };
    struct tiff_file_bytes b = {calloc(1, AT + jpeg.len), AT + jpeg.len};
    memcpy(b.data, "II*\0\x08\0\0\0", 8);
    uint8_t *to = b.data + 8 + 2, n = 0;
    for (unsigned i = 0; i < N; i++) {
        const unsigned tag = entries[i][0];
        const bool offset = tag == 273 || tag == 324;
        if ((tag == 338 && !tiled) || (tag == 530 && components != 3)) continue;
        const unsigned value = offset ? AT : entries[i][1], count = tag == 530 ? 2 : 1;
        const uint8_t entry[12] = {(uint8_t)tag,
                                   (uint8_t)(tag >> 8),
                                   3,
                                   0,
                                   (uint8_t)count,
                                   0,
                                   0,
                                   0,
                                   (uint8_t)value,
                                   (uint8_t)(value >> 8),
                                   count > 1 ? (uint8_t)value : 0};
        memcpy(to + 12u * n++, entry, sizeof entry);
        /* The number of samples comes between others where it is not there already. */
        if (tag == 262 && tiled)
            memcpy(to + 12u * n++, (const uint8_t[12]){277 & 255, 277 >> 8, 3, 0, 1, 0, 0, 0, 2},
                   12);
    }
    b.data[8] = n;
    memcpy(b.data + AT, jpeg.data, jpeg.len);
    free(jpeg.data);
    return b;
}

static void expect_one_colour(struct tiff_file_bytes *b, const uint8_t expect[4], const char *what)
{
    static struct th_image_result result;
    struct th_pixels p;
    cr_expect_eq(make(b, &result, &p), THUMBS_OK, "%s: %s", what, result.warning);
    cr_expect(!result.damaged, "%s: %s", what, result.warning);
    for (unsigned i = 0; i < 4 && p.data; i++) {
        const uint8_t *got = test_pixel(&p, i % 2 ? 0.9 : 0.1, i / 2 ? 0.9 : 0.1);
        for (unsigned k = 0; k < 4; k++)
            cr_expect_leq(abs(got[k] - expect[k]), 2, "%s: %u in %u", what, got[k], k);
    }
    th_pixels_finish(&p);
    free(b->data);
}

/* A strip of a whole JPEG file, as many scanners write it: each row of it comes out. */
Test(tiff, old_style_jpeg)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        const unsigned components = kind ? 3 : 1;
        struct tiff_file_bytes b = make_jpeg_tiff(OLD_JPEG, components, kind == 2, chart[0]);
        const uint8_t expect[4] = {chart[0][0], kind ? chart[0][1] : chart[0][0],
                                   kind ? chart[0][2] : chart[0][0], 255};
        static const char *const names[] = {"grey", "4:4:4", "4:2:0"};
        expect_one_colour(&b, expect, names[kind]);
    }
}

/* Libjpeg passes over what is damaged, but says so. */
Test(tiff, damaged_old_style_jpeg)
{
    struct tiff_file_bytes b = make_jpeg_tiff(OLD_JPEG, 3, true, chart[0]);
    static struct th_image_result result;
    struct th_pixels p;
    memset(b.data + b.len - 12, 0, 12);
    cr_assert_eq(make(&b, &result, &p), THUMBS_OK, "%s", result.warning);
    cr_expect(result.damaged);
    th_pixels_finish(&p);
    free(b.data);
}

Test(tiff, tiles_of_jpeg_with_alpha)
{
    const uint8_t colour[2] = {100, 180};
    struct tiff_file_bytes b = make_jpeg_tiff(JPEG, 2, false, colour);
    expect_one_colour(&b, (const uint8_t[4]){100, 100, 100, 180}, "grey and alpha");
}

/* ---- damage ---- */

/* Eight strips, or six tiles: all but one are there. */
Test(tiff, a_lost_part_leaves_the_rest)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct tiff_file f = {.type = TIFF_FILE_UNSIGNED,
                              .bits = kind & 1 ? 16 : 8,
                              .photometric = kind & 4 ? YCBCR : RGB,
                              .samples = 3,
                              .sub_x = kind & 4 ? 1 : 0,
                              .sub_y = kind & 4 ? 1 : 0,
                              .tiled = kind & 2,
                              .rows_per_strip = 4,
                              .lost = 1};
        store(&f);
        struct tiff_file_bytes b = tiff_file_make(&f);
        static struct th_image_result result;
        struct th_pixels p;
        cr_assert_eq(make(&b, &result, &p), THUMBS_OK, "kind %u", kind);
        cr_expect(result.damaged);
        const uint8_t *right = test_pixel(&p, 0.75, 0.75), *lost = test_pixel(&p, 0.05, 0.02);
        for (unsigned k = 0; k < 3; k++)
            cr_expect_leq(abs(right[k] - chart[3][k]), 2, "kind %u: %u in %u", kind, right[k], k);
        cr_expect_lt(lost[0], 60, "kind %u", kind);
        th_pixels_finish(&p);
        free(b.data);
    }
}

/* Cut anywhere: what is there is shown, and if that is nothing it has failed. */
Test(tiff, cut_off)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct tiff_file f = {.type = TIFF_FILE_UNSIGNED,
                              .bits = kind & 1 ? 16 : 8,
                              .photometric = kind & 2 ? CIELAB : RGB,
                              .samples = 3};
        store(&f);
        struct tiff_file_bytes b = tiff_file_make(&f);
        static struct th_image_result result;
        struct th_pixels p;
        const size_t all = b.len,
                     data = (size_t)TIFF_FILE_WIDTH * TIFF_FILE_HEIGHT * 3 * f.bits / 8;
        b.len = all - data / 4;
        cr_expect_eq(make(&b, &result, &p), THUMBS_OK, "kind %u", kind);
        cr_expect(result.damaged);
        th_pixels_finish(&p);
        b.len = all - data;
        cr_expect_eq(make(&b, &result, &p), THUMBS_CORRUPT, "kind %u", kind);
        free(b.data);
    }
}

/* Any byte of the directory may be wrong: it ends with a code, and within the memory that was
 * estimated. Run under AddressSanitizer by the suite. */
Test(tiff, changed_bytes, .timeout = 120)
{
    struct tiff_file f = {.type = TIFF_FILE_UNSIGNED,
                          .bits = 12,
                          .photometric = RGB,
                          .samples = 4,
                          .n_extra = 1,
                          .extra = ASSOCIATED,
                          .separate = true};
    store(&f);
    struct tiff_file_bytes b = tiff_file_make(&f);
    uint32_t seed = 1;
    for (unsigned i = 0; i < 3000; i++) {
        const unsigned at = (seed = seed * 1664525 + 1013904223) >> 16, v = seed >> 8 & 255;
        const size_t place = 4 + at % 260;
        const uint8_t before = b.data[place];
        static struct th_image_result result;
        struct th_pixels p;
        b.data[place] = (uint8_t)v;
        make(&b, &result, &p);
        th_pixels_finish(&p);
        if (i % 4 == 3) b.data[place] = before; /* some stay for a while */
        if (i % 16 == 15) {
            free(b.data);
            b = tiff_file_make(&f);
        }
    }
    free(b.data);
}

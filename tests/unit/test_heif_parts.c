/* SPDX-License-Identifier: MIT */
/* Parts of the HEIF backend by themselves: colours by their numbers, box averages, sizes in HEVC.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/colours.h"
#include "image/heif/heif_colour.h"
#include "image/heif/heif_reduce.h"
#include "image/heif/heif_sps.h"
#include "support/corpus.h"
#include "support/heif_file.h"

/* ---- from Y'CbCr to R'G'B' ---- */

struct conversion {
    unsigned matrix;
    bool full_range;
    uint8_t in[3], out[3];
};

/* Worked out by the equations of H.273 on paper: E' = (Y - 16) / 219 and so on. */
static const struct conversion conversions[] = {
    {6, true, {128, 128, 128}, {128, 128, 128}},  {6, true, {76, 85, 255}, {254, 0, 0}}, /* red */
    {2, true, {76, 85, 255}, {254, 0, 0}}, /* unspecified: as BT.601 */
    {6, false, {81, 90, 240}, {254, 0, 0}},       {1, false, {63, 102, 240}, {255, 1, 0}},
    {1, true, {54, 99, 255}, {254, 0, 1}},        {9, false, {74, 97, 240}, {255, 0, 1}},
    {6, false, {16, 128, 128}, {0, 0, 0}},        {6, false, {235, 128, 128}, {255, 255, 255}},
    {6, false, {255, 128, 128}, {255, 255, 255}}, /* beyond the range */
    {0, true, {10, 20, 30}, {30, 10, 20}},        /* the planes are G, B, R */
    {0, false, {16, 126, 235}, {255, 0, 128}},    {8, true, {128, 128, 128}, {128, 128, 128}},
    {8, true, {64, 64, 192}, {192, 0, 64}}, /* Cg -64, Co 64: t = 128 */
};

Test(heif_colour, matrices)
{
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++) {
        const struct conversion *c = &conversions[i];
        const struct th_heif_nclx nclx = {1, 13, (uint16_t)c->matrix, c->full_range};
        struct th_heif_matrix m;
        uint8_t rgb[3];
        cr_assert_eq(th_heif_matrix_check(nclx.matrix, NULL), THUMBS_OK);
        th_heif_matrix_init(&m, &nclx);
        th_heif_to_rgb(&m, &c->in[0], &c->in[1], &c->in[2], 1, rgb);
        for (int k = 0; k < 3; k++)
            cr_expect(abs(rgb[k] - c->out[k]) <= 1, "case %zu, channel %d: %d", i, k, rgb[k]);
    }
}

static void expect_red(unsigned primaries, unsigned matrix, const int yuv[3])
{
    const struct th_heif_nclx nclx = {(uint16_t)primaries, 13, (uint16_t)matrix, true};
    struct th_heif_matrix m;
    uint8_t rgb[3], y = (uint8_t)yuv[0], cb = (uint8_t)yuv[1], cr = (uint8_t)yuv[2];
    cr_expect_eq(th_heif_matrix_check(matrix, NULL), THUMBS_OK);
    th_heif_matrix_init(&m, &nclx);
    th_heif_to_rgb(&m, &y, &cb, &cr, 1, rgb);
    cr_expect(rgb[0] >= 253 && rgb[1] <= 2 && rgb[2] <= 2, "matrix %u of primaries %u: %d %d %d",
              matrix, primaries, rgb[0], rgb[1], rgb[2]);
}

/* Red of BT.709, BT.2020, BT.601 in full range: Y = 255 Kr, Cb = 128 - 255 Kr / (2 (1 - Kb)). */
Test(heif_colour, matrices_that_follow_primaries_or_mean_nothing)
{
    static const int bt709[3] = {54, 99, 255}, bt2020[3] = {67, 92, 255}, bt601[3] = {76, 85, 255};
    for (unsigned matrix = 12; matrix <= 13; matrix++) {
        expect_red(1, matrix, bt709);
        expect_red(2, matrix, bt709); /* unspecified: sRGB's */
        expect_red(9, matrix, bt2020);
    }
    static const uint16_t nothing[] = {3, 18, 255, 65535};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        expect_red(1, nothing[i], bt601);
}

Test(heif_colour, matrices_of_another_kind_are_refused)
{
    static const uint16_t others[] = {11, 14, 15, 16, 17};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct thumbs_error err = {0};
        cr_expect_eq(th_heif_matrix_check(others[i], &err), THUMBS_UNSUPPORTED, "%u", others[i]);
        cr_expect(strstr(err.message, "matrix"), "%s", err.message);
    }
}

/* ---- to sRGB ---- */

static void convert(unsigned primaries, unsigned transfer, uint8_t *samples, uint32_t bands)
{
    struct th_colours colours;
    struct th_pixels p;
    cr_assert(th_pixels_init(&p, 1, 1, bands));
    memcpy(p.data, samples, bands);
    th_colours_from_codes(&colours, primaries, transfer);
    th_colours_to_srgb(&colours, &p);
    memcpy(samples, p.data, bands);
    th_pixels_finish(&p);
}

static void expect_colour(unsigned primaries, unsigned transfer, const int in[3], const int out[3],
                          int tolerance)
{
    uint8_t rgba[4] = {(uint8_t)in[0], (uint8_t)in[1], (uint8_t)in[2], 77};
    convert(primaries, transfer, rgba, 4);
    for (int k = 0; k < 3; k++)
        cr_expect(abs(rgba[k] - out[k]) <= tolerance,
                  "primaries %u, transfer %u, channel %d: %d, not %d", primaries, transfer, k,
                  rgba[k], out[k]);
    cr_expect_eq(rgba[3], 77);
}
#define RGB(r, g, b) ((const int[3]){r, g, b})

Test(heif_colour, primaries)
{
    expect_colour(12, 13, RGB(200, 40, 40), RGB(218, 0, 26), 1); /* Display P3 */
    expect_colour(12, 13, RGB(128, 128, 128), RGB(128, 128, 128), 0);
    expect_colour(9, 13, RGB(255, 255, 255), RGB(255, 255, 255), 0);
    expect_colour(1, 13, RGB(200, 40, 40), RGB(200, 40, 40), 0);
    expect_colour(1, 1, RGB(200, 40, 40), RGB(200, 40, 40), 0);
    expect_colour(2, 2, RGB(200, 40, 40), RGB(200, 40, 40), 0);
    expect_colour(999, 999, RGB(200, 40, 40), RGB(200, 40, 40), 0);
    expect_colour(9, 13, RGB(0, 255, 0), RGB(0, 255, 0), 0);         /* beyond sRGB: cut off */
    expect_colour(4, 13, RGB(255, 255, 255), RGB(255, 255, 255), 1); /* another white */
}

Test(heif_colour, transfers)
{
    expect_colour(1, 8, RGB(55, 55, 55), RGB(128, 128, 128), 1); /* linear: 0.2158 */
    expect_colour(1, 4, RGB(186, 186, 186), RGB(187, 187, 187), 1);
    expect_colour(1, 5, RGB(128, 128, 128), RGB(105, 105, 105), 1);
}

/* 203 cd/m2, diffuse white, is 0.58 of PQ and 0.75 of HLG. Linear 1 comes out as 0.7 + 0.3 (1 -
 * 1/e), which is 242; half of it is below the knee; the brightest is white. */
Test(heif_colour, high_dynamic_range)
{
    for (unsigned transfer = 16; transfer <= 18; transfer += 2) {
        int white = transfer == 16 ? 148 : 191;
        expect_colour(9, transfer, RGB(white, white, white), RGB(242, 242, 242), 2);
        expect_colour(9, transfer, RGB(255, 255, 255), RGB(255, 255, 255), 1);
        expect_colour(9, transfer, RGB(0, 0, 0), RGB(0, 0, 0), 0);
    }
    expect_colour(9, 16, RGB(130, 130, 130), RGB(186, 186, 186), 3); /* 98 cd/m2 */
    int last = -1;
    for (int v = 0; v < 256; v++) {
        uint8_t rgb[3] = {(uint8_t)v, (uint8_t)v, (uint8_t)v};
        convert(9, 16, rgb, 3);
        cr_expect(rgb[0] >= last && rgb[0] == rgb[1] && rgb[1] == rgb[2], "%d", v);
        last = rgb[0];
    }
}

Test(heif_colour, grey_and_alpha)
{
    uint8_t grey[2] = {55, 9};
    convert(9, 8, grey, 2);
    cr_expect(abs(grey[0] - 128) <= 1 && grey[1] == 9);
}

/* ---- box averages ---- */

enum { SIDE = 64 };
static uint16_t samples[3][SIDE * SIDE];

/* Planes of a tile with its own number in each sample, chroma of a 1 / x by 1 / y. */
static struct th_heif_frame frame(uint32_t width, uint32_t height, unsigned n_planes, unsigned x,
                                  unsigned y, unsigned bits, uint16_t value)
{
    struct th_heif_frame f = {.n_planes = n_planes};
    for (unsigned i = 0; i < n_planes; i++) {
        uint32_t w = i ? (width + x - 1) / x : width, h = i ? (height + y - 1) / y : height;
        for (size_t k = 0; k < (size_t)w * h; k++) {
            if (bits > 8)
                samples[i][k] = value;
            else
                ((uint8_t *)samples[i])[k] = (uint8_t)value;
        }
        f.planes[i] = (struct th_heif_plane){.data = (uint8_t *)samples[i],
                                             .stride = (size_t)w * (bits > 8 ? 2 : 1),
                                             .width = w,
                                             .height = h,
                                             .bits = bits};
    }
    return f;
}

static void check_grid(uint32_t width, uint32_t height, unsigned n_planes, unsigned x, unsigned y,
                       unsigned bits, unsigned box)
{
    const struct th_heif_layer layer = {.width = width,
                                        .height = height,
                                        .columns = 2,
                                        .rows = 3,
                                        .tile_width = 32,
                                        .tile_height = 16};
    const unsigned boxes[3] = {box, box > 1 ? box / 2 : 1, box > 1 ? box / 2 : 1};
    struct th_heif_canvas c = {.layer = &layer};
    for (uint32_t i = 0; i < 6; i++) {
        struct th_heif_frame f =
            frame(32, 16, n_planes, x, y, bits, (uint16_t)((20 * i + 7) << (bits - 8)));
        cr_assert_eq(th_heif_canvas_add(&c, i % 2, i / 2, &f, boxes, NULL), THUMBS_OK);
    }
    cr_assert_eq(c.n_planes, n_planes);
    for (unsigned i = 0; i < n_planes; i++) {
        const struct th_heif_reduced *p = &c.planes[i];
        unsigned sub_x = i ? x : 1, sub_y = i ? y : 1;
        cr_assert_eq(p->full_width, (width + sub_x - 1) / sub_x);
        cr_assert_eq(p->width, (p->full_width + p->box - 1) / p->box);
        cr_assert_eq(p->height, (p->full_height + p->box - 1) / p->box);
        for (uint32_t row = 0; row < p->height; row++) {
            for (uint32_t column = 0; column < p->width; column++) {
                uint32_t tile = row * p->box * sub_y / 16 * 2 + column * p->box * sub_x / 32;
                cr_assert_eq(p->data[row * p->width + column], 20 * tile + 7,
                             "%ux%u plane %u (%u, %u)", width, height, i, column, row);
            }
        }
    }
    th_heif_canvas_finish(&c);
}

Test(heif_reduce, tiles_of_all_shapes)
{
    static const unsigned chroma[][3] = {{1, 1, 1}, {3, 2, 2}, {3, 2, 1}, {3, 1, 1}};
    static const uint32_t sizes[][2] = {{64, 48}, {63, 47}, {33, 33}, {34, 40}, {50, 35}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t k = 0; k < 4; k++) {
            for (unsigned bits = 8; bits <= 16; bits += 2) {
                for (unsigned box = 1; box <= 16; box *= 2)
                    check_grid(sizes[s][0], sizes[s][1], chroma[k][0], chroma[k][1], chroma[k][2],
                               bits, box);
            }
        }
    }
}

Test(heif_reduce, averages_are_rounded)
{
    const struct th_heif_layer layer = {
        .width = 3, .height = 3, .columns = 1, .rows = 1, .tile_width = 3, .tile_height = 3};
    const unsigned boxes[3] = {2, 1, 1};
    uint16_t ten_bits[9] = {0, 6, 1023, 2, 2, 1023, 510, 510, 1023};
    struct th_heif_canvas c = {.layer = &layer};
    struct th_heif_frame f = {.n_planes = 1, .planes = {{(uint8_t *)ten_bits, 6, 3, 3, 10}}};
    cr_assert_eq(th_heif_canvas_add(&c, 0, 0, &f, boxes, NULL), THUMBS_OK);
    /* 10 / 16 is 0.6; the right and the lower edge have half a box, the corner a quarter. */
    cr_expect_eq(c.planes[0].data[0], 1);
    cr_expect_eq(c.planes[0].data[1], 255);
    cr_expect_eq(c.planes[0].data[2], 128);
    cr_expect_eq(c.planes[0].data[3], 255);
    th_heif_canvas_finish(&c);
}

Test(heif_reduce, refuses_frames_of_another_shape)
{
    const struct th_heif_layer layer = {
        .width = 60, .height = 30, .columns = 2, .rows = 2, .tile_width = 32, .tile_height = 16};
    const unsigned boxes[3] = {1, 1, 1};
    struct th_heif_canvas c = {.layer = &layer};
    struct th_heif_frame f = frame(31, 16, 3, 2, 2, 8, 9);
    cr_expect_eq(th_heif_canvas_add(&c, 0, 0, &f, boxes, NULL), THUMBS_CORRUPT);
    cr_expect_eq(c.n_planes, 0); /* a bad one does not decide for the others */
    f = frame(40, 20, 3, 2, 2, 8, 9);
    cr_expect_eq(th_heif_canvas_add(&c, 1, 1, &f, boxes, NULL),
                 THUMBS_OK); /* larger: what lies in the tile */
    f = frame(32, 16, 3, 1, 1, 8, 9);
    cr_expect_eq(th_heif_canvas_add(&c, 0, 1, &f, boxes, NULL), THUMBS_CORRUPT);
    f = frame(32, 16, 1, 1, 1, 8, 9);
    cr_expect_eq(th_heif_canvas_add(&c, 0, 1, &f, boxes, NULL), THUMBS_CORRUPT);
    cr_expect_eq(c.planes[0].data[0], 128);
    cr_expect_eq(c.planes[0].data[29 * 60 + 59], 9);
    th_heif_canvas_finish(&c);
}

/* ---- sizes in HEVC ---- */

struct writer {
    uint8_t data[64];
    unsigned n_bits;
};

static void put(struct writer *w, uint32_t value, unsigned n)
{
    while (n--) {
        if (value >> n & 1) w->data[w->n_bits / 8] |= (uint8_t)(0x80 >> w->n_bits % 8);
        w->n_bits++;
    }
}

static void put_ue(struct writer *w, uint32_t value)
{
    unsigned n = 31 - (unsigned)__builtin_clz(value + 1);
    put(w, 0, n);
    put(w, value + 1, n + 1);
}

/* With `n_sub_layers` that all have a profile and a level. */
static struct writer sps(unsigned n_sub_layers, uint32_t chroma, uint32_t width, uint32_t height)
{
    struct writer w = {0};
    put(&w, 33 << 9 | 1, 16);
    put(&w, n_sub_layers << 1 | 1, 8);
    for (int i = 0; i < 12; i++)
        put(&w, 0xC1, 8);
    for (unsigned i = 0; i < 8 && n_sub_layers; i++)
        put(&w, i < n_sub_layers ? 3 : 0, 2);
    for (unsigned i = 0; i < 12 * n_sub_layers; i++)
        put(&w, 0xC2, 8);
    put_ue(&w, 0);
    put_ue(&w, chroma);
    if (chroma == 3) put(&w, 0, 1);
    put_ue(&w, width);
    put_ue(&w, height);
    put(&w, 1, 1);
    return w;
}

Test(heif_sps, sizes_are_read)
{
    for (unsigned layers = 0; layers <= 2; layers++) {
        for (uint32_t chroma = 0; chroma <= 3; chroma++) {
            struct writer w = sps(layers, chroma, 4032, 70000);
            uint32_t width = 0, height = 0;
            cr_assert(th_heif_is_sps(w.data, sizeof w.data));
            cr_assert(th_heif_sps_size(w.data, sizeof w.data, &width, &height));
            cr_expect(width == 4032 && height == 70000, "%u x %u", width, height);
        }
    }
}

Test(heif_sps, a_set_that_ends_too_soon_has_no_size)
{
    struct writer w = sps(1, 1, 4032, 3024);
    for (size_t len = 0; len < w.n_bits / 8; len++) {
        uint32_t width, height;
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, w.data, len);
        cr_expect_eq(th_heif_is_sps(exact, len), len >= 2);
        cr_expect_not(th_heif_sps_size(exact, len, &width, &height), "%zu", len);
        free(exact);
    }
}

Test(heif_sps, real_sets_with_their_escapes)
{
    struct test_file file;
    struct heif_coded c;
    unsigned n = 0;
    cr_assert(test_file_read(TEST_SAMPLES "/heif/still.heic", &file));
    cr_assert(heif_coded_find(file.data, file.len, &c));
    for (size_t at = 23; at + 5 <= c.config_len;) { /* arrays of one set each */
        size_t len = (size_t)c.config[at + 3] << 8 | c.config[at + 4];
        const uint8_t *nal = c.config + at + 5;
        uint32_t width, height;
        if (th_heif_is_sps(nal, len)) {
            cr_assert(th_heif_sps_size(nal, len, &width, &height));
            cr_expect(width >= 141 && width <= 192 && height >= 93 && height <= 128, "%u x %u",
                      width, height);
            n++;
        }
        at += 5 + len;
    }
    cr_expect_eq(n, 1);
    test_file_finish(&file);
}

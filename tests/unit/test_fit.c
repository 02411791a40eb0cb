/* SPDX-License-Identifier: MIT */
/*
 * Cut, padded and distorted pictures of every decoder, against the same made of the whole picture.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/formats.h"
#include "image/geometry.h"
#include "image/image.h"
#include "image/rowscale.h"
#include "support/picture.h"
#include "support/read_png.h"

static uint8_t *read_sample(const char *name, size_t *len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", TEST_SAMPLES, name);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    uint8_t *data = malloc(1 << 22);
    *len = fread(data, 1, 1 << 22, f);
    fclose(f);
    return data;
}

/* The one thumbnail, as RGBA; the caller finishes it. JPEG and WebP are read by way of a PNG. */
static struct th_pixels make_of(const uint8_t *data, size_t len,
                                const struct thumbs_image_options *o)
{
    struct thumbs_images *images = NULL;
    struct thumbs_error err = {0};
    struct th_pixels out = {0};
    cr_assert_eq(thumbs_make(data, len, o, &images, NULL, &err), THUMBS_OK, "%s", err.message);
    const struct thumbs_image *i = thumbs_images_get(images, 0);
    if (i->format == THUMBS_FORMAT_PNG) {
        cr_assert(test_read_png(i->data, i->len, &out));
    } else {
        const struct thumbs_image_options whole =
            test_picture_options(THUMBS_MAX_SIDE, THUMBS_FORMAT_PNG);
        out = make_of(i->data, i->len, &whole);
    }
    thumbs_images_destroy(images);
    return out;
}

static struct th_pixels make(const char *name, const struct thumbs_image_options *o)
{
    size_t len;
    uint8_t *data = read_sample(name, &len);
    struct th_pixels out = make_of(data, len, o);
    free(data);
    return out;
}

/* Mean distance of samples, where the pixel can be seen. */
static double distance(const struct th_pixels *a, const struct th_pixels *b)
{
    double sum = 0;
    cr_assert(a->width == b->width && a->height == b->height, "%ux%u and %ux%u", a->width,
              a->height, b->width, b->height);
    const size_t n = (size_t)a->width * a->height * 4;
    for (size_t i = 0; i < n; i++) {
        const double seen = i % 4 == 3 ? 1 : a->data[i | 3] / 255.0;
        sum += seen * abs(a->data[i] - b->data[i]);
    }
    return sum / (double)n;
}

/* A part of a whole picture, resized. */
static struct th_pixels part_of(const struct th_pixels *whole, const struct th_geometry *g)
{
    const struct th_rowscale_plan plan = {.in_width = g->cut_width,
                                          .in_height = g->cut_height,
                                          .span_x = g->cut_width,
                                          .span_y = g->cut_height,
                                          .out_width = g->scaled_width,
                                          .out_height = g->scaled_height,
                                          .bands = 4,
                                          .alpha = true};
    struct th_rowscale *r = th_rowscale_create(&plan);
    struct th_pixels out = {0};
    cr_assert_not_null(r);
    th_rowscale_feed(r, whole->data + ((size_t)g->cut_y * whole->width + g->cut_x) * 4,
                     (size_t)whole->width * 4, g->cut_height);
    cr_assert(th_rowscale_take(r, &out));
    th_rowscale_destroy(r);
    return out;
}

/* What is expected, by the arithmetic of the upright picture. */
static struct th_pixels expected(const struct th_pixels *whole,
                                 const struct thumbs_image_options *o)
{
    struct th_geometry g = th_geometry_fit(whole->width, whole->height, &o->sizes[0],
                                           (enum thumbs_fit)o->fit, o->enlarge);
    if (o->fit == THUMBS_FIT_COVER)
        th_geometry_place(&g, whole->width, whole->height, (enum thumbs_gravity)o->gravity);
    struct th_pixels part = part_of(whole, &g), padded = {0};
    if (o->fit != THUMBS_FIT_CONTAIN) return part;
    const uint8_t colour[4] = {o->background[0], o->background[1], o->background[2], 255};
    cr_assert(th_pixels_pad(&part, g.canvas_width, g.canvas_height, colour, &padded));
    th_pixels_finish(&part);
    return padded;
}

static const char *const samples[] = {
    "photos/dunes.jpg",
    "jpeg/progressive-420.jpg",
    "jpeg/baseline-444.jpg",
    "jpeg/grey.jpg",
    "jpeg/cmyk-adobe-marker.jpg",
    "orientation/orientation-2.jpg",
    "orientation/orientation-3.jpg",
    "orientation/orientation-4.jpg",
    "orientation/orientation-5.jpg",
    "orientation/orientation-6.jpg",
    "orientation/orientation-7.jpg",
    "orientation/orientation-8.jpg",
    "orientation/orientation-6.png",
    "png/rgba-8.png",
    "png/rgb-8-adam7.png",
    "jpeg/size-1x3000.jpg",
    "jpeg/size-3000x1.jpg",
    "webp/lossy.webp",
    "webp/lossless-alpha.webp",
    "gif/still.gif",
    "gif/still-transparent.gif",
    "heif/grid.heic",
    "heif/alpha.avif",
    "heif/cropped-turned.heic",
    "jpeg/rgb-adobe-marker.jpg",
    "tiff/strip.tif",
    "orientation/orientation-6.tif",
};

static struct thumbs_image_options options_of(uint32_t width, uint32_t height, enum thumbs_fit fit,
                                              enum thumbs_format format)
{
    struct thumbs_image_options o = test_picture_options(1, format);
    o.sizes[0] = (struct thumbs_size){width, height, false};
    o.fit = fit;
    o.quality = 100;
    o.background[0] = 0x30;
    o.background[1] = 0x60;
    o.background[2] = 0xc0;
    o.background[3] = 255;
    return o;
}

static void check_sample(const char *name, const struct th_pixels *whole,
                         const struct thumbs_image_options *o)
{
    struct th_pixels got = make(name, o), want = expected(whole, o);
    const double far = distance(&want, &got);
    cr_expect_lt(far, 1.5, "%s: fit %u, gravity %u, %ux%u: %.2f levels", name, o->fit, o->gravity,
                 o->sizes[0].width, o->sizes[0].height, far);
    th_pixels_finish(&got);
    th_pixels_finish(&want);
}

/* Builds may leave decoders out. */
static bool is_decoded(const char *name)
{
    const struct thumbs_image_options o = test_picture_options(10, THUMBS_FORMAT_PNG);
    struct thumbs_images *images = NULL;
    size_t len;
    uint8_t *data = read_sample(name, &len);
    const bool decoded = thumbs_make(data, len, &o, &images, NULL, NULL) != THUMBS_UNSUPPORTED;
    thumbs_images_destroy(images);
    free(data);
    return decoded;
}

Test(fit, every_decoder_shows_the_same_part, .timeout = 240)
{
    const struct thumbs_image_options all =
        test_picture_options(THUMBS_MAX_SIDE, THUMBS_FORMAT_PNG);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        if (!is_decoded(samples[i])) continue;
        struct th_pixels whole = make(samples[i], &all);
        struct thumbs_image_options o = options_of(50, 31, THUMBS_FIT_FILL, THUMBS_FORMAT_PNG);
        check_sample(samples[i], &whole, &o);
        o.fit = THUMBS_FIT_CONTAIN;
        check_sample(samples[i], &whole, &o);
        o.fit = THUMBS_FIT_COVER;
        for (o.gravity = 0; o.gravity < THUMBS_GRAVITY_ATTENTION; o.gravity++) {
            o.sizes[0] = (struct thumbs_size){50, o.gravity % 2 ? 50 : 21, false};
            check_sample(samples[i], &whole, &o);
        }
        th_pixels_finish(&whole);
    }
}

/* The thumbnail as a PNG, and that in the format of `o`: chroma of half the sides, but of pixels
 * that are finished. */
static struct th_pixels make_by_way_of_png(const char *name, const struct thumbs_image_options *o)
{
    struct thumbs_images *images = NULL;
    struct thumbs_image_options first = *o, then = test_picture_options(
                                                THUMBS_MAX_SIDE, (enum thumbs_format)o->formats[0]);
    size_t len;
    uint8_t *data = read_sample(name, &len);
    first.formats[0] = THUMBS_FORMAT_PNG;
    then.quality = o->quality;
    cr_assert_eq(thumbs_make(data, len, &first, &images, NULL, NULL), THUMBS_OK);
    const struct thumbs_image *i = thumbs_images_get(images, 0);
    struct th_pixels out = make_of(i->data, i->len, &then);
    thumbs_images_destroy(images);
    free(data);
    return out;
}

/* Formats that are written from planes, where the source has them. */
static const enum thumbs_format plane_formats[] = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_WEBP};

/* Planes of JPEG are padded as the picture would be, however they come to lie: chroma of half the
 * sides, mirrored. */
Test(fit, planes_are_padded_as_pixels_are, .timeout = 60)
{
    static const uint32_t boxes[][2] = {{50, 50}, {51, 51}, {60, 30}, {61, 29}, {47, 50}};
    for (unsigned k = 1; k <= 16; k++)
        for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
            if (!th_image_is_writable(plane_formats[k % 2])) continue;
            char name[64];
            snprintf(name, sizeof name, "orientation/orientation-%u.jpg", (k + 1) / 2);
            struct thumbs_image_options o =
                options_of(boxes[i][0], boxes[i][1], THUMBS_FIT_CONTAIN, plane_formats[k % 2]);
            struct th_pixels got = make(name, &o), want = make_by_way_of_png(name, &o);
            cr_expect_lt(distance(&want, &got), 2, "%s into %ux%u", name, boxes[i][0], boxes[i][1]);
            const uint8_t *corner = got.data;
            cr_expect(abs(corner[0] - 0x30) < 3 && abs(corner[1] - 0x60) < 3 &&
                          abs(corner[2] - 0xc0) < 3,
                      "%u %u %u", corner[0], corner[1], corner[2]);
            th_pixels_finish(&got);
            th_pixels_finish(&want);
        }
}

/* Written from planes or from pixels, a picture is the same: black, white and all between, of odd
 * sides, grey, of each sampling of chroma, at its own size too. */
Test(fit, planes_are_written_as_pixels_are, .timeout = 60)
{
    static const char *const names[] = {"jpeg/baseline-420.jpg",     "jpeg/baseline-444.jpg",
                                        "jpeg/baseline-410.jpg",     "jpeg/baseline-422.jpg",
                                        "jpeg/progressive-grey.jpg", "jpeg/grey.jpg",
                                        "jpeg/size-1x1.jpg",         "photos/dunes.jpg"};
    static const uint32_t sides[] = {61, 150, THUMBS_MAX_SIDE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < 2 * sizeof sides / sizeof *sides; k++) {
            if (!th_image_is_writable(plane_formats[k % 2])) continue;
            const uint32_t side = sides[k / 2];
            const struct thumbs_image_options o =
                options_of(side, side, THUMBS_FIT_INSIDE, plane_formats[k % 2]);
            struct th_pixels got = make(names[i], &o), want = make_by_way_of_png(names[i], &o);
            cr_expect_lt(distance(&want, &got), 1.5, "%s to %s of %u: %.2f levels", names[i],
                         thumbs_format_name(plane_formats[k % 2]), side, distance(&want, &got));
            th_pixels_finish(&got);
            th_pixels_finish(&want);
        }
}

/* Clear unless a colour was asked for; opaque where the picture is, and in a format without
 * alpha. */
Test(fit, padding_of_pictures_with_alpha)
{
    struct thumbs_image_options o = options_of(80, 20, THUMBS_FIT_CONTAIN, THUMBS_FORMAT_PNG);
    struct th_pixels p = make("png/rgba-8.png", &o);
    cr_expect(p.data[2] == 0xc0 && p.data[3] == 255);
    th_pixels_finish(&p);
    o.background[3] = 0;
    p = make("png/rgba-8.png", &o);
    cr_expect_eq(p.data[3], 0);
    th_pixels_finish(&p);
    p = make("png/rgb-8.png", &o);
    cr_expect(p.data[2] == 0xc0 && p.data[3] == 255);
    th_pixels_finish(&p);
    o.formats[0] = THUMBS_FORMAT_JPEG;
    p = make("png/rgba-8.png", &o);
    cr_expect(abs(p.data[2] - 0xc0) < 4 && p.data[3] == 255);
    th_pixels_finish(&p);
    /* A grey picture gets colour where its padding has some. */
    p = make("png/grey-8.png", &o);
    cr_expect(abs(p.data[0] - 0x30) < 4 && abs(p.data[2] - 0xc0) < 4);
    th_pixels_finish(&p);
    p = make("jpeg/grey.jpg", &o);
    cr_expect(abs(p.data[0] - 0x30) < 4 && abs(p.data[2] - 0xc0) < 4);
    th_pixels_finish(&p);
}

/* The chosen part is a part of the picture at the size of cover, the same whatever way the picture
 * lies in its file. */
Test(fit, gravity_looks_at_the_picture)
{
    for (uint32_t gravity = THUMBS_GRAVITY_ATTENTION; gravity <= THUMBS_GRAVITY_ENTROPY;
         gravity++) {
        struct thumbs_image_options o = options_of(40, 40, THUMBS_FIT_COVER, THUMBS_FORMAT_PNG);
        o.gravity = gravity;
        if (th_image_check_options(&o, NULL) != THUMBS_OK) cr_skip_test("built without libvips");
        struct th_pixels upright = make("orientation/orientation-1.jpg", &o);
        cr_expect(upright.width == 40 && upright.height == 40);
        for (unsigned k = 2; k <= 8; k++) {
            char name[64];
            snprintf(name, sizeof name, "orientation/orientation-%u.jpg", k);
            struct th_pixels p = make(name, &o);
            cr_expect_lt(distance(&upright, &p), 3, "gravity %u, %s", gravity, name);
            th_pixels_finish(&p);
        }
        th_pixels_finish(&upright);
    }
}

static double contrast(const struct th_pixels *p)
{
    double sum = 0;
    const size_t n = (size_t)p->width * p->height * 4;
    for (size_t i = 4; i < n; i++)
        sum += abs(p->data[i] - p->data[i - 4]);
    return sum / (double)n;
}

/* On planes and on pixels alike; what was not reduced stays as it is. */
Test(fit, sharpens_what_was_reduced)
{
    struct thumbs_image_options o = options_of(60, 60, THUMBS_FIT_INSIDE, THUMBS_FORMAT_PNG);
    struct th_pixels plain = make("photos/brick-wall.jpg", &o);
    o.sharpen = 100;
    struct th_pixels sharp = make("photos/brick-wall.jpg", &o);
    o.formats[0] = THUMBS_FORMAT_JPEG;
    struct th_pixels planar = make("photos/brick-wall.jpg", &o);
    cr_expect_gt(contrast(&sharp), 1.2 * contrast(&plain));
    cr_expect_lt(contrast(&sharp), 3 * contrast(&plain));
    cr_expect_lt(distance(&sharp, &planar), 3);
    o = options_of(500, 500, THUMBS_FIT_INSIDE, THUMBS_FORMAT_PNG);
    struct th_pixels whole = make("png/rgba-8.png", &o);
    o.sharpen = 1000;
    struct th_pixels same = make("png/rgba-8.png", &o);
    cr_expect_eq(distance(&whole, &same), 0);
    th_pixels_finish(&plain);
    th_pixels_finish(&sharp);
    th_pixels_finish(&planar);
    th_pixels_finish(&whole);
    th_pixels_finish(&same);
}

Test(fit, nothing_vanishes)
{
    static const char *const thin[] = {"jpeg/size-1x3000.jpg", "jpeg/size-3000x1.jpg",
                                       "png/size-1x300-adam7.png", "png/size-1x1-adam7.png"};
    for (size_t i = 0; i < sizeof thin / sizeof *thin; i++)
        for (uint32_t k = 0; k < 16; k++) {
            struct thumbs_image_options o =
                options_of(k & 8 ? 1 : 33, 17, (enum thumbs_fit)(k & 3), THUMBS_FORMAT_JPEG);
            o.enlarge = k >> 2 & 1;
            struct th_pixels p = make(thin[i], &o);
            cr_expect(p.width >= 1 && p.height >= 1 && p.width <= o.sizes[0].width &&
                      p.height <= 17);
            if (o.fit == THUMBS_FIT_CONTAIN || (o.enlarge && o.fit != THUMBS_FIT_INSIDE))
                cr_expect(p.width == o.sizes[0].width && p.height == 17, "%s %u", thin[i], k);
            th_pixels_finish(&p);
        }
}

Test(fit, what_makes_no_sense_is_refused)
{
    struct thumbs_error err = {0};
    struct thumbs_image_options o = options_of(40, 0, THUMBS_FIT_COVER, THUMBS_FORMAT_JPEG);
    cr_expect_eq(th_image_check_options(&o, &err), THUMBS_USAGE);
    cr_expect_str_eq(err.message,
                     "fit cover needs both sides of each size, and one has only a width");
    o = options_of(40, 40, THUMBS_FIT_CONTAIN, THUMBS_FORMAT_JPEG);
    o.gravity = THUMBS_GRAVITY_NORTH;
    cr_expect_eq(th_image_check_options(&o, NULL), THUMBS_USAGE);
    o.fit = THUMBS_FIT_COVER;
    cr_expect_eq(th_image_check_options(&o, NULL), THUMBS_OK);
    o.gravity = THUMBS_N_GRAVITIES;
    cr_expect_eq(th_image_check_options(&o, NULL), THUMBS_USAGE);
    o = options_of(40, 40, (enum thumbs_fit)4, THUMBS_FORMAT_JPEG);
    cr_expect_eq(th_image_check_options(&o, NULL), THUMBS_USAGE);
    o = options_of(40, 40, THUMBS_FIT_CONTAIN, THUMBS_FORMAT_JPEG);
    o.background[3] = 1;
    cr_expect_eq(th_image_check_options(&o, NULL), THUMBS_USAGE);
}

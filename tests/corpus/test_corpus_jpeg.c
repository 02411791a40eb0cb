/* SPDX-License-Identifier: MIT */
/*
 * The JPEG path over real files: every plane at 1/8 against libjpeg-turbo's own, and colours of
 * profiles and inks against libvips'. Real files come from THUMBS_CORPUS; without it the samples
 * alone are taken where they suffice.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <lcms2.h>
#include <png.h>
#include <vips/vips.h>

#include "image/image.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/jpeg/jpeg_progressive.h"
#include "support/corpus.h"
#include "support/picture.h"

struct visitor {
    void (*call)(const struct test_file *f);
    bool sampled;
};

static void visit(const struct test_file *f, void *user)
{
    const struct visitor *visitor = user;
    if (visitor->sampled && !test_is_sampled(f->path, 3)) return;
    if (f->len > 3 && f->data[0] == 0xFF && f->data[1] == 0xD8) visitor->call(f);
}

/* Every JPEG below the folder; where sanitizers make it slow, of the corpus a third. */
static void each_jpeg(const char *folder, void (*call)(const struct test_file *f))
{
    struct visitor visitor = {.call = call, .sampled = TEST_SANITIZED && folder == test_corpus()};
    cr_assert_gt(test_each_file(folder, visit, &visitor), 0u);
}

/* ---- planes ---- */

struct turbo {
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    jmp_buf fail;
    unsigned char *data;
    unsigned long len;
};

static void on_error(j_common_ptr jpeg)
{
    struct turbo *t = jpeg->client_data;
    longjmp(t->fail, 1);
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* Write component c of a picture, as it stands in coefficients, as a grey JPEG of its own. False:
 * it cannot be read, or only with warnings. */
static bool extract(struct turbo *t, const struct test_file *f, int c)
{
    if (setjmp(t->fail)) return false;
    jpeg_mem_src(&t->in, f->data, f->len);
    jpeg_read_header(&t->in, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&t->in);
    if (t->errors.num_warnings) return false;
    const jpeg_component_info *from = &t->in.comp_info[c];
    jpeg_mem_dest(&t->out, &t->data, &t->len);
    t->out.image_width = from->downsampled_width;
    t->out.image_height = from->downsampled_height;
    t->out.input_components = 1;
    t->out.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&t->out);
    memcpy(t->out.quant_tbl_ptrs[0]->quantval, from->quant_table->quantval,
           sizeof from->quant_table->quantval);
    t->out.optimize_coding = TRUE;
    jpeg_write_coefficients(&t->out, &arrays[c]);
    jpeg_finish_compress(&t->out);
    jpeg_finish_decompress(&t->in);
    return t->errors.num_warnings == 0;
}

/* Component c as a file of its own; data NULL: not to be had. */
static struct test_file component_of(const struct test_file *f, int c)
{
    struct turbo *t = calloc(1, sizeof *t);
    t->in.err = t->out.err = jpeg_std_error(&t->errors);
    t->errors.error_exit = on_error;
    t->errors.output_message = on_output;
    t->in.client_data = t->out.client_data = t;
    jpeg_create_decompress(&t->in);
    jpeg_create_compress(&t->out);
    const bool ok = extract(t, f, c);
    jpeg_destroy_decompress(&t->in);
    jpeg_destroy_compress(&t->out);
    struct test_file part = {.data = ok ? t->data : NULL, .len = ok ? t->len : 0};
    if (!ok) free(t->data);
    free(t);
    return part;
}

static unsigned n_taken, n_regular, n_planes, n_subsampled;
static struct th_jpeg_scan *scan;

static void check_plane(const struct test_file *f, unsigned c, const struct th_jpeg_plane *own)
{
    struct test_file part = component_of(f, (int)c);
    struct th_jpeg_header h;
    struct th_jpeg_planes turbo = {0};
    if (!part.data) return;
    cr_assert(th_jpeg_parse(part.data, part.len, &h));
    cr_assert_eq(th_jpeg_planes_decode_turbo(&h, part.data, part.len, 1, 0, &turbo, NULL),
                 THUMBS_OK);
    const struct th_jpeg_plane *want = &turbo.planes[0];
    cr_assert_eq(want->n, 1);
    cr_assert(want->width == own->width && want->height == own->height,
              "%s: component %u is %u x %u, not %u x %u", f->path, c, own->width, own->height,
              want->width, want->height);
    for (uint32_t y = 0; y < own->height; y++)
        cr_assert_arr_eq(own->data + y * own->stride, want->data + y * want->stride, own->width,
                         "%s: row %u of component %u", f->path, y, c);
    n_planes++;
    th_jpeg_planes_finish(&turbo);
    test_file_finish(&part);
}

static void check_planes(const struct test_file *f)
{
    struct th_jpeg_header h;
    struct th_jpeg_planes own = {0};
    const uint8_t n[TH_JPEG_MAX_PLANES] = {1, 1, 1, 1};
    if (!th_jpeg_parse(f->data, f->len, &h) ||
        (!th_jpeg_scan_takes(&h) && !th_jpeg_progressive_takes(&h)))
        return;
    n_taken++;
    if (th_jpeg_planes_decode(scan, &h, f->data, f->len, n, 0, &own, NULL) == THUMBS_OK &&
        own.own) {
        n_regular++;
        for (unsigned c = 0; c < own.n_planes; c++) {
            cr_assert_eq(own.planes[c].n, 1);
            n_subsampled += h.components[c].h < h.h_max || h.components[c].v < h.v_max;
            check_plane(f, c, &own.planes[c]);
        }
    }
    th_jpeg_planes_finish(&own);
}

/* libjpeg-turbo decodes subsampled chroma to twice the size it is asked for, to save itself the
 * upsampling; as a grey file of its own each component comes at 1/8. */
Test(corpus_jpeg, every_plane_at_one_eighth_equals_libjpeg, .timeout = 600)
{
    const char *corpus = test_corpus();
    scan = th_jpeg_scan_create();
    each_jpeg(TEST_SAMPLES, check_planes);
    cr_expect_gt(n_regular, 50);
    if (corpus) {
        each_jpeg(corpus, check_planes);
        cr_expect_gt(n_regular, TEST_SANITIZED ? 100 : 300);
    }
    cr_expect_gt(n_subsampled, 50);
    cr_log_info("%u files taken, %u regular, %u planes compared, %u of them subsampled", n_taken,
                n_regular, n_planes, n_subsampled);
    th_jpeg_scan_destroy(scan);
}

/* ---- colours ---- */

struct pixels {
    uint8_t *data; /* RGB */
    int width, height;
};

/* What we make, without loss. */
static bool ours(const struct test_file *f, uint32_t side, struct pixels *out)
{
    struct thumbs_image_options o = test_picture_options(side, THUMBS_FORMAT_PNG);
    struct th_sink sink;
    struct th_image_result result;
    th_sink_init_heap(&sink);
    bool ok = th_image_make(f->data, f->len, &o, NULL, &sink, &result, NULL) == THUMBS_OK &&
              !result.damaged;
    png_image png = {.version = PNG_IMAGE_VERSION};
    ok = ok && png_image_begin_read_from_memory(&png, sink.data, sink.len);
    if (ok) {
        png.format = PNG_FORMAT_RGB;
        *out = (struct pixels){malloc(PNG_IMAGE_SIZE(png)), (int)png.width, (int)png.height};
        ok = png_image_finish_read(&png, NULL, out->data, 0, NULL);
    }
    th_sink_finish_heap(&sink);
    return ok;
}

/* Does the profile have this tag? (ICC.1:2022, 7.3) */
static bool has_tag(const uint8_t *profile, size_t len, const char *tag)
{
    const size_t n = len >= 132 ? (size_t)profile[130] << 8 | profile[131] : 0;
    for (size_t i = 0; i < n && 132 + 12 * (i + 1) <= len; i++)
        if (memcmp(profile + 132 + 12 * i, tag, 4) == 0) return true;
    return false;
}

/* Relative colorimetric; for a profile whose only table is the perceptual one, that: libvips would
 * then do nothing. */
static VipsIntent intent_of(VipsImage *image)
{
    const void *profile;
    size_t len;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return VIPS_INTENT_RELATIVE;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &len)) return VIPS_INTENT_RELATIVE;
    return has_tag(profile, len, "A2B0") && !has_tag(profile, len, "A2B1") ? VIPS_INTENT_PERCEPTUAL
                                                                           : VIPS_INTENT_RELATIVE;
}

/* Replace *image by what an operation made of it; false if that failed. */
static bool step(VipsImage **image, int failed, VipsImage **made)
{
    if (failed) return false;
    g_object_unref(*image);
    *image = *made;
    *made = NULL;
    return true;
}

/* By libvips: a full decode, upright, reduced with Lanczos-3 to exactly that size, then from its
 * profile (inks without one: libvips' own) to sRGB. Not by vips_thumbnail(), which sends inks
 * through another conversion than vips_icc_transform(), 1.3 of CIEDE2000 away from it on average.
 */
static bool theirs(const struct test_file *f, int width, int height, struct pixels *out)
{
    VipsImage *image = vips_image_new_from_buffer(f->data, f->len, "", NULL), *made = NULL;
    bool done = false;
    size_t len;
    if (!image || !step(&image, vips_autorot(image, &made, NULL), &made)) goto out;
    const double across = (double)width / image->Xsize, down = (double)height / image->Ysize;
    if (!step(&image, vips_resize(image, &made, across, "vscale", down, NULL), &made)) goto out;
    const char *fallback = image->Type == VIPS_INTERPRETATION_CMYK ? "cmyk" : "srgb";
    if (!step(&image,
              vips_icc_transform(image, &made, "srgb", "embedded", TRUE, "input_profile", fallback,
                                 "intent", intent_of(image), "black_point_compensation", TRUE,
                                 "depth", 8, NULL),
              &made))
        goto out;
    cr_assert_eq(image->Bands, 3);
    cr_assert_eq(image->BandFmt, VIPS_FORMAT_UCHAR);
    uint8_t *data = vips_image_write_to_memory(image, &len);
    if (!data) goto out;
    *out = (struct pixels){malloc(len), image->Xsize, image->Ysize};
    memcpy(out->data, data, len);
    g_free(data);
    done = true;
out:
    vips_error_clear();
    g_clear_object(&image);
    return done;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static cmsHTRANSFORM to_lab;
static unsigned n_compared, n_skipped;

struct difference {
    double mean, p99;
};

/* CIEDE2000 over means of `field` x `field` pixels: over single pixels the filters' difference at
 * edges is counted as well, over fields it averages out, and colour is left. */
static struct difference difference(const struct pixels *a, const struct pixels *b, int field)
{
    const int across = a->width / field, down = a->height / field;
    const size_t n = (size_t)across * (size_t)down;
    double *e = malloc((n ? n : 1) * sizeof *e), sum = 0;
    for (size_t i = 0; i < n; i++) {
        double colours[2][3] = {{0}};
        for (int k = 0; k < field * field; k++) {
            const size_t x = i % (size_t)across * (size_t)field + (size_t)(k % field);
            const size_t y = i / (size_t)across * (size_t)field + (size_t)(k / field);
            for (int c = 0; c < 3; c++) {
                const size_t at = (y * (size_t)a->width + x) * 3 + (size_t)c;
                colours[0][c] += a->data[at] / (255.0 * field * field);
                colours[1][c] += b->data[at] / (255.0 * field * field);
            }
        }
        cmsCIELab lab[2];
        cmsDoTransform(to_lab, colours, lab, 2);
        e[i] = cmsCIE2000DeltaE(&lab[0], &lab[1], 1, 1, 1);
        sum += e[i];
    }
    qsort(e, n, sizeof *e, by_value);
    const struct difference d = {n ? sum / (double)n : 0,
                                 n ? e[(size_t)((double)(n - 1) * 0.99)] : 0};
    free(e);
    return d;
}

static double worst_mean, worst_p99, worst_pixels;

/* A file whose colours need converting. */
static void check_colours(const struct test_file *f)
{
    struct th_jpeg_header h;
    struct pixels a = {0}, b = {0};
    if (strstr(f->path, "/broken/") || !th_jpeg_parse(f->data, f->len, &h)) return;
    if ((!h.has_icc && h.n_components != 4) || h.precision != 8) return;
    if (ours(f, 256, &a) && theirs(f, a.width, a.height, &b)) {
        cr_assert(a.width == b.width && a.height == b.height, "%s", f->path);
        const int field = a.width < 16 || a.height < 16 ? 1 : 8; /* half the side in chroma */
        const struct difference pixel = difference(&a, &b, 1), colour = difference(&a, &b, field);
        cr_log_info("%s: pixels %.2f, 99th %.2f; fields %.2f, 99th %.2f", f->path, pixel.mean,
                    pixel.p99, colour.mean, colour.p99);
        if (colour.mean > worst_mean) worst_mean = colour.mean;
        if (pixel.p99 > worst_pixels) worst_pixels = pixel.p99;
        if (colour.p99 > worst_p99) worst_p99 = colour.p99;
        /* Black of inks is compensated by a rule of our own, see docs/COLOUR.md; that of tables
         * differs from Little CMS's by a level or two in deep shadow. */
        const bool inks = h.n_components == 4;
        cr_expect_leq(pixel.mean, inks ? 6 : 2, "%s: %.2f on average", f->path, pixel.mean);
        cr_expect_leq(colour.p99, inks ? 10 : 2.5, "%s: %.2f at the 99th percentile of fields",
                      f->path, colour.p99);
        n_compared++;
    } else {
        n_skipped++;
    }
    free(a.data);
    free(b.data);
}

Test(corpus_jpeg, colours_are_those_of_libvips, .timeout = 600)
{
    const char *corpus = test_corpus();
    cr_assert_eq(vips_init("test"), 0);
    cmsHPROFILE lab = cmsCreateLab4Profile(NULL), rgb = cmsCreate_sRGBProfile();
    to_lab =
        cmsCreateTransform(rgb, TYPE_RGB_DBL, lab, TYPE_Lab_DBL, INTENT_RELATIVE_COLORIMETRIC, 0);
    cr_assert(to_lab);
    each_jpeg(TEST_SAMPLES, check_colours);
    cr_expect_geq(n_compared, 13, "%u", n_compared);
    if (corpus) {
        each_jpeg(corpus, check_colours);
        cr_expect_gt(n_compared, TEST_SANITIZED ? 25 : 60);
    }
    cr_log_info("%u files compared, %u not; fields: worst mean %.2f, worst 99th percentile %.2f; "
                "pixels: %.2f",
                n_compared, n_skipped, worst_mean, worst_p99, worst_pixels);
    cmsDeleteTransform(to_lab);
    cmsCloseProfile(lab);
    cmsCloseProfile(rgb);
    th_image_thread_finish();
}

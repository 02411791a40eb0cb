/* SPDX-License-Identifier: MIT */
/*
 * The decoder of progressive JPEG. Linked with the fuzz entry of tests/fuzz, which compares it with
 * libjpeg-turbo and aborts on a difference; here it runs over files made for the purpose, sound and
 * damaged.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "image/estimate/estimate.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/jpeg/jpeg_progressive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct file {
    uint8_t *data;
    size_t len;
};

/* Scripts of scans: components (0 to 2, as bits), ss, se, ah, al; a row of zeros ends one. For one
 * component the same without the others. */
struct scan_line {
    int components, ss, se, ah, al;
};

static const struct scan_line scripts[][16] = {
    /* bands without refinement: most are above what 1/8 to 4/8 need */
    {{7, 0, 0, 0, 0},
     {1, 1, 4, 0, 0},
     {1, 5, 24, 0, 0},
     {1, 25, 63, 0, 0},
     {2, 1, 63, 0, 0},
     {4, 1, 63, 0, 0}},
    /* DC apart, each with a refinement */
    {{1, 0, 0, 0, 2},
     {2, 0, 0, 0, 1},
     {4, 0, 0, 0, 0},
     {1, 0, 0, 2, 1},
     {1, 0, 0, 1, 0},
     {2, 0, 0, 1, 0},
     {1, 1, 63, 0, 0},
     {2, 1, 63, 0, 0},
     {4, 1, 63, 0, 0}},
    /* deep refinement, bands that only partly overlap, refined above the band */
    {{7, 0, 0, 0, 3},
     {1, 1, 10, 0, 3},
     {1, 11, 63, 0, 2},
     {1, 1, 10, 3, 2},
     {1, 1, 63, 2, 1},
     {1, 1, 2, 1, 0},
     {1, 3, 63, 1, 0},
     {7, 0, 0, 3, 2},
     {7, 0, 0, 2, 1},
     {7, 0, 0, 1, 0},
     {2, 1, 63, 0, 0},
     {4, 30, 63, 0, 0}},
    /* the bits below the first are never told */
    {{7, 0, 0, 0, 1}, {1, 1, 63, 0, 1}, {2, 1, 5, 0, 2}},
    /* two of the components together */
    {{3, 0, 0, 0, 0}, {4, 0, 0, 0, 0}, {1, 1, 63, 0, 1}, {1, 1, 63, 1, 0}},
};
enum { N_SCRIPTS = sizeof scripts / sizeof *scripts, DEFAULT_SCRIPT = N_SCRIPTS };

struct sort_of_jpeg {
    unsigned width, height, components, h, v;
    int quality, restart_interval;
    unsigned script;
    bool baseline;
};

static int script_of(const struct sort_of_jpeg *s, jpeg_scan_info out[16])
{
    int n = 0;
    for (const struct scan_line *l = scripts[s->script]; l->components; l++) {
        jpeg_scan_info *info = &out[n];
        *info = (jpeg_scan_info){.Ss = l->ss, .Se = l->se, .Ah = l->ah, .Al = l->al};
        for (int c = 0; c < (int)s->components; c++)
            if (l->components >> c & 1) info->component_index[info->comps_in_scan++] = c;
        n += info->comps_in_scan > 0;
    }
    return n;
}

static struct file encode(const struct sort_of_jpeg *s, unsigned seed)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg_scan_info script[16];
    unsigned char *data = NULL;
    unsigned long len = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &len);
    jpeg.image_width = s->width;
    jpeg.image_height = s->height;
    jpeg.input_components = (int)s->components;
    jpeg.in_color_space = s->components == 1   ? JCS_GRAYSCALE
                          : s->components == 4 ? JCS_CMYK
                                               : JCS_YCbCr;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, s->quality, TRUE);
    jpeg.comp_info[0].h_samp_factor = (int)s->h;
    jpeg.comp_info[0].v_samp_factor = (int)s->v;
    for (unsigned c = 1; c < s->components; c++)
        jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1;
    jpeg.restart_interval = (unsigned)s->restart_interval;
    if (!s->baseline && s->script == DEFAULT_SCRIPT) jpeg_simple_progression(&jpeg);
    if (!s->baseline && s->script != DEFAULT_SCRIPT) {
        jpeg.num_scans = script_of(s, script);
        jpeg.scan_info = script;
    }
    jpeg_start_compress(&jpeg, TRUE);
    uint8_t *row = malloc((size_t)s->width * 4);
    for (unsigned y = 0; y < s->height; y++) {
        for (unsigned x = 0; x < s->width * s->components; x++) {
            seed = seed * 1103515245u + 12345u;
            row[x] = (uint8_t)(x * 3 + y * 5 + (seed >> 16) % (1 + (x / 24 + y / 24) % 4 * 40));
        }
        JSAMPROW rows = row;
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    free(row);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return (struct file){data, len};
}

static struct sort_of_jpeg plain(unsigned width, unsigned height)
{
    return (struct sort_of_jpeg){.width = width,
                                 .height = height,
                                 .components = 3,
                                 .h = 2,
                                 .v = 2,
                                 .quality = 90,
                                 .script = DEFAULT_SCRIPT};
}

/* By the program's way, all components at n/8. */
static enum thumbs_code decode(const struct file *f, unsigned n, struct th_jpeg_planes *out,
                               struct thumbs_error *err)
{
    struct th_jpeg_header h;
    const uint8_t ns[TH_JPEG_MAX_PLANES] = {(uint8_t)n, (uint8_t)n, (uint8_t)n, (uint8_t)n};
    *out = (struct th_jpeg_planes){0};
    cr_assert(th_jpeg_parse(f->data, f->len, &h));
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    enum thumbs_code code = th_jpeg_planes_decode(scan, &h, f->data, f->len, ns, 0, out, err);
    th_jpeg_scan_destroy(scan);
    return code;
}

static const unsigned scales[] = {1, 2, 4, 6, 8}; /* that the decoder has, in eighths */
enum { N_SCALES = sizeof scales / sizeof *scales };

/* Made by ours, not damaged, equal to libjpeg-turbo. */
static void check_sound(const struct file *f, const char *what)
{
    for (unsigned i = 0; i < N_SCALES; i++) {
        const unsigned n = scales[i];
        struct th_jpeg_planes planes;
        cr_assert_eq(decode(f, n, &planes, NULL), THUMBS_OK, "%s at %u/8", what, n);
        cr_assert(planes.own && !planes.damaged, "%s at %u/8: %s", what, n, planes.warning);
        th_jpeg_planes_finish(&planes);
    }
    LLVMFuzzerTestOneInput(f->data, f->len);
}

Test(jpeg_progressive, every_script_sampling_and_size, .timeout = 120)
{
    static const unsigned factors[][2] = {{1, 1}, {2, 2}, {2, 1}, {1, 2}, {4, 1}, {4, 2}};
    for (unsigned script = 0; script <= N_SCRIPTS; script++) {
        for (unsigned side = 1; side < 75; side += 8) {
            struct sort_of_jpeg s = plain(side, 80 - side);
            s.script = script;
            s.components = side % 5 == 0 ? 1 : script == DEFAULT_SCRIPT && side % 7 == 0 ? 4 : 3;
            s.h = factors[side % 6][0];
            s.v = factors[side % 6][1];
            s.restart_interval = (int)(side % 4 * (side % 3));
            s.quality = side % 2 ? 100 : 60;
            struct file f = encode(&s, side);
            char what[64];
            snprintf(what, sizeof what, "script %u, %u x %u", script, side, 80 - side);
            check_sound(&f, what);
            free(f.data);
        }
    }
}

/* A file and its baseline twin of the same coefficients look the same. */
Test(jpeg_progressive, as_the_baseline_twin)
{
    struct sort_of_jpeg s = plain(203, 117);
    struct file progressive = encode(&s, 3);
    s.baseline = true;
    struct file baseline = encode(&s, 3);
    for (unsigned i = 0; i < N_SCALES; i++) {
        const unsigned n = scales[i];
        struct th_jpeg_planes a, b;
        cr_assert_eq(decode(&progressive, n, &a, NULL), THUMBS_OK);
        cr_assert_eq(decode(&baseline, n, &b, NULL), THUMBS_OK);
        cr_assert(a.own && b.own);
        for (unsigned c = 0; c < 3; c++)
            for (uint32_t y = 0; y < a.planes[c].height; y++)
                cr_assert_arr_eq(a.planes[c].data + y * a.planes[c].stride,
                                 b.planes[c].data + y * b.planes[c].stride, a.planes[c].width);
        th_jpeg_planes_finish(&a);
        th_jpeg_planes_finish(&b);
    }
    free(progressive.data);
    free(baseline.data);
}

/* What is there of a file that was cut is shown, as libjpeg-turbo would show it, and called
 * damaged. */
Test(jpeg_progressive, every_truncation, .timeout = 120)
{
    for (unsigned script = 0; script <= N_SCRIPTS; script += 2) {
        struct sort_of_jpeg s = plain(70, 40);
        struct th_jpeg_header h;
        s.script = script;
        s.restart_interval = script ? 3 : 0;
        struct file f = encode(&s, 1);
        cr_assert(th_jpeg_parse(f.data, f.len, &h));
        for (size_t len = h.scan_offset; len < f.len; len++) {
            struct file cut = {malloc(len), len};
            struct th_jpeg_planes planes;
            memcpy(cut.data, f.data, len);
            cr_assert_eq(decode(&cut, 4, &planes, NULL), THUMBS_OK, "cut to %zu of %zu", len,
                         f.len);
            cr_assert(planes.own && planes.damaged && planes.warning[0], "cut to %zu of %zu", len,
                      f.len);
            th_jpeg_planes_finish(&planes);
            LLVMFuzzerTestOneInput(cut.data, len);
            free(cut.data);
        }
        free(f.data);
    }
}

Test(jpeg_progressive, every_byte_changed, .timeout = 120)
{
    for (unsigned script = 0; script <= N_SCRIPTS; script++) {
        struct sort_of_jpeg s = plain(40, 24);
        s.script = script;
        s.restart_interval = script % 2 ? 2 : 0;
        struct file f = encode(&s, 1);
        for (size_t i = 2; i < f.len; i++) {
            const uint8_t before = f.data[i];
            const uint8_t tried[] = {before ^ (uint8_t)(1u << i % 8), 0xFF, 0,
                                     (uint8_t)(0xD0 | (i & 7))};
            for (unsigned k = 0; k < sizeof tried; k++) {
                f.data[i] = tried[k];
                LLVMFuzzerTestOneInput(f.data, f.len);
            }
            f.data[i] = before;
        }
        free(f.data);
    }
}

/* The file with `n` zeros in front of the marker at `at`. */
static struct file with_zeros(const struct file *f, size_t at, size_t n)
{
    struct file more = {malloc(f->len + n), f->len + n};
    memcpy(more.data, f->data, at);
    memset(more.data + at, 0, n);
    memcpy(more.data + at + n, f->data + at, f->len - at);
    return more;
}

static bool is_restart(const uint8_t *p)
{
    return p[0] == 0xFF && p[1] >= 0xD0 && p[1] <= 0xD7;
}

static void check_damaged(const struct file *f, bool damaged, size_t at)
{
    struct th_jpeg_planes planes;
    cr_assert_eq(decode(f, 8, &planes, NULL), THUMBS_OK);
    cr_expect_eq(planes.damaged, damaged, "zeros at %zu", at);
    th_jpeg_planes_finish(&planes);
    LLVMFuzzerTestOneInput(f->data, f->len);
}

/* One byte too many is damage, in front of any restart of any scan. */
Test(jpeg_progressive, a_byte_too_many_before_a_restart)
{
    struct sort_of_jpeg s = plain(40, 24);
    struct th_jpeg_header h;
    unsigned n_restarts = 0;
    s.restart_interval = 2;
    struct file f = encode(&s, 1);
    cr_assert(th_jpeg_parse(f.data, f.len, &h));
    for (size_t at = h.scan_offset; at < f.len - 1; at++) {
        if (!is_restart(f.data + at)) continue;
        struct file more = with_zeros(&f, at, 1);
        check_damaged(&more, true, at);
        free(more.data);
        n_restarts++;
    }
    cr_assert_gt(n_restarts, 10);
    free(f.data);
}

/* Behind a scan libjpeg-turbo may overlook seven. */
Test(jpeg_progressive, bytes_too_many_behind_a_scan)
{
    struct sort_of_jpeg s = plain(40, 24);
    struct file f = encode(&s, 1);
    for (size_t n = 1; n < 40; n++) {
        struct file more = with_zeros(&f, f.len - 2, n);
        check_damaged(&more, n > 7, f.len - 2);
        free(more.data);
    }
    free(f.data);
}

/* A marker that is none, behind the last restart: libjpeg-turbo refuses such a file. */
Test(jpeg_progressive, an_unknown_marker_behind_a_scan)
{
    struct sort_of_jpeg s = plain(40, 24);
    s.restart_interval = 2;
    struct file f = encode(&s, 1), more = with_zeros(&f, f.len - 2, 2);
    more.data[f.len - 2] = 0xFF;
    more.data[f.len - 1] = 0x5D;
    check_damaged(&more, true, f.len - 2);
    free(more.data);
    free(f.data);
}

/* The file with its last scan once more, `times` over. */
static struct file with_more_scans(const struct file *f, unsigned times)
{
    size_t at = f->len, end = f->len - 2;
    while (f->data[at - 2] != 0xFF || f->data[at - 1] != 0xDA)
        at--;
    size_t begin = at - 2, n = end - begin;
    struct file more = {malloc(f->len + n * times), f->len + n * times};
    memcpy(more.data, f->data, end);
    for (unsigned i = 0; i < times; i++)
        memcpy(more.data + end + i * n, f->data + begin, n);
    memcpy(more.data + more.len - 2, f->data + end, 2);
    return more;
}

Test(jpeg_progressive, very_many_scans_are_refused)
{
    struct sort_of_jpeg s = plain(40, 24);
    struct file f = encode(&s, 1), some = with_more_scans(&f, 400), many = with_more_scans(&f, 600);
    struct th_jpeg_planes planes;
    struct thumbs_error err = {0};
    LLVMFuzzerTestOneInput(some.data, some.len);
    cr_assert_eq(decode(&some, 2, &planes, &err), THUMBS_OK);
    cr_assert(planes.damaged, "scans in a row that may not be");
    th_jpeg_planes_finish(&planes);
    cr_assert_eq(decode(&many, 2, &planes, &err), THUMBS_CORRUPT);
    cr_assert(strstr(err.message, "500 scans"), "%s", err.message);
    cr_assert_eq(decode(&many, 1, &planes, &err), THUMBS_OK,
                 "scans that are not needed do not count");
    cr_assert_not(planes.damaged);
    th_jpeg_planes_finish(&planes);
    free(f.data);
    free(some.data);
    free(many.data);
}

Test(jpeg_progressive, past_deadline_stops)
{
    struct sort_of_jpeg s = plain(200, 200);
    struct file f = encode(&s, 1);
    struct th_jpeg_header h;
    struct th_jpeg_planes planes = {0};
    const uint8_t n[TH_JPEG_MAX_PLANES] = {2, 2, 2, 2};
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    cr_assert(th_jpeg_parse(f.data, f.len, &h));
    cr_assert_eq(th_jpeg_planes_decode(scan, &h, f.data, f.len, n, 1, &planes, NULL),
                 THUMBS_TIMEOUT);
    th_jpeg_scan_destroy(scan);
    free(f.data);
}

/* The header of 100 megapixels. Nothing but planes grows with the picture. */
Test(jpeg_progressive, needs_little_memory)
{
    struct sort_of_jpeg s = plain(64, 64);
    struct file f = encode(&s, 1);
    size_t sof = 2;
    while (f.data[sof] != 0xFF || f.data[sof + 1] != 0xC2)
        sof++;
    static const uint8_t side[4] = {10000 >> 8, 10000 & 255, 10000 >> 8, 10000 & 255};
    memcpy(f.data + sof + 5, side, sizeof side);
    struct thumbs_image_options o = {.n_sizes = 1,
                                     .n_formats = 1,
                                     .quality = 80,
                                     .max_pixels = UINT64_MAX,
                                     .formats = {THUMBS_FORMAT_JPEG}};
    for (uint32_t longest = 256; longest <= 1024; longest *= 4) { /* 1/8, 2/8 */
        uint64_t bytes = 0;
        o.sizes[0] = (struct thumbs_size){longest, longest, true};
        cr_assert(th_image_estimate(f.data, f.len, &o, &bytes));
        cr_expect_lt(bytes, UINT64_C(60) << 20, "%u px: %llu bytes", longest,
                     (unsigned long long)bytes);
    }
    free(f.data);
}

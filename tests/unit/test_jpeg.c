/* SPDX-License-Identifier: MIT */
/*
 * The JPEG hot path. Linked with the fuzz entry of tests/fuzz, which compares our decoders with
 * libjpeg-turbo and aborts on a difference; here it runs over files made for the purpose. Real
 * files come from THUMBS_CORPUS.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "image/exif.h"
#include "image/jpeg/jpeg_hot.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/jpeg/jpeg_progressive.h"
#include "image/resample.h"
#include "support/corpus.h"
#include "support/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ---- helpers ---- */

struct file {
    uint8_t *data;
    size_t len;
};

static void file_finish(struct file *f)
{
    free(f->data);
    *f = (struct file){0};
}

static struct file file_read(const char *folder, const char *name)
{
    struct file f = {0};
    char path[4096];
    if (name[0] == '.') return f;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rb");
    if (!in) return f;
    fseek(in, 0, SEEK_END);
    long len = ftell(in);
    rewind(in);
    f.data = malloc(len > 0 ? (size_t)len : 1);
    f.len = len > 0 ? fread(f.data, 1, (size_t)len, in) : 0;
    fclose(in);
    return f;
}

struct sort_of_jpeg {
    unsigned width, height, components;
    unsigned factors[3][2]; /* h, v */
    int quality, restart_interval;
    bool optimised;
    unsigned noise; /* 0: flat, 1: slopes, 2: noise */
};

static struct file encode(const struct sort_of_jpeg *s, unsigned seed)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long len = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &len);
    jpeg.image_width = s->width;
    jpeg.image_height = s->height;
    jpeg.input_components = (int)s->components;
    jpeg.in_color_space = s->components == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, s->quality, TRUE);
    for (unsigned c = 0; c < s->components && s->factors[0][0]; c++) {
        jpeg.comp_info[c].h_samp_factor = (int)s->factors[c][0];
        jpeg.comp_info[c].v_samp_factor = (int)s->factors[c][1];
    }
    jpeg.restart_interval = (unsigned)s->restart_interval;
    jpeg.optimize_coding = s->optimised;
    jpeg_start_compress(&jpeg, TRUE);
    uint8_t *row = malloc((size_t)s->width * 3);
    for (unsigned y = 0; y < s->height; y++) {
        for (unsigned x = 0; x < s->width * s->components; x++) {
            seed = seed * 1103515245u + 12345u;
            row[x] = (uint8_t)(s->noise == 0 ? 90 : s->noise == 1 ? x * 3 + y * 5 : seed >> 16);
        }
        JSAMPROW rows = row;
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    free(row);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return (struct file){data, len};
}

static const unsigned scales[] = {1, 2, 4, 6, 8}; /* that the decoder has, in eighths */
enum { N_SCALES = sizeof scales / sizeof *scales };

static struct sort_of_jpeg plain(unsigned width, unsigned height)
{
    return (struct sort_of_jpeg){.width = width,
                                 .height = height,
                                 .components = 3,
                                 .factors = {{2, 2}, {1, 1}, {1, 1}},
                                 .quality = 85,
                                 .noise = 1};
}

/* How the scan decoder ends on a file, all components at n/8. */
static enum th_jpeg_scan_end own_end(const uint8_t *data, size_t len, unsigned n)
{
    struct th_jpeg_header h;
    if (!th_jpeg_parse(data, len, &h)) return TH_JPEG_SCAN_GAVE_UP;
    struct th_jpeg_plane planes[4] = {{0}};
    for (unsigned c = 0; c < h.n_components; c++) {
        uint32_t width, height;
        planes[c].n = n;
        th_jpeg_scan_size(&h, c, n, &planes[c].width, &planes[c].height, &width, &height);
        planes[c].stride = width;
        planes[c].rows = height;
        planes[c].data = malloc((size_t)width * height);
    }
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    enum th_jpeg_scan_end end = th_jpeg_scan_decode(scan, &h, data, len, planes, 0);
    th_jpeg_scan_destroy(scan);
    for (unsigned c = 0; c < 4; c++)
        free(planes[c].data);
    return end;
}

/* Accepted at every n, and equal to libjpeg-turbo. */
static void check_regular(const struct file *f, const char *what)
{
    for (unsigned i = 0; i < N_SCALES; i++)
        cr_assert_eq(own_end(f->data, f->len, scales[i]), TH_JPEG_SCAN_OK, "%s, n = %u", what,
                     scales[i]);
    LLVMFuzzerTestOneInput(f->data, f->len);
}

/* ---- the scan decoder, on files made here ---- */

Test(jpeg_scan, every_sampling_and_size, .timeout = 120)
{
    static const unsigned factors[][3][2] = {
        {{1, 1}, {1, 1}, {1, 1}}, {{2, 2}, {1, 1}, {1, 1}}, {{2, 1}, {1, 1}, {1, 1}},
        {{1, 2}, {1, 1}, {1, 1}}, {{4, 1}, {1, 1}, {1, 1}}, {{4, 2}, {1, 1}, {1, 1}},
        {{2, 2}, {1, 2}, {1, 2}}, {{2, 2}, {2, 1}, {2, 1}}, {{1, 1}, {2, 2}, {1, 1}},
        {{1, 4}, {1, 2}, {1, 1}}, {{2, 4}, {1, 1}, {1, 1}}};
    for (unsigned i = 0; i < sizeof factors / sizeof *factors; i++) {
        for (unsigned side = 1; side < 75; side += 7) {
            struct sort_of_jpeg s = plain(side, 76 - side);
            memcpy(s.factors, factors[i], sizeof s.factors);
            s.noise = 1 + side % 2;
            s.optimised = side % 3 == 0;
            struct file f = encode(&s, side);
            char what[64];
            snprintf(what, sizeof what, "sampling %u, %u x %u", i, side, 76 - side);
            check_regular(&f, what);
            file_finish(&f);
        }
    }
}

/* Quality 100 fills blocks to position 63, where no end of block follows, and its codes overrun the
 * tables. */
Test(jpeg_scan, every_quality_and_texture, .timeout = 120)
{
    for (int quality = 1; quality <= 100; quality += 11) {
        for (unsigned noise = 0; noise < 3; noise++) {
            for (unsigned components = 1; components <= 3; components += 2) {
                struct sort_of_jpeg s = plain(211, 97);
                s.quality = quality;
                s.noise = noise;
                s.components = components;
                struct file f = encode(&s, (unsigned)quality);
                check_regular(&f, "quality");
                file_finish(&f);
            }
        }
    }
}

/* Whole pictures are those of libjpeg-turbo, sample by sample. */
Test(jpeg_scan, at_full_size_as_libjpeg_turbo)
{
    for (unsigned noise = 0; noise < 3; noise++) {
        for (int quality = 5; quality <= 100; quality += 19) {
            struct sort_of_jpeg s = plain(301, 203);
            memcpy(s.factors, (unsigned[3][2]){{1, 1}, {1, 1}, {1, 1}}, sizeof s.factors);
            s.quality = quality;
            s.noise = noise;
            struct file f = encode(&s, (unsigned)quality);
            struct th_jpeg_header h;
            struct th_jpeg_planes own = {0}, turbo = {0};
            struct th_jpeg_scan *scan = th_jpeg_scan_create();
            const uint8_t n[3] = {8, 8, 8};
            cr_assert(th_jpeg_parse(f.data, f.len, &h));
            cr_assert_eq(th_jpeg_planes_decode(scan, &h, f.data, f.len, n, 0, &own, NULL),
                         THUMBS_OK);
            cr_assert(own.own);
            cr_assert_eq(th_jpeg_planes_decode_turbo(&h, f.data, f.len, 8, 0, &turbo, NULL),
                         THUMBS_OK);
            for (unsigned c = 0; c < 3; c++)
                for (unsigned y = 0; y < own.planes[c].height; y++)
                    cr_assert_arr_eq(
                        own.planes[c].data + y * own.planes[c].stride,
                        turbo.planes[c].data + y * turbo.planes[c].stride, own.planes[c].width,
                        "quality %d, texture %u, plane %u, row %u", quality, noise, c, y);
            th_jpeg_planes_finish(&own);
            th_jpeg_planes_finish(&turbo);
            th_jpeg_scan_destroy(scan);
            file_finish(&f);
        }
    }
}

Test(jpeg_scan, a_scan_of_many_windows)
{
    struct sort_of_jpeg s = plain(1601, 403);
    s.quality = 97;
    s.noise = 2;
    struct file f = encode(&s, 5);
    cr_assert_gt(f.len, 256 * 1024); /* several times what is held in memory */
    for (unsigned i = 0; i < N_SCALES; i++)
        cr_assert_eq(own_end(f.data, f.len, scales[i]), TH_JPEG_SCAN_OK);
    struct th_jpeg_header h;
    cr_assert(th_jpeg_parse(f.data, f.len, &h));
    unsigned stuffed = 0;
    for (size_t i = h.scan_offset; i + 1 < f.len; i++)
        stuffed += f.data[i] == 0xFF && f.data[i + 1] == 0;
    cr_assert_gt(stuffed, 100);
    struct th_jpeg_planes own = {0}, turbo = {0};
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    const uint8_t n[3] = {1, 1, 1};
    cr_assert_eq(th_jpeg_planes_decode(scan, &h, f.data, f.len, n, 0, &own, NULL), THUMBS_OK);
    cr_assert(own.own);
    cr_assert_eq(th_jpeg_planes_decode_turbo(&h, f.data, f.len, 1, 0, &turbo, NULL), THUMBS_OK);
    for (unsigned y = 0; y < own.planes[0].height; y++)
        cr_assert_arr_eq(own.planes[0].data + y * own.planes[0].stride,
                         turbo.planes[0].data + y * turbo.planes[0].stride, own.planes[0].width);
    th_jpeg_planes_finish(&own);
    th_jpeg_planes_finish(&turbo);
    th_jpeg_scan_destroy(scan);
    file_finish(&f);
}

/* Long enough for two streams at once. Damage anywhere must end as it does with one: libjpeg-turbo
 * takes what ours takes, and sees the same coefficients. */
Test(jpeg_scan, damage_in_a_long_scan, .timeout = 120)
{
    static const struct {
        int quality;
        unsigned noise, components, factor;
    } sorts[] = {{90, 2, 3, 2}, {60, 2, 3, 1}, {97, 1, 3, 2}, {95, 2, 1, 1}};
    unsigned seed = 1;
    for (unsigned i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        struct sort_of_jpeg s = plain(520, 500);
        s.quality = sorts[i].quality;
        s.noise = sorts[i].noise;
        s.components = sorts[i].components;
        s.factors[0][0] = s.factors[0][1] = sorts[i].factor;
        struct file f = encode(&s, i);
        check_regular(&f, "long");
        for (unsigned k = 0; k < 30; k++) {
            seed = seed * 1103515245u + 12345u;
            uint8_t *at = &f.data[f.len / 32 + seed % (f.len - f.len / 16)], before = *at;
            *at = (uint8_t)(before ^ 1u << k % 8);
            LLVMFuzzerTestOneInput(f.data, f.len);
            *at = before;
        }
        file_finish(&f);
    }
}

Test(jpeg_scan, restart_intervals)
{
    static const int intervals[] = {1, 2, 5, 7, 13, 1000};
    for (unsigned i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        struct sort_of_jpeg s = plain(113, 90);
        s.restart_interval = intervals[i];
        struct file f = encode(&s, i);
        check_regular(&f, "restarts");
        file_finish(&f);
    }
}

static size_t find_restart(const struct file *f, uint8_t marker)
{
    for (size_t i = 2; i + 1 < f->len; i++)
        if (f->data[i] == 0xFF && f->data[i + 1] == marker) return i;
    cr_assert_fail("no such marker");
    return 0;
}

Test(jpeg_scan, wrong_or_missing_restart_is_irregular)
{
    struct sort_of_jpeg s = plain(113, 90);
    s.restart_interval = 3;
    struct file f = encode(&s, 1);
    size_t at = find_restart(&f, 0xD2);
    f.data[at + 1] = 0xD3;
    cr_assert_eq(own_end(f.data, f.len, 1), TH_JPEG_SCAN_GAVE_UP);
    memmove(f.data + at, f.data + at + 2, f.len - at - 2);
    cr_assert_eq(own_end(f.data, f.len - 2, 1), TH_JPEG_SCAN_GAVE_UP);
    file_finish(&f);
}

Test(jpeg_scan, every_truncation_is_irregular)
{
    struct sort_of_jpeg s = plain(70, 40);
    struct file f = encode(&s, 1);
    for (size_t len = 0; len < f.len; len++) {
        uint8_t *cut = malloc(len ? len : 1);
        memcpy(cut, f.data, len);
        cr_assert_eq(own_end(cut, len, 1 << len % 3), TH_JPEG_SCAN_GAVE_UP, "cut to %zu of %zu",
                     len, f.len);
        free(cut);
    }
    file_finish(&f);
}

/* Whatever a damaged file is taken for, libjpeg-turbo must agree. */
Test(jpeg_scan, every_byte_changed, .timeout = 120)
{
    struct sort_of_jpeg s = plain(40, 24);
    s.restart_interval = 2;
    struct file f = encode(&s, 1);
    for (size_t i = 0; i < f.len; i++) {
        uint8_t before = f.data[i];
        f.data[i] = (uint8_t)(before ^ 1u << i % 8);
        LLVMFuzzerTestOneInput(f.data, f.len);
        f.data[i] = 0xFF;
        LLVMFuzzerTestOneInput(f.data, f.len);
        f.data[i] = before;
    }
    file_finish(&f);
}

/* A grey block of 8x8 with hand-written bits: 2 codes of DC (00: size 0, 01: size 1) and a few of
 * AC. */
static struct file by_hand(const char *bits)
{
    static const uint8_t head[] = {0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0};
    static const uint8_t frame[] = {0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0};
    /* AC: 00 end of block, 01 ZRL, 100 run 14 size 1, 101 run 0 size 1, 110 run 15 size 10 */
    static const uint8_t dht[] = {
        0xFF, 0xC4, 0, 21, 0x00, 0, 2,    0,    0, 0,  0,    0,    0,    0,    0,   0, 0,
        0,    0,    0, 0,  0,    1, 0xFF, 0xC4, 0, 24, 0x10, 0,    2,    3,    0,   0, 0,
        0,    0,    0, 0,  0,    0, 0,    0,    0, 0,  0x00, 0xF0, 0xE1, 0x01, 0xFA};
    static const uint8_t sos[] = {0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 63, 0};
    struct file f = {.data = calloc(1, 512)};
#define ADD(bytes) memcpy(f.data + f.len, bytes, sizeof bytes), f.len += sizeof bytes
    ADD(head);
    memset(f.data + f.len, 1, 64);
    f.len += 64;
    ADD(frame);
    ADD(dht);
    ADD(sos);
    unsigned n = 0, byte = 0;
    for (; *bits || n; bits += *bits != 0) {
        if (*bits == ' ') continue;
        byte = byte << 1 | (*bits ? *bits == '1' : 1u);
        if (++n < 8) continue;
        f.data[f.len++] = (uint8_t)byte;
        if ((byte & 255) == 255) f.data[f.len++] = 0;
        n = byte = 0;
    }
    static const uint8_t end[] = {0xFF, 0xD9};
    ADD(end);
#undef ADD
    return f;
}

Test(jpeg_scan, runs_to_the_end_of_the_block_and_past_it)
{
    static const struct {
        const char *bits;
        enum th_jpeg_scan_end end;
        const char *what;
    } cases[] = {
        {"00 00", TH_JPEG_SCAN_OK, "DC and end of block"},
        {"01 1 101 1 00", TH_JPEG_SCAN_OK, "one coefficient"},
        {"00 01 01 01 100 1", TH_JPEG_SCAN_OK, "position 63 by a run of 14, no end of block"},
        {"00 01 01 01 100 0", TH_JPEG_SCAN_OK, "the same, negative"},
        {"00 01 01 01 101 1 101 0 00", TH_JPEG_SCAN_OK, "positions 49 and 50"},
        {"00 01 01 01 01", TH_JPEG_SCAN_GAVE_UP, "four runs of 16: position 64"},
        {"00 01 01 01 110 1111111111", TH_JPEG_SCAN_GAVE_UP, "run of 15 to position 64"},
        {"00 01 01 01 100 1 00", TH_JPEG_SCAN_OK, "an end of block behind 63 looks like padding"},
        {"00 01 01 01 100 1 00000000 0", TH_JPEG_SCAN_GAVE_UP, "a byte too many"},
        {"00 111", TH_JPEG_SCAN_GAVE_UP, "no such code"},
        {"11", TH_JPEG_SCAN_GAVE_UP, "no such DC code"},
        {"00 01 01", TH_JPEG_SCAN_GAVE_UP, "early end"},
        {"00 110 0000000001 00", TH_JPEG_SCAN_OK, "a long value behind a long run"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = by_hand(cases[i].bits);
        for (unsigned k = 0; k < N_SCALES; k++)
            cr_assert_eq(own_end(f.data, f.len, scales[k]), cases[i].end, "%s, n = %u",
                         cases[i].what, scales[k]);
        LLVMFuzzerTestOneInput(f.data, f.len);
        file_finish(&f);
    }
}

Test(jpeg_scan, past_deadline_stops)
{
    struct sort_of_jpeg s = plain(200, 200);
    struct file f = encode(&s, 1);
    struct th_jpeg_header h;
    cr_assert(th_jpeg_parse(f.data, f.len, &h));
    struct th_jpeg_scan *scan = th_jpeg_scan_create();
    struct th_jpeg_planes planes = {0};
    struct thumbs_error err = {0};
    const uint8_t n[3] = {1, 1, 1};
    cr_assert_eq(th_jpeg_planes_decode(scan, &h, f.data, f.len, n, 1, &planes, &err),
                 THUMBS_TIMEOUT);
    cr_assert_eq(err.code, THUMBS_TIMEOUT);
    th_jpeg_scan_destroy(scan);
    file_finish(&f);
}

/* ---- real files ---- */

static unsigned compare_file(const struct file *f, struct th_jpeg_scan *scan, unsigned *taken)
{
    struct th_jpeg_header h;
    if (!th_jpeg_parse(f->data, f->len, &h) ||
        (!th_jpeg_scan_takes(&h) && !th_jpeg_progressive_takes(&h)))
        return 0;
    struct th_jpeg_planes own = {0}, turbo = {0};
    const uint8_t n[3] = {1, 1, 1};
    unsigned compared = 0;
    ++*taken;
    if (th_jpeg_planes_decode(scan, &h, f->data, f->len, n, 0, &own, NULL) == THUMBS_OK &&
        own.own) {
        cr_assert_eq(th_jpeg_planes_decode_turbo(&h, f->data, f->len, 1, 0, &turbo, NULL),
                     THUMBS_OK);
        for (unsigned c = 0; c < own.n_planes; c++)
            for (unsigned y = 0; y < own.planes[c].height && turbo.planes[c].n == 1; y++)
                cr_assert_arr_eq(own.planes[c].data + y * own.planes[c].stride,
                                 turbo.planes[c].data + y * turbo.planes[c].stride,
                                 own.planes[c].width);
        compared = 1;
    }
    th_jpeg_planes_finish(&own);
    th_jpeg_planes_finish(&turbo);
    return compared;
}

struct tally {
    struct th_jpeg_scan *scan;
    unsigned taken, compared;
};

static void compare_one(const struct test_file *file, void *user)
{
    struct tally *t = user;
    const struct file f = {.data = file->data, .len = file->len};
    if (f.len) t->compared += compare_file(&f, t->scan, &t->taken);
}

Test(jpeg_corpus, planes_at_one_eighth_equal_libjpeg, .timeout = 300)
{
    static const char *const folders[] = {"photos", "web", "orientation"};
    TEST_NEED_CORPUS();
    struct tally t = {.scan = th_jpeg_scan_create()};
    for (unsigned i = 0; i < 3; i++)
        test_each_corpus_file(folders[i], compare_one, &t);
    th_jpeg_scan_destroy(t.scan);
    cr_assert_gt(t.taken, 200);
    cr_assert_gt(t.compared * 20, t.taken * 19, "only %u of %u files were regular", t.compared,
                 t.taken);
}

static void replay(const struct test_file *file, void *user)
{
    unsigned *n = user;
    if (file->len) LLVMFuzzerTestOneInput(file->data, file->len);
    *n += file->len > 0;
}

Test(jpeg_corpus, broken_files_replayed, .timeout = 300)
{
    unsigned n = 0;
    TEST_NEED_CORPUS();
    test_each_corpus_file("broken", replay, &n);
    cr_assert_gt(n, 1000);
}

/* ---- the whole way ---- */

struct made {
    struct th_sink sink;
    struct th_image_result result;
    struct thumbs_error err;
    enum thumbs_code code;
    bool declined;
};

static struct made make_with(const struct file *f, uint32_t side, enum thumbs_format format,
                             bool fast)
{
    struct thumbs_image_options o = test_picture_options(side, format);
    o.fast = fast;
    struct made m = {0};
    th_sink_init_heap(&m.sink);
    struct th_make make = {.data = f->data,
                           .len = f->len,
                           .format = THUMBS_FORMAT_JPEG,
                           .options = &o,
                           .sink = &m.sink,
                           .result = &m.result};
    m.code = th_backend_jpeg.make(&make, &m.err);
    m.declined = make.declined;
    return m;
}

static struct made make_hot(const struct file *f, uint32_t side, enum thumbs_format format)
{
    return make_with(f, side, format, false);
}

/* Luma of a JPEG in memory, full size. */
static void decode_luma(const uint8_t *data, size_t len, struct th_jpeg_planes *out)
{
    struct th_jpeg_header h;
    cr_assert(th_jpeg_parse(data, len, &h));
    cr_assert_eq(th_jpeg_planes_decode_turbo(&h, data, len, 8, 0, out, NULL), THUMBS_OK);
}

static double luma_psnr(const struct th_jpeg_planes *a, const struct th_jpeg_planes *b)
{
    const struct th_jpeg_plane *p = &a->planes[0], *q = &b->planes[0];
    cr_assert_eq(p->width, q->width);
    cr_assert_eq(p->height, q->height);
    double sum = 0;
    for (unsigned y = 0; y < p->height; y++)
        for (unsigned x = 0; x < p->width; x++) {
            double d = (double)p->data[y * p->stride + x] - q->data[y * q->stride + x];
            sum += d * d;
        }
    return sum > 0 ? 10 * log10(65025.0 * p->width * p->height / sum) : 99;
}

Test(jpeg_hot, all_orientations_come_out_upright, .timeout = 120)
{
    TEST_NEED_CORPUS();
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/orientation", test_corpus());
    struct th_jpeg_planes first = {0};
    for (unsigned i = 1; i <= 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "Landscape_%u.jpg", i);
        struct file f = file_read(folder, name);
        cr_assert(f.len, "%s", name);
        struct made m = make_hot(&f, 151, THUMBS_FORMAT_JPEG); /* odd sides: chroma must not move */
        cr_assert_eq(m.code, THUMBS_OK);
        cr_assert_not(m.declined);
        cr_assert_eq(m.result.n_outputs, 1);
        cr_assert_eq(m.result.outputs[0].width, 151);
        cr_assert_gt(m.result.width, m.result.height);
        struct th_jpeg_planes luma = {0};
        decode_luma(m.sink.data, m.sink.len, &luma);
        if (i == 1) {
            first = luma;
        } else {
            cr_assert_gt(luma_psnr(&first, &luma), 25, "orientation %u", i);
            th_jpeg_planes_finish(&luma);
        }
        th_sink_finish_heap(&m.sink);
        file_finish(&f);
    }
    th_jpeg_planes_finish(&first);
}

Test(jpeg_hot, sizes_and_small_sources)
{
    static const unsigned sides[][2] = {{1, 1},     {3, 200},     {255, 257},
                                        {1024, 10}, {2500, 1700}, {17, 16}};
    for (unsigned i = 0; i < sizeof sides / sizeof *sides; i++) {
        for (unsigned png = 0; png < 2; png++) {
            struct sort_of_jpeg s = plain(sides[i][0], sides[i][1]);
            struct file f = encode(&s, i);
            struct made m = make_hot(&f, 100, png ? THUMBS_FORMAT_PNG : THUMBS_FORMAT_JPEG);
            cr_assert_eq(m.code, THUMBS_OK, "%s", m.err.message);
            cr_assert_eq(m.result.n_outputs, 1);
            uint32_t longest = sides[i][0] > sides[i][1] ? sides[i][0] : sides[i][1];
            const struct th_image_output *o = &m.result.outputs[0];
            cr_assert_eq(o->width > o->height ? o->width : o->height,
                         longest < 100 ? longest : 100);
            cr_assert_eq(o->len, m.sink.len);
            cr_assert_not(m.result.damaged);
            th_sink_finish_heap(&m.sink);
            file_finish(&f);
        }
    }
    th_jpeg_hot_thread_finish();
}

Test(jpeg_hot, a_cut_file_is_damaged_but_made)
{
    struct sort_of_jpeg s = plain(640, 480);
    struct file f = encode(&s, 1);
    f.len = f.len * 2 / 3;
    struct made m = make_hot(&f, 100, THUMBS_FORMAT_JPEG);
    cr_assert_eq(m.code, THUMBS_OK);
    cr_assert(m.result.damaged);
    cr_assert_gt(strlen(m.result.warning), 0);
    th_sink_finish_heap(&m.sink);
    file_finish(&f);
}

/* Change the file's SOF0 marker. */
static void become(struct file *f, uint8_t sof)
{
    for (size_t i = 2; i + 1 < f->len; i++)
        if (f->data[i] == 0xFF && f->data[i + 1] == 0xC0) f->data[i + 1] = sof;
}

Test(jpeg_hot, what_it_is_not_for_is_declined_untouched)
{
    struct file f = file_read(TEST_SAMPLES "/jpeg", "rgb-adobe-marker.jpg");
    struct made m = make_hot(&f, 32, THUMBS_FORMAT_JPEG);
    cr_assert(m.declined);
    cr_assert_eq(m.sink.len, 0);
    th_sink_finish_heap(&m.sink);
    file_finish(&f);
}

/* libvips reads headers by libjpeg, too, and takes long to load: it is not asked. */
Test(jpeg_hot, what_libjpeg_cannot_open_fails_at_once)
{
    static const struct {
        uint8_t sof;
        bool cut;
        enum thumbs_code code;
    } cases[] = {{0xC3, false, THUMBS_UNSUPPORTED}, /* a lossless frame */
                 {0xC6, false, THUMBS_UNSUPPORTED}, /* a hierarchical one */
                 {0xFE, false, THUMBS_CORRUPT},     /* a comment: no frame at all */
                 {0xC0, true, THUMBS_CORRUPT}};     /* no scan */
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sort_of_jpeg s = plain(64, 64);
        struct file f = encode(&s, 1);
        struct th_jpeg_header h;
        cr_assert(th_jpeg_parse(f.data, f.len, &h));
        if (cases[i].cut) f.len = h.scan_offset - 12;
        become(&f, cases[i].sof);
        struct made m = make_hot(&f, 32, THUMBS_FORMAT_JPEG);
        cr_expect_eq(m.code, cases[i].code, "%u: %s", i, m.err.message);
        cr_expect_not(m.declined);
        cr_expect_gt(strlen(m.err.message), 0);
        cr_expect_eq(m.sink.len, 0);
        th_sink_finish_heap(&m.sink);
        file_finish(&f);
    }
}

Test(jpeg_hot, least_n_that_leaves_the_residual)
{
    cr_assert_eq(th_jpeg_hot_pick_n(16, 2), 1);
    cr_assert_eq(th_jpeg_hot_pick_n(15.9, 2), 1); /* sides are rounded */
    cr_assert_eq(th_jpeg_hot_pick_n(15, 2), 2);
    cr_assert_eq(th_jpeg_hot_pick_n(12, 1.5), 1);
    cr_assert_eq(th_jpeg_hot_pick_n(4, 2), 4);
    cr_assert_eq(th_jpeg_hot_pick_n(3.9, 2), 6);
    cr_assert_eq(th_jpeg_hot_pick_n(2.66, 2), 6);
    cr_assert_eq(th_jpeg_hot_pick_n(2.6, 2), 8);
    cr_assert_eq(th_jpeg_hot_pick_n(0.5, 2), 8);
}

/* Inks need no libvips, whether they bring a profile or not. */
Test(jpeg_hot, inks_are_made)
{
    static const char *const names[] = {"cmyk-adobe-marker.jpg", "ycck-420.jpg",
                                        "ycck-progressive.jpg"};
    for (unsigned i = 0; i < 3; i++) {
        struct file f = file_read(TEST_SAMPLES "/jpeg", names[i]);
        struct made m = make_hot(&f, 50, THUMBS_FORMAT_JPEG);
        cr_assert_eq(m.code, THUMBS_OK, "%s: %s", names[i], m.err.message);
        cr_assert_not(m.declined, "%s", names[i]);
        struct th_jpeg_header h;
        cr_assert(th_jpeg_parse(m.sink.data, m.sink.len, &h));
        cr_expect_eq(h.colour, TH_JPEG_YCC);
        th_sink_finish_heap(&m.sink);
        file_finish(&f);
    }
    th_jpeg_hot_thread_finish();
}

/* Inks are stored inverted whether Adobe's marker is there or not; taken otherwise, a picture comes
 * out as its own negative. (YCCK without the marker cannot be told from CMYK.) */
Test(jpeg_hot, inks_need_no_marker)
{
    struct file marked = file_read(TEST_SAMPLES "/jpeg", "cmyk-adobe-marker.jpg");
    struct file plain = file_read(TEST_SAMPLES "/jpeg", "cmyk-no-marker.jpg");
    struct th_jpeg_header h;
    cr_assert(th_jpeg_parse(marked.data, marked.len, &h) && h.has_adobe);
    cr_assert(th_jpeg_parse(plain.data, plain.len, &h) && !h.has_adobe);
    struct made a = make_hot(&marked, 50, THUMBS_FORMAT_PNG),
                b = make_hot(&plain, 50, THUMBS_FORMAT_PNG);
    cr_assert(a.code == THUMBS_OK && b.code == THUMBS_OK && !a.declined && !b.declined);
    cr_assert_eq(a.sink.len, b.sink.len);
    cr_expect_arr_eq(a.sink.data, b.sink.data, a.sink.len);
    th_sink_finish_heap(&a.sink);
    th_sink_finish_heap(&b.sink);
    file_finish(&marked);
    file_finish(&plain);
    th_jpeg_hot_thread_finish();
}

/* n of the luma of a 4:2:0 picture reduced by a factor. */
static unsigned picked(uint32_t side, double factor, bool fast)
{
    struct th_jpeg_header h = {
        .width = side, .height = side, .n_components = 3, .h_max = 2, .v_max = 2};
    for (unsigned c = 0; c < 3; c++)
        h.components[c].h = h.components[c].v = c ? 1 : 2;
    struct th_targets targets = {.n = 1};
    struct th_geometry *g = &targets.sizes[0];
    g->cut_width = g->cut_height = side;
    g->scaled_width = g->scaled_height = (uint32_t)(side / factor + 0.5);
    uint8_t n[TH_JPEG_MAX_PLANES];
    th_jpeg_hot_pick(&h, &targets, true, fast, n);
    cr_expect_eq(n[0], n[1], "half the samples to half the size");
    return n[0];
}

Test(jpeg_hot, fast_decodes_to_fewer_samples)
{
    static const struct {
        double factor;
        unsigned n, n_fast;
    } cases[] = {{16, 1, 1},  {13, 2, 1},  {11, 2, 2}, {7, 4, 2},  {5, 4, 4},
                 {3.5, 6, 4}, {2.5, 8, 6}, {2, 8, 6},  {1.9, 8, 8}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(picked(4000, cases[i].factor, false), cases[i].n, "%g", cases[i].factor);
        cr_expect_eq(picked(4000, cases[i].factor, true), cases[i].n_fast, "%g", cases[i].factor);
    }
}

Test(jpeg_hot, fast_is_other_and_near)
{
    static const char *const names[] = {"forest.jpg", "brick-wall.jpg", "city-at-night.jpg"};
    for (unsigned i = 0; i < 3; i++) {
        struct file f = file_read(TEST_SAMPLES "/photos", names[i]);
        struct th_jpeg_header h;
        cr_assert(th_jpeg_parse(f.data, f.len, &h), "%s", names[i]);
        const uint32_t longest = h.width > h.height ? h.width : h.height;
        for (unsigned factor = 3; factor <= 13;
             factor += 10) { /* 8/8 becomes 4/8, 2/8 becomes 1/8 */
            struct made slow = make_with(&f, longest / factor, THUMBS_FORMAT_JPEG, false);
            struct made fast = make_with(&f, longest / factor, THUMBS_FORMAT_JPEG, true);
            cr_assert(slow.code == THUMBS_OK && fast.code == THUMBS_OK && !slow.declined &&
                      !fast.declined);
            struct th_jpeg_planes a = {0}, b = {0};
            decode_luma(slow.sink.data, slow.sink.len, &a);
            decode_luma(fast.sink.data, fast.sink.len, &b);
            const double psnr = luma_psnr(&a, &b);
            cr_expect(psnr > 30 && psnr < 60, "%s by %u: %.1f dB", names[i], factor, psnr);
            th_jpeg_planes_finish(&a);
            th_jpeg_planes_finish(&b);
            th_sink_finish_heap(&slow.sink);
            th_sink_finish_heap(&fast.sink);
        }
        file_finish(&f);
    }
    th_jpeg_hot_thread_finish();
}

/* ---- EXIF ---- */

Test(exif, orientation)
{
    static const struct {
        uint8_t data[40];
        size_t len;
        unsigned want;
        const char *what;
    } cases[] = {
        {{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0},
         26,
         6,
         "little-endian"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0},
         22,
         8,
         "big-endian"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 4, 0, 0, 0, 1, 0, 0, 0, 3},
         22,
         3,
         "as LONG"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8,    0, 2, 1, 0, 0, 3, 0, 0,
          0,   1,   0, 7,  0, 0, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 5},
         34,
         5,
         "second entry"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0},
         22,
         1,
         "out of range"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0},
         21,
         1,
         "cut entry"},
        {{'M', 'M', 0, 42, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 1, 0x12, 0, 3},
         14,
         1,
         "offset beyond the end"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8, 0xFF, 0xFF, 1, 0, 0, 3},
         14,
         1,
         "more entries than there are"},
        {{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 2, 0, 6, 0, 0},
         22,
         1,
         "two values"},
        {{'X', 'X', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0},
         22,
         1,
         "no TIFF"},
        {{0}, 0, 1, "nothing"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *copy = malloc(cases[i].len ? cases[i].len : 1);
        memcpy(copy, cases[i].data, cases[i].len);
        cr_assert_eq(th_exif_orientation(copy, cases[i].len), cases[i].want, "%s", cases[i].what);
        free(copy);
    }
    cr_assert_eq(th_exif_orientation(NULL, 0), 1);
}

/* ---- resampling ---- */

static struct th_resample_axis whole(uint32_t in, uint32_t out)
{
    return (struct th_resample_axis){.in = in, .out = out, .scale = (double)in / out};
}

Test(resample, flat_stays_flat_and_copies_are_exact)
{
    struct th_resample r = {0};
    uint8_t in[50 * 40], out[50 * 40];
    memset(in, 137, sizeof in);
    static const uint32_t sides[][2] = {{1, 1}, {7, 40}, {50, 3}, {33, 21}};
    for (unsigned i = 0; i < 4; i++) {
        for (int droop = 0; droop < 2; droop++) {
            struct th_resample_axis x = whole(50, sides[i][0]), y = whole(40, sides[i][1]);
            x.droop = y.droop = droop / 24.0;
            cr_assert(th_resample_plane(&r, in, 50, &x, &y, out, sides[i][0]));
            for (unsigned j = 0; j < sides[i][0] * sides[i][1]; j++)
                cr_assert_eq(out[j], 137);
        }
    }
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7919 >> 3);
    struct th_resample_axis x = whole(50, 50), y = whole(40, 40);
    cr_assert(th_resample_plane(&r, in, 50, &x, &y, out, 50));
    cr_assert_arr_eq(in, out, sizeof in);
    th_resample_finish(&r);
}

/* A slope goes through the middle of every sample, wherever the window lies. */
Test(resample, centres_are_aligned)
{
    struct th_resample r = {0};
    uint8_t in[200 * 10], out[64 * 10];
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i % 200);
    for (unsigned i = 0; i < 5; i++) {
        double origin = 20 + i * 0.3, scale = 1 + i * 0.6;
        struct th_resample_axis x = {
            .in = 200, .out = 40, .origin = origin, .scale = scale, .droop = i / 100.0};
        struct th_resample_axis y = whole(10, 10);
        cr_assert(th_resample_plane(&r, in, 200, &x, &y, out, 40));
        for (unsigned j = 0; j < 40; j++)
            cr_assert_float_eq(out[5 * 40 + j], origin + (j + 0.5) * scale - 0.5, 0.75);
    }
    th_resample_finish(&r);
}

/* Against the same filter in double precision, term by term. */
Test(resample, equals_the_filter_in_doubles)
{
    enum { W = 97, H = 61, OW = 31, OH = 23 };
    struct th_resample r = {0};
    uint8_t in[W * H], out[OW * OH];
    unsigned seed = 1;
    for (unsigned i = 0; i < W * H; i++) {
        seed = seed * 1103515245u + 12345u;
        in[i] = (uint8_t)(seed >> 16);
    }
    struct th_resample_axis x = whole(W, OW), y = whole(H, OH);
    cr_assert(th_resample_plane(&r, in, W, &x, &y, out, OW));
    for (unsigned oy = 4; oy < OH - 4; oy++) {
        for (unsigned ox = 4; ox < OW - 4; ox++) {
            double sum = 0, weights = 0;
            for (int j = 0; j < H; j++)
                for (int i = 0; i < W; i++) {
                    double dx = (i + 0.5) / x.scale - (ox + 0.5),
                           dy = (j + 0.5) / y.scale - (oy + 0.5);
                    if (fabs(dx) >= 3 || fabs(dy) >= 3) continue;
                    double w = 1;
                    if (dx != 0)
                        w *= sin(M_PI * dx) * sin(M_PI * dx / 3) * 3 / (M_PI * M_PI * dx * dx);
                    if (dy != 0)
                        w *= sin(M_PI * dy) * sin(M_PI * dy / 3) * 3 / (M_PI * M_PI * dy * dy);
                    sum += w * in[j * W + i];
                    weights += w;
                }
            double want = fmin(255, fmax(0, sum / weights));
            cr_assert_float_eq(out[oy * OW + ox], want, 0.75);
        }
    }
    th_resample_finish(&r);
}

/* Another range of samples, rounded once: within half a level of what the filter gives, where two
 * steps of rounding would be off by nearly one. */
Test(resample, range_is_changed_in_one_step)
{
    enum { W = 256, H = 16 };
    struct th_resample r = {0};
    uint8_t in[W * H], out[W * H];
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)i;
    const double gain = 224 / 255.0, offset = 128 - 128 * gain;
    struct th_resample_axis x = whole(W, W), y = whole(H, H);
    x.gain = gain, x.offset = offset;
    cr_assert(th_resample_plane(&r, in, W, &x, &y, out, W));
    for (unsigned i = 0; i < W; i++)
        cr_assert_float_eq(out[i], i * gain + offset, 0.5001, "%u: %u", i, out[i]);
    cr_assert(out[0] == 16 && out[128] == 128 && out[255] == 240);
    /* Between the rows and columns, of a slope: 63.5, 64.5, ... */
    x.out = W / 4, x.scale = 4, y.out = H / 4, y.scale = 4;
    cr_assert(th_resample_plane(&r, in, W, &x, &y, out, W / 4));
    for (unsigned i = 4; i < W / 4 - 4; i++)
        cr_assert_float_eq(out[i], (4 * i + 1.5) * gain + offset, 0.55, "%u: %u", i, out[i]);
    x.gain = x.offset = 0;
    cr_assert(th_resample_plane(&r, in, W, &x, &y, out, W / 4));
    cr_assert_float_eq(out[20], 81.5, 0.55, "weights of another range are not used again");
    th_resample_finish(&r);
}

Test(resample, extreme_reductions)
{
    struct th_resample r = {0};
    uint8_t *in = malloc(60000), out[4];
    memset(in, 200, 60000);
    struct th_resample_axis x = whole(60000, 1), y = whole(1, 1);
    cr_assert(th_resample_plane(&r, in, 60000, &x, &y, out, 1));
    cr_assert_eq(out[0], 200);
    x = whole(1, 2), y = whole(60000, 2);
    cr_assert(th_resample_plane(&r, in, 1, &x, &y, out, 2));
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(out[i], 200);
    free(in);
    th_resample_finish(&r);
}

Test(resample, halves)
{
    static const uint8_t in[3 * 5] = {0, 4, 8, 12, 100, 0, 4, 8, 12, 102, 50, 50, 50, 50, 51};
    uint8_t out[6];
    th_resample_halve(in, 5, 5, 3, out, 3);
    static const uint8_t want[6] = {2, 10, 101, 50, 50, 51};
    cr_assert_arr_eq(out, want, 6);
}

/* SPDX-License-Identifier: MIT */
/* A deadline ends the making of every slow picture whose decoder can be stopped, wherever it is.
 * The pictures are small files that are made here and would keep a decoder busy for seconds. What
 * is bounded is the CPU time of the thread, so that a busy machine is no reason to fail, and more
 * of it is allowed on a slow one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/sys.h"
#include "image/encode.h"
#include "image/formats.h"
#include "image/image.h"
#include "image/pixels.h"
#include "support/pace.h"
#include "support/picture.h"

#define MS 1000000u

/* Far more than any decoder here needs to notice, far less than the pictures would take. */
#define DEADLINE_MS 30
#define OVERRUN_MS  1000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWER 6
#else
#define SLOWER 1
#endif

/* ---- making files ---- */

static void add(struct th_sink *s, const void *data, size_t len)
{
    cr_assert(th_sink_add(s, data, len));
}

static void add_8(struct th_sink *s, unsigned v)
{
    add(s, &(uint8_t){(uint8_t)v}, 1);
}

static void add_be16(struct th_sink *s, unsigned v)
{
    add(s, (uint8_t[2]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void add_le16(struct th_sink *s, unsigned v)
{
    add(s, (uint8_t[2]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

static void add_le32(struct th_sink *s, uint32_t v)
{
    add_le16(s, v & 65535);
    add_le16(s, v >> 16);
}

static void on_png(png_structp png, png_bytep data, size_t len)
{
    add(png_get_io_ptr(png), data, len);
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* Every pass of Adam7 is decoded before the first row comes out. */
static void interlaced_png(struct th_sink *s)
{
    const uint32_t side = 20000;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    uint8_t *row = calloc(side, 1);
    png_set_write_fn(png, s, on_png, on_flush);
    png_set_IHDR(png, info, side, side, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_ADAM7, 0, 0);
    png_set_compression_level(png, 1);
    png_set_filter(png, 0, PNG_FILTER_NONE);
    png_write_info(png, info);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < side; y++)
            png_write_row(png, row);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    free(row);
}

static void segment(struct th_sink *s, unsigned marker, const void *data, size_t len)
{
    add_8(s, 0xff);
    add_8(s, marker);
    add_be16(s, (unsigned)len + 2);
    add(s, data, len);
}

/* One scan of AC coefficients in which all blocks are empty: runs of 32767 blocks, 15 bits each. */
static void empty_ac_scan(struct th_sink *s, uint32_t n_blocks, unsigned component)
{
    segment(s, 0xda, (uint8_t[]){1, (uint8_t)component, 0x00, 1, 63, 0}, 6);
    uint32_t bits = 0, n_bits = 0;
    for (uint32_t done = 0; done < n_blocks; done += 32767) {
        bits = bits << 15 | 0x3fff; /* code "0", then 14 ones */
        n_bits += 15;
        for (; n_bits >= 8; n_bits -= 8) {
            uint8_t byte = (uint8_t)(bits >> (n_bits - 8));
            add_8(s, byte);
            if (byte == 0xff) add_8(s, 0);
        }
    }
    if (n_bits) add_8(s, (bits << (8 - n_bits) | (0xffu >> n_bits)) & 0x7f);
}

/* Very many scans over a large picture. Without DC: its file stays small. */
static void scan_bomb(struct th_sink *s, unsigned n_components, unsigned n_scans)
{
    const unsigned side = 8000;
    uint8_t quantisers[65] = {0},
            frame[6 + 3 * 4] = {8, side >> 8, side & 255, side >> 8, side & 255};
    static const uint8_t codes[18] = {
        0x10, 1, [17] = 0xe0}; /* AC table 0: "0" is a run of 2^14 and 14 more bits */
    memset(quantisers + 1, 1, 64);
    frame[5] = (uint8_t)n_components;
    for (unsigned i = 0; i < n_components; i++) {
        frame[6 + 3 * i] = (uint8_t)(i + 1);
        frame[7 + 3 * i] = 0x11;
    }
    add(s, "\xff\xd8", 2);
    /* Adobe's word for CMYK as it is. */
    if (n_components == 4) segment(s, 0xee, "Adobe\0\144\0\0\0\0\0", 12);
    segment(s, 0xdb, quantisers, sizeof quantisers);
    segment(s, 0xc2, frame, 6 + 3 * n_components);
    segment(s, 0xc4, codes, sizeof codes);
    for (unsigned i = 0; i < n_scans; i++)
        empty_ac_scan(s, side / 8 * (side / 8), 1 + i % n_components);
    add(s, "\xff\xd9", 2);
}

static void grey_scan_bomb(struct th_sink *s)
{
    scan_bomb(s, 1, 500);
}

static void cmyk_scan_bomb(struct th_sink *s)
{
    scan_bomb(s, 4, 500);
}

/* A scan that has no data at all, again and again: libjpeg makes up every block of each. */
static void hollow_scan_bomb(struct th_sink *s)
{
    scan_bomb(s, 1, 1);
    s->len -= 2;
    for (unsigned i = 0; i < 499; i++)
        segment(s, 0xda, (uint8_t[]){1, 1, 0x00, 1, 63, 0}, 6);
    add(s, "\xff\xd9", 2);
}

static void entry(struct th_sink *s, unsigned tag, unsigned type, uint32_t count, uint32_t value)
{
    add_le16(s, tag);
    add_le16(s, type);
    add_le32(s, count);
    add_le32(s, value);
}

/* Libvips would read them all to count them. */
static void tiff_of_many_directories(struct th_sink *s)
{
    add(s, "II*\0\x08\0\0\0", 8);
    for (uint32_t i = 0; i < 400000; i++) {
        add_le16(s, 8);
        entry(s, 256, 3, 1, 1);
        entry(s, 257, 3, 1, 1);
        entry(s, 258, 3, 1, 8);
        entry(s, 259, 3, 1, 1);
        entry(s, 262, 3, 1, 1);
        entry(s, 273, 4, 1, 8);
        entry(s, 277, 3, 1, 1);
        entry(s, 279, 4, 1, 1);
        add_le32(s, i + 1 < 400000 ? (uint32_t)s->len + 4 : 0);
    }
}

/* ---- the test ---- */

/* Milliseconds of CPU time that something of so many may take on this machine. */
static uint64_t room(uint64_t ms)
{
    return (uint64_t)((double)ms * SLOWER * test_slower());
}

static const struct slow {
    const char *name;
    void (*make)(struct th_sink *s);
    uint32_t side; /* of the thumbnail */
} slow[] = {
    {"interlaced PNG", interlaced_png, 100},
    {"JPEG of many scans", grey_scan_bomb, 8000},
    {"JPEG of many scans, reduced", grey_scan_bomb, 4000},
    {"JPEG of many empty scans", hollow_scan_bomb, 8000},
    {"CMYK JPEG of many scans", cmyk_scan_bomb, 2000},
};

static void check_stops(const struct slow *slow_one)
{
    struct th_sink source, out;
    struct th_image_result result;
    struct thumbs_error err = {0};
    struct thumbs_image_options o = test_picture_options(slow_one->side, THUMBS_FORMAT_JPEG);
    th_sink_init_heap(&source);
    th_sink_init_heap(&out);
    slow_one->make(&source);

    uint64_t start_ns = test_thread_cpu_ns();
    struct th_image_limits limits = {.deadline_ns = th_now_ns() + (uint64_t)DEADLINE_MS * MS};
    enum thumbs_code code =
        th_image_make(source.data, source.len, &o, &limits, &out, &result, &err);
    uint64_t cpu_ms = (test_thread_cpu_ns() - start_ns) / MS;
    cr_expect_eq(code, THUMBS_TIMEOUT, "%s (%zu bytes): %s %s", slow_one->name, source.len,
                 thumbs_code_name(code), err.message);
    cr_expect_eq(out.len, 0);
    cr_expect_leq(cpu_ms, room(DEADLINE_MS + OVERRUN_MS), "%s took %lu ms", slow_one->name,
                  (unsigned long)cpu_ms);
    th_sink_finish_heap(&source);
    th_sink_finish_heap(&out);
}

Test(deadline, stops_decoders, .timeout = 120)
{
    struct thumbs_error err = {0};
    cr_assert_eq(th_image_preload(TH_WANTS_ALL, &err), THUMBS_OK, "%s", err.message);
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        check_stops(&slow[i]);
}

static enum thumbs_code without_deadline(void (*make)(struct th_sink *s), uint64_t *cpu_ms)
{
    struct th_sink source, out;
    struct th_image_result result;
    struct thumbs_image_options o = test_picture_options(1000, THUMBS_FORMAT_JPEG);
    th_sink_init_heap(&source);
    th_sink_init_heap(&out);
    make(&source);
    uint64_t start_ns = test_thread_cpu_ns();
    enum thumbs_code code = th_image_make(source.data, source.len, &o, NULL, &out, &result, NULL);
    *cpu_ms = (test_thread_cpu_ns() - start_ns) / MS;
    th_sink_finish_heap(&source);
    th_sink_finish_heap(&out);
    return code;
}

static void cmyk_of_too_many_scans(struct th_sink *s)
{
    scan_bomb(s, 4, 20000);
}

static void grey_of_too_many_scans(struct th_sink *s)
{
    scan_bomb(s, 1, 501);
}

/* What would take minutes ends without any deadline. */
Test(deadline, is_not_needed_for, .timeout = 120)
{
    uint64_t cpu_ms;
    struct thumbs_error err = {0};
    cr_assert_eq(th_image_preload(TH_WANTS_ALL, &err), THUMBS_OK, "%s", err.message);
    cr_expect_eq(without_deadline(cmyk_of_too_many_scans, &cpu_ms), THUMBS_CORRUPT);
    cr_expect_leq(cpu_ms, room(OVERRUN_MS));
    cr_expect_eq(without_deadline(grey_of_too_many_scans, &cpu_ms), THUMBS_CORRUPT);
    cr_expect_leq(cpu_ms, room(OVERRUN_MS), "libjpeg needs 3 s for the scans that are allowed");
    cr_expect_eq(without_deadline(tiff_of_many_directories, &cpu_ms), THUMBS_OK);
    cr_expect_leq(cpu_ms, room(OVERRUN_MS), "libtiff needs 4 s to read all");
}

/* Of a WebP with little data many rows come in one call that nothing can stop: it ends late, but
 * as a timeout. */
Test(deadline, whole_pictures_end_as_timeouts, .timeout = 120)
{
    struct th_pixels p = {0};
    struct th_sink source, out;
    struct th_image_result result;
    struct thumbs_error err = {0};
    struct thumbs_image_options o = test_picture_options(2000, THUMBS_FORMAT_JPEG);
    cr_assert(th_pixels_init(&p, 4000, 4000, 3));
    memset(p.data, 99, (size_t)p.width * p.height * p.bands);
    th_sink_init_heap(&source);
    th_sink_init_heap(&out);
    cr_assert_eq(th_encode_webp(&p, &(struct th_encode_how){.quality = 50}, &source, &err),
                 THUMBS_OK, "%s", err.message);
    struct th_image_limits limits = {.deadline_ns = th_now_ns() + 5 * MS};
    cr_expect_eq(th_image_make(source.data, source.len, &o, &limits, &out, &result, &err),
                 THUMBS_TIMEOUT);
    cr_expect_eq(out.deadline_ns, 0, "the sink is as it was");
    limits.deadline_ns = th_now_ns() + (uint64_t)60000 * MS;
    cr_expect_eq(th_image_make(source.data, source.len, &o, &limits, &out, &result, &err),
                 THUMBS_OK);
    th_sink_finish_heap(&source);
    th_sink_finish_heap(&out);
    th_pixels_finish(&p);
}

Test(deadline, stops_encoders, .timeout = 120)
{
    struct th_pixels p = {0};
    struct thumbs_error err = {0};
    uint32_t random = 1;
    cr_assert_eq(th_image_preload(TH_WANTS_ALL, &err), THUMBS_OK, "%s", err.message);
    cr_assert(th_pixels_init(&p, 9000, 9000, 3));
    for (size_t i = 0, n = (size_t)p.width * p.height * p.bands; i < n; i++) {
        random = random * 1664525 + 1013904223;
        p.data[i] = (uint8_t)(random >> 24);
    }
    for (int i = 0; i < 3; i++) {
        struct th_sink sink;
        th_sink_init_heap(&sink);
        cr_assert(th_sink_add(&sink, "before", 6));
        uint64_t start_ns = test_thread_cpu_ns();
        sink.deadline_ns = th_now_ns() + (uint64_t)DEADLINE_MS * MS;
        enum thumbs_code code =
            i == 0   ? th_encode_jpeg(&p, &(struct th_encode_how){.quality = 90}, &sink, &err)
            : i == 1 ? th_encode_png(&p, &(struct th_encode_how){.quality = 80}, &sink, &err)
                     : th_encode_webp(&p, &(struct th_encode_how){.quality = 90}, &sink, &err);
        uint64_t cpu_ms = (test_thread_cpu_ns() - start_ns) / MS;
        cr_expect_eq(code, THUMBS_TIMEOUT, "encoder %d: %s", i, err.message);
        cr_expect_eq(err.stage, THUMBS_STAGE_ENCODE);
        cr_expect_eq(sink.len, 6);
        cr_expect_leq(cpu_ms, room(DEADLINE_MS + OVERRUN_MS), "encoder %d took %lu ms", i,
                      (unsigned long)cpu_ms);
        th_sink_finish_heap(&sink);
    }
    th_pixels_finish(&p);
}

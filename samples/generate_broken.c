/* SPDX-License-Identifier: MIT */
/* Files that are damaged, and files that are not what their name or header says. */
#include "generate.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_PX = 200, HEIGHT_PX = 140 };

/* JPEG markers that are looked for, and changed, below. */
enum { SOF0 = 0xC0, DHT = 0xC4, RST0 = 0xD0, SOS = 0xDA, DRI = 0xDD, APP0 = 0xE0 };

/* Marker and header of a scan of three components. */
enum { SOS_LEN = 14 };

static struct gen_bytes chart_jpeg(const struct gen_jpeg_options *options)
{
    struct gen_picture chart = gen_chart(WIDTH_PX, HEIGHT_PX, GEN_OPAQUE, 0.0);
    struct gen_bytes file = gen_jpeg(&chart, options);

    gen_picture_finish(&chart);
    return file;
}

static struct gen_bytes chart_png(const struct gen_png_options *options)
{
    struct gen_picture chart = gen_chart(WIDTH_PX, HEIGHT_PX, GEN_OPAQUE, 0.0);
    struct gen_bytes file = gen_png(&chart, options);

    gen_picture_finish(&chart);
    return file;
}

static struct gen_bytes chart_vips(const char *suffix)
{
    struct gen_picture chart = gen_chart(WIDTH_PX, HEIGHT_PX, GEN_OPAQUE, 0.0);
    struct gen_bytes file =
        gen_vips(&chart, 1, &(struct gen_vips_options){.bands = 3, .depth_bits = 8}, suffix);

    gen_picture_finish(&chart);
    return file;
}

static void save_and_finish(struct gen_bytes *file, const char *path)
{
    gen_save(file, "%s", path);
    gen_bytes_finish(file);
}

/* Save the first `len` bytes. */
static void save_head(const struct gen_bytes *file, size_t len, const char *path)
{
    struct gen_bytes head = gen_bytes_head(file, len);

    save_and_finish(&head, path);
}

static struct gen_bytes copy_of(const struct gen_bytes *file)
{
    return gen_bytes_head(file, file->len);
}

/* A copy without the segment at `offset`. */
static struct gen_bytes without_segment(const struct gen_bytes *jpeg, size_t offset)
{
    size_t next = offset + 2u + (size_t)(jpeg->data[offset + 2] << 8 | jpeg->data[offset + 3]);
    struct gen_bytes rest = gen_bytes_head(jpeg, offset);

    gen_bytes_put(&rest, jpeg->data + next, jpeg->len - next);
    return rest;
}

/* Put noise over some bytes in the middle; none is 0xFF, so that no marker appears. */
static void scramble(struct gen_bytes *file, size_t start, size_t len)
{
    uint32_t state = 12345;

    for (size_t i = start; i < start + len && i < file->len; i++) {
        state = state * 1664525u + 1013904223u;
        file->data[i] = (uint8_t)((state >> 24) % 255);
    }
}

/* ---- broken ---- */

static void make_cut_jpegs(void)
{
    struct gen_bytes baseline = chart_jpeg(&(struct gen_jpeg_options){.sampling = {{2, 2}}});
    struct gen_bytes progressive =
        chart_jpeg(&(struct gen_jpeg_options){.sampling = {{2, 2}}, .progressive = true});

    save_head(&baseline, baseline.len / 2, "broken/baseline-cut-half.jpg");
    save_head(&baseline, gen_jpeg_find(&baseline, SOF0) + 6, "broken/baseline-cut-in-header.jpg");
    save_head(&baseline, gen_jpeg_find(&baseline, SOS), "broken/baseline-cut-before-scan.jpg");
    save_head(&baseline, gen_jpeg_find(&baseline, SOS) + SOS_LEN,
              "broken/baseline-no-scan-data.jpg");
    save_head(&baseline, 2, "broken/baseline-cut-after-two-bytes.jpg");
    save_head(&baseline, baseline.len - 2, "broken/baseline-without-end.jpg");
    save_head(&progressive, progressive.len / 2, "broken/progressive-cut-half.jpg");
    save_head(&progressive, progressive.len / 10, "broken/progressive-cut-tenth.jpg");
    gen_bytes_finish(&progressive);
    gen_bytes_finish(&baseline);
}

/* Turn the n-th restart marker into one out of order. */
static void break_restart_marker(struct gen_bytes *jpeg, int n)
{
    for (size_t i = gen_jpeg_find(jpeg, SOS); i + 1 < jpeg->len; i++) {
        uint8_t *at = jpeg->data + i;

        if (at[0] != 0xFF || at[1] < RST0 || at[1] > RST0 + 7 || --n > 0) continue;
        at[1] = (uint8_t)(RST0 + (at[1] - RST0 + 3) % 8);
        return;
    }
    gen_fatal("no such restart marker");
}

static void make_damaged_jpegs(void)
{
    struct gen_bytes plain = chart_jpeg(&(struct gen_jpeg_options){.sampling = {{2, 2}}});
    struct gen_bytes restarts =
        chart_jpeg(&(struct gen_jpeg_options){.sampling = {{2, 2}}, .restart_mcu = 4});
    size_t frame = gen_jpeg_find(&plain, SOF0);
    struct gen_bytes damaged = copy_of(&plain);

    scramble(&damaged, damaged.len / 2, 40);
    save_and_finish(&damaged, "broken/baseline-noise-in-scan.jpg");

    scramble(&restarts, restarts.len / 2, 40);
    break_restart_marker(&restarts, 3);
    save_and_finish(&restarts, "broken/restart-marker-out-of-order.jpg");

    damaged = without_segment(&plain, gen_jpeg_find(&plain, DHT));
    save_and_finish(&damaged, "broken/baseline-huffman-table-missing.jpg");

    damaged = copy_of(&plain);
    gen_bytes_set_u32(&damaged, frame + 5, GEN_BIG_ENDIAN, HEIGHT_PX << 16);
    save_and_finish(&damaged, "broken/baseline-width-zero.jpg");

    damaged = copy_of(&plain);
    damaged.data[frame + 4] = 9; /* bits a sample */
    save_and_finish(&damaged, "broken/baseline-nine-bits.jpg");

    damaged = copy_of(&plain);
    damaged.data[gen_jpeg_find(&plain, APP0) + 2] = 0xFF; /* the length, now far beyond the end */
    save_and_finish(&damaged, "broken/baseline-segment-too-long.jpg");
    gen_bytes_finish(&plain);
}

static void make_jpegs_with_bad_metadata(void)
{
    struct gen_bytes exif = gen_exif(GEN_BIG_ENDIAN, 1, NULL), icc = {0}, file;

    gen_bytes_set_u32(&exif, GEN_EXIF_NEXT_OFFSET, GEN_BIG_ENDIAN, 8);
    file = chart_jpeg(&(struct gen_jpeg_options){.exif = &exif});
    save_and_finish(&file, "broken/exif-directory-loops.jpg");

    gen_bytes_set_u32(&exif, 4, GEN_BIG_ENDIAN, 0xFFFFFFF0u);
    file = chart_jpeg(&(struct gen_jpeg_options){.exif = &exif});
    save_and_finish(&file, "broken/exif-directory-outside.jpg");
    gen_bytes_finish(&exif);

    gen_bytes_put_zeros(&icc, 500);
    scramble(&icc, 0, icc.len);
    file = chart_jpeg(&(struct gen_jpeg_options){.icc = &icc});
    save_and_finish(&file, "broken/icc-profile-is-noise.jpg");
    gen_bytes_finish(&icc);
}

static void make_broken_pngs(void)
{
    struct gen_bytes plain = chart_png(
        &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 8, .idat_len = 1000});
    struct gen_bytes adam7 = chart_png(
        &(struct gen_png_options){.model = GEN_PNG_RGB, .depth_bits = 8, .interlaced = true});
    size_t data = gen_png_find(&plain, "IDAT");
    struct gen_bytes damaged;

    save_head(&plain, plain.len / 2, "broken/cut-half.png");
    save_head(&adam7, adam7.len / 2, "broken/adam7-cut-half.png");
    save_head(&plain, 20, "broken/cut-in-header.png");
    save_head(&plain, gen_png_find(&plain, "IEND"), "broken/without-end.png");

    damaged = copy_of(&plain);
    damaged.data[data + 8 + 1000] ^= 0xFF; /* the first byte of the CRC */
    save_and_finish(&damaged, "broken/data-crc-wrong.png");

    damaged = copy_of(&plain);
    damaged.data[8 + 8 + 13] ^= 0xFF;
    save_and_finish(&damaged, "broken/header-crc-wrong.png");

    damaged = copy_of(&plain);
    scramble(&damaged, data + 8 + 500, 20);
    gen_png_fix_crc(&damaged, data);
    save_and_finish(&damaged, "broken/compressed-data-wrong.png");

    damaged = copy_of(&plain);
    gen_bytes_set_u32(&damaged, 16, GEN_BIG_ENDIAN, 0);
    gen_png_fix_crc(&damaged, 8);
    save_and_finish(&damaged, "broken/width-zero.png");

    damaged = gen_bytes_head(&plain, data);
    gen_png_put_chunk(&damaged, "IEND", NULL, 0);
    save_and_finish(&damaged, "broken/without-data.png");
    gen_bytes_finish(&adam7);
    gen_bytes_finish(&plain);
}

static void make_other_broken(void)
{
    struct gen_bytes gif = chart_vips(".gif[effort=7,dither=0]"), webp = chart_vips(".webp[Q=80]");
    struct gen_bytes lossless = chart_vips(".webp[lossless]"),
                     tiff = chart_vips(".tif[compression=lzw]");

    save_head(&gif, gif.len / 2, "broken/cut-half.gif");
    save_head(&gif, 10, "broken/cut-in-header.gif");
    save_head(&webp, webp.len / 2, "broken/cut-half.webp");
    save_head(&lossless, lossless.len / 2, "broken/lossless-cut-half.webp");
    save_head(&tiff, tiff.len / 2, "broken/cut-half.tif");
    gen_bytes_finish(&tiff);
    gen_bytes_finish(&lossless);
    gen_bytes_finish(&webp);
    gen_bytes_finish(&gif);
}

void gen_make_broken(void)
{
    make_cut_jpegs();
    make_damaged_jpegs();
    make_jpegs_with_bad_metadata();
    make_broken_pngs();
    make_other_broken();
}

/* ---- lying ---- */

static void save_text(const char *text, const char *path)
{
    struct gen_bytes file = {0};

    gen_bytes_put_text(&file, text);
    save_and_finish(&file, path);
}

/* Whole pictures under a wrong name or none, and other things under a picture's name. */
static void make_wrong_names(void)
{
    struct gen_bytes jpeg = chart_jpeg(&(struct gen_jpeg_options){.sampling = {{2, 2}}});
    struct gen_bytes png =
        chart_png(&(struct gen_png_options){.model = GEN_PNG_PALETTE, .depth_bits = 8});
    struct gen_bytes gif = chart_vips(".gif[effort=7,dither=0]"), webp = chart_vips(".webp[Q=80]");

    gen_save(&jpeg, "lying/jpeg-inside.png");
    gen_save(&jpeg, "lying/jpeg-without-extension");
    gen_save(&jpeg, "lying/jpeg-upper-case.JPG");
    gen_save(&jpeg, "lying/jpeg-inside.txt");
    gen_save(&jpeg, "lying/folder.jpg/picture.jpg");
    gen_save(&png, "lying/png-inside.jpg");
    gen_save(&gif, "lying/gif-inside.jpeg");
    gen_save(&webp, "lying/webp-inside.gif");
    save_text("This is a text, whatever its name says.\n", "lying/text-inside.jpg");
    save_text("<!DOCTYPE html><title>404</title><p>Not found, said the server.</p>\n",
              "lying/html-inside.png");
    save_text("", "lying/empty.jpg");
    save_text("", "lying/empty.png");
    gen_bytes_finish(&webp);
    gen_bytes_finish(&gif);
    gen_bytes_finish(&png);
    gen_bytes_finish(&jpeg);
}

/* Headers that promise far more pixels than the data holds. */
static void make_huge_headers(void)
{
    static const uint8_t png_header[13] = {0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF,
                                           0xFF, 8,    2,    0,    0,    0};
    static const uint8_t png_data[] = {0x78, 0x9C, 0x03, 0x00,
                                       0x00, 0x00, 0x00, 0x01}; /* an empty zlib stream */
    static const uint8_t gif_head[] = {
        'G',  'I',  'F',  '8', '9', 'a',  0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, /* two colours */
        0x00, 0x00, 0x00, 255, 255, 255,                                      /* black and white */
        0x2C, 0,    0,    0,   0,   0xFF, 0xFF, 0xFF, 0xFF, 0, /* one picture over all */
    };
    static const uint8_t gif_data[] = {2, 2, 0x44, 0x01, 0, 0x3B}; /* clear, one pixel, end */
    struct gen_bytes file = chart_jpeg(&(struct gen_jpeg_options){.sampling = {{2, 2}}});

    gen_bytes_set_u32(&file, gen_jpeg_find(&file, SOF0) + 5, GEN_BIG_ENDIAN, 65000u << 16 | 65000u);
    save_and_finish(&file, "lying/claims-65000x65000.jpg");

    gen_png_put_signature(&file);
    gen_png_put_chunk(&file, "IHDR", png_header, sizeof png_header);
    gen_png_put_chunk(&file, "IDAT", png_data, sizeof png_data);
    gen_png_put_chunk(&file, "IEND", NULL, 0);
    save_and_finish(&file, "lying/claims-2147483647x2147483647.png");

    gen_bytes_put(&file, gif_head, sizeof gif_head);
    gen_bytes_put(&file, gif_data, sizeof gif_data);
    save_and_finish(&file, "lying/claims-65535x65535.gif");
}

void gen_make_lying(void)
{
    make_wrong_names();
    make_huge_headers();
}

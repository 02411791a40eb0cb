/* SPDX-License-Identifier: MIT */
/*
 * Bitmaps, Netpbm and icons, which are little more than a header before their pixels; and two kinds
 * that libvips writes.
 * References: the headers of Windows' GDI (BITMAPINFOHEADER, BITMAPV5HEADER, ICONDIR); the manual
 * pages pbm(5) to pam(5).
 */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_PX = 141, HEIGHT_PX = 93, FILE_HEADER_LEN = 14, INFO_LEN = 40, V5_LEN = 124 };

static void put_byte(struct gen_bytes *bytes, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    gen_bytes_put(bytes, &byte, 1);
}

static void save(struct gen_bytes *file, const char *path)
{
    gen_save(file, "%s", path);
    gen_bytes_finish(file);
}

static const struct gen_colour *pixel(const struct gen_picture *p, int x, int y)
{
    return &p->pixels[y * p->width_px + x];
}

/* ---- bitmaps ---- */

static void put_u16(struct gen_bytes *b, unsigned value)
{
    gen_bytes_put_u16(b, GEN_LITTLE_ENDIAN, (uint16_t)value);
}

static void put_u32(struct gen_bytes *b, uint32_t value)
{
    gen_bytes_put_u32(b, GEN_LITTLE_ENDIAN, value);
}

/* A height below 0 says that the first row is the upper one. */
static void put_info(struct gen_bytes *b, uint32_t len, int width, int height, unsigned bits,
                     uint32_t compression, uint32_t n_colours)
{
    put_u32(b, len);
    put_u32(b, (uint32_t)width);
    put_u32(b, (uint32_t)height);
    put_u16(b, 1);
    put_u16(b, bits);
    put_u32(b, compression);
    gen_bytes_put_zeros(b, 12);
    put_u32(b, n_colours);
    put_u32(b, 0);
}

static void put_bgr(struct gen_bytes *b, const struct gen_colour *c)
{
    put_byte(b, gen_quantise(c->b, 255));
    put_byte(b, gen_quantise(c->g, 255));
    put_byte(b, gen_quantise(c->r, 255));
}

/* Rows as long as a multiple of 4 bytes. */
static void end_row(struct gen_bytes *b, size_t row_len)
{
    gen_bytes_put_zeros(b, (4 - row_len % 4) % 4);
}

static void put_rows_24(struct gen_bytes *b, const struct gen_picture *p)
{
    for (int y = p->height_px - 1; y >= 0; y--) {
        for (int x = 0; x < p->width_px; x++)
            put_bgr(b, pixel(p, x, y));
        end_row(b, (size_t)p->width_px * 3);
    }
}

static void put_rows_32(struct gen_bytes *b, const struct gen_picture *p)
{
    for (int y = p->height_px - 1; y >= 0; y--)
        for (int x = 0; x < p->width_px; x++) {
            put_bgr(b, pixel(p, x, y));
            put_byte(b, gen_quantise(pixel(p, x, y)->a, 255));
        }
}

/* Before `body`, which begins with its own header and has its pixels at `offset`. */
static void save_bmp(const char *path, struct gen_bytes *body, uint32_t offset)
{
    struct gen_bytes file = {0};
    gen_bytes_put_text(&file, "BM");
    put_u32(&file, (uint32_t)(FILE_HEADER_LEN + body->len));
    put_u32(&file, 0);
    put_u32(&file, FILE_HEADER_LEN + offset);
    gen_bytes_put(&file, body->data, body->len);
    gen_bytes_finish(body);
    if (strcmp(path, "bmp/rgb-24.bmp") == 0) {
        struct gen_bytes half = gen_bytes_head(&file, file.len / 2);
        save(&half, "broken/cut-half.bmp");
    }
    save(&file, path);
}

static void make_bmp_24(const struct gen_picture *chart)
{
    struct gen_bytes b = {0};
    put_info(&b, INFO_LEN, WIDTH_PX, HEIGHT_PX, 24, 0, 0);
    put_rows_24(&b, chart);
    save_bmp("bmp/rgb-24.bmp", &b, INFO_LEN);
}

/* With alpha, as a mask of its own says. */
static void make_bmp_32(const struct gen_picture *holes)
{
    struct gen_bytes b = {0};
    put_info(&b, V5_LEN, WIDTH_PX, HEIGHT_PX, 32, 3, 0);
    put_u32(&b, 0x00FF0000);
    put_u32(&b, 0x0000FF00);
    put_u32(&b, 0x000000FF);
    put_u32(&b, 0xFF000000);
    gen_bytes_put_text(&b, "BGRs"); /* sRGB */
    gen_bytes_put_zeros(&b, V5_LEN - b.len);
    put_rows_32(&b, holes);
    save_bmp("bmp/rgba-32.bmp", &b, V5_LEN);
}

/* A palette of grey; the upper row first; runs are not packed. */
static void make_bmp_8(const struct gen_picture *chart)
{
    struct gen_bytes b = {0};
    put_info(&b, INFO_LEN, WIDTH_PX, -HEIGHT_PX, 8, 0, 256);
    for (uint32_t i = 0; i < 256; i++)
        put_u32(&b, i * 0x010101u);
    for (int y = 0; y < HEIGHT_PX; y++) {
        for (int x = 0; x < WIDTH_PX; x++)
            put_byte(&b, gen_quantise(gen_luma(*pixel(chart, x, y)), 255));
        end_row(&b, WIDTH_PX);
    }
    save_bmp("bmp/palette-8-from-top.bmp", &b, INFO_LEN + 1024);
}

/* Packed runs (BI_RLE8) of a picture of few colours. */
static void make_bmp_packed(const struct gen_picture *chart)
{
    struct gen_bytes b = {0};
    put_info(&b, INFO_LEN, WIDTH_PX, HEIGHT_PX, 8, 1, 16);
    for (uint32_t i = 0; i < 16; i++)
        put_u32(&b, i * 0x111111u);
    for (int y = HEIGHT_PX - 1; y >= 0; y--) {
        for (int x = 0, n; x < WIDTH_PX; x += n) {
            const unsigned grey = gen_quantise(gen_luma(*pixel(chart, x, y)), 15);
            for (n = 1; n < 255 && x + n < WIDTH_PX &&
                        gen_quantise(gen_luma(*pixel(chart, x + n, y)), 15) == grey;)
                n++;
            put_byte(&b, (unsigned)n);
            put_byte(&b, grey);
        }
        put_u16(&b, y > 0 ? 0 : 0x0100); /* end of the row, of the picture */
    }
    save_bmp("bmp/palette-8-packed.bmp", &b, INFO_LEN + 64);
}

/* ---- Netpbm ---- */

/* `bits` of a sample, 0 for the floating point of PFM. */
static void put_samples(struct gen_bytes *b, const float *values, int n, unsigned bits)
{
    for (int i = 0; i < n; i++) {
        if (bits == 8) put_byte(b, gen_quantise(values[i], 255));
        if (bits == 16)
            gen_bytes_put_u16(b, GEN_BIG_ENDIAN, (uint16_t)gen_quantise(values[i], 65535));
        if (bits == 0) gen_bytes_put(b, &values[i], sizeof values[i]);
    }
}

static void make_pnm(const char *path, const char *header, const struct gen_picture *p, int n,
                     unsigned bits)
{
    struct gen_bytes b = {0};
    gen_bytes_put_text(&b, header);
    for (int row = 0; row < HEIGHT_PX; row++) {
        for (int x = 0; x < WIDTH_PX; x++) {
            /* PFM begins with the lowest row. */
            const struct gen_colour *c = pixel(p, x, bits ? row : HEIGHT_PX - 1 - row);
            const float values[] = {c->r, c->g, c->b, c->a}, grey = gen_luma(*c);
            put_samples(&b, n == 1 ? &grey : values, n, bits);
        }
    }
    if (n == 3 && bits == 8) {
        struct gen_bytes half = gen_bytes_head(&b, b.len / 2);
        save(&half, "broken/cut-half.ppm");
    }
    save(&b, path);
}

static void make_pbm(const struct gen_picture *chart)
{
    struct gen_bytes b = {0};
    gen_bytes_put_text(&b, "P4\n# black is 1\n141 93\n");
    for (int y = 0; y < HEIGHT_PX; y++)
        for (int x = 0; x < WIDTH_PX; x += 8) {
            unsigned byte = 0;
            for (int i = 0; i < 8 && x + i < WIDTH_PX; i++)
                if (gen_luma(*pixel(chart, x + i, y)) < 0.5f) byte |= 0x80u >> i;
            put_byte(&b, byte);
        }
    save(&b, "pnm/bits.pbm");
}

static void make_text(const struct gen_picture *chart)
{
    struct gen_bytes b = {0};
    char word[16];
    gen_bytes_put_text(&b, "P2\n141 93\n15\n");
    for (int i = 0; i < WIDTH_PX * HEIGHT_PX; i++) {
        snprintf(word, sizeof word, i % 20 == 19 ? "%u\n" : "%u ",
                 gen_quantise(gen_luma(chart->pixels[i]), 15));
        gen_bytes_put_text(&b, word);
    }
    save(&b, "pnm/text.pgm");
}

/* ---- icons ---- */

static void put_icon_entry(struct gen_bytes *b, int side, size_t len, size_t at)
{
    put_byte(b, (unsigned)side & 255);
    put_byte(b, (unsigned)side & 255);
    put_u16(b, 0);
    put_u16(b, 1);
    put_u16(b, 32);
    put_u32(b, (uint32_t)len);
    put_u32(b, (uint32_t)at);
}

/* A bitmap of twice the height: colours, then a mask of bits, all clear here. */
static struct gen_bytes icon_bitmap(const struct gen_picture *p)
{
    struct gen_bytes b = {0};
    put_info(&b, INFO_LEN, p->width_px, p->height_px * 2, 32, 0, 0);
    put_rows_32(&b, p);
    gen_bytes_put_zeros(&b, (size_t)p->height_px * (size_t)((p->width_px + 31) / 32 * 4));
    return b;
}

/* The larger one second, since it is to be found there. */
static void make_icon(const char *path, unsigned type, bool png)
{
    enum { SMALL_PX = 16, LARGE_PX = 64, HEAD_LEN = 6 + 2 * 16 };
    struct gen_picture small = gen_chart(SMALL_PX, SMALL_PX, GEN_OPAQUE, 0.0),
                       large = gen_chart(LARGE_PX, LARGE_PX, GEN_HOLES, 0.0);
    struct gen_bytes first = icon_bitmap(&small), second, b = {0};
    second =
        png ? gen_png(&large, &(struct gen_png_options){.model = GEN_PNG_RGBA, .depth_bits = 8})
            : icon_bitmap(&large);
    put_u16(&b, 0);
    put_u16(&b, type);
    put_u16(&b, 2);
    put_icon_entry(&b, SMALL_PX, first.len, HEAD_LEN);
    put_icon_entry(&b, LARGE_PX, second.len, HEAD_LEN + first.len);
    gen_bytes_put(&b, first.data, first.len);
    gen_bytes_put(&b, second.data, second.len);
    save(&b, path);
    gen_bytes_finish(&first);
    gen_bytes_finish(&second);
    gen_picture_finish(&small);
    gen_picture_finish(&large);
}

/* ---- by libvips ---- */

static void make_by_vips(const struct gen_picture *p, int bands, int depth_bits, const char *path,
                         const char *suffix)
{
    const struct gen_vips_options options = {.bands = bands, .depth_bits = depth_bits};
    struct gen_bytes file = gen_vips(p, 1, &options, suffix);
    save(&file, path);
}

static void make_modern(const struct gen_picture *chart, const struct gen_picture *holes)
{
    make_by_vips(chart, 3, 8, "jxl/lossy.jxl", ".jxl[Q=80,strip]");
    make_by_vips(holes, 4, 8, "jxl/lossless-alpha.jxl", ".jxl[lossless,strip]");
    make_by_vips(chart, 3, 16, "jxl/16-bit.jxl", ".jxl[Q=80,strip]");
    make_by_vips(chart, 3, 8, "jp2k/lossy.jp2", ".jp2[Q=60,strip]");
    make_by_vips(holes, 4, 8, "jp2k/lossless-alpha.jp2", ".jp2[lossless,strip]");
    make_by_vips(chart, 1, 8, "jp2k/tiled-grey.jp2",
                 ".jp2[lossless,tile-width=64,tile-height=64,strip]");
}

void gen_make_plain(void)
{
    struct gen_picture chart = gen_chart(WIDTH_PX, HEIGHT_PX, GEN_OPAQUE, 0.0),
                       holes = gen_chart(WIDTH_PX, HEIGHT_PX, GEN_HOLES, 0.0);
    make_bmp_24(&chart);
    make_bmp_32(&holes);
    make_bmp_8(&chart);
    make_bmp_packed(&chart);
    make_pbm(&chart);
    make_text(&chart);
    make_pnm("pnm/rgb.ppm", "P6 141 93 255\n", &chart, 3, 8);
    make_pnm("pnm/grey-16.pgm", "P5\n141 93\n65535\n", &chart, 1, 16);
    make_pnm("pnm/alpha.pam",
             "P7\nWIDTH 141\nHEIGHT 93\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n", &holes,
             4, 8);
    make_pnm("pnm/floats.pfm", "PF\n141 93\n-1.0\n", &chart, 3, 0);
    make_icon("ico/bitmaps.ico", 1, false);
    make_icon("ico/png.ico", 1, true);
    make_icon("ico/cursor.cur", 2, false);
    make_modern(&chart, &holes);
    gen_picture_finish(&chart);
    gen_picture_finish(&holes);
}

/* SPDX-License-Identifier: MIT */
/* PNG files of every kind, by libpng, and single chunks by hand. Standard: PNG, W3C Recommendation,
 * 2nd edition. */
#include "generate.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* ---- palettes ---- */

struct palette {
    png_color colours[256];
    int n_colours;
};

/* A few well-spread colours for few bits, a cube of 6 x 7 x 6 for eight. */
static struct palette make_palette(int depth_bits)
{
    static const png_color few[] = {
        {24, 28, 60},    {228, 214, 190}, {214, 84, 28},   {96, 160, 176},
        {0, 0, 0},       {255, 255, 255}, {217, 26, 26},   {217, 204, 26},
        {26, 166, 38},   {26, 179, 191},  {38, 51, 204},   {191, 38, 179},
        {240, 220, 160}, {200, 170, 210}, {140, 150, 220}, {26, 115, 77},
    };
    struct palette palette = {.n_colours = 1 << depth_bits};

    if (depth_bits < 8) {
        memcpy(palette.colours, few, (size_t)palette.n_colours * sizeof few[0]);
        return palette;
    }
    palette.n_colours = 6 * 7 * 6;
    for (int i = 0; i < palette.n_colours; i++) {
        palette.colours[i].red = (png_byte)(i / 42 * 51);
        palette.colours[i].green = (png_byte)(i / 6 % 7 * 85 / 2);
        palette.colours[i].blue = (png_byte)(i % 6 * 51);
    }
    return palette;
}

/* With transparency the first entry is a hole and, if there are more than two, the second half
 * see-through. */
static int n_special(const struct gen_png_options *options)
{
    if (!options->transparent) return 0;
    return options->depth_bits > 1 ? 2 : 1;
}

static unsigned nearest_index(const struct palette *palette, int first, struct gen_colour colour)
{
    float best = 1e9f;
    int best_index = first;

    for (int i = first; i < palette->n_colours; i++) {
        float r = (float)palette->colours[i].red / 255.0f - colour.r;
        float g = (float)palette->colours[i].green / 255.0f - colour.g;
        float b = (float)palette->colours[i].blue / 255.0f - colour.b;
        float distance = 3.0f * r * r + 6.0f * g * g + b * b;

        if (distance < best) {
            best = distance;
            best_index = i;
        }
    }
    return (unsigned)best_index;
}

static unsigned palette_index(const struct palette *palette, const struct gen_png_options *options,
                              struct gen_colour colour)
{
    int special = n_special(options);

    if (special >= 1 && colour.a < 0.25f) return 0;
    if (special >= 2 && colour.a < 0.75f) return 1;
    return nearest_index(palette, special, colour);
}

/* ---- pixels to samples ---- */

static unsigned max_sample(const struct gen_png_options *options)
{
    return (1u << options->depth_bits) - 1;
}

/*
 * One colour sample. With a tRNS chunk, the key of a grey or RGB file is its greatest value: holes
 * get it, and other pixels stay below it. One bit has no value to spare: there all white is a hole.
 */
static unsigned colour_sample(const struct gen_png_options *options, float value, float alpha)
{
    unsigned max = max_sample(options), sample;

    if (!options->transparent) return gen_quantise(value, max);
    if (alpha < 0.5f) return max;
    sample = gen_quantise(value, max);
    return max > 1 && sample == max ? max - 1 : sample;
}

/* The samples of one pixel; returns how many. */
static int put_samples(const struct gen_png_options *options, const struct palette *palette,
                       struct gen_colour pixel, unsigned out[4])
{
    bool grey = options->model == GEN_PNG_GREY || options->model == GEN_PNG_GREY_ALPHA;
    int n = 0;

    if (options->model == GEN_PNG_PALETTE) {
        out[0] = palette_index(palette, options, pixel);
        return 1;
    }
    if (grey) {
        out[n++] = colour_sample(options, gen_luma(pixel), pixel.a);
    } else {
        out[n++] = colour_sample(options, pixel.r, pixel.a);
        out[n++] = colour_sample(options, pixel.g, pixel.a);
        out[n++] = colour_sample(options, pixel.b, pixel.a);
    }
    if (options->model == GEN_PNG_GREY_ALPHA || options->model == GEN_PNG_RGBA)
        out[n++] = gen_quantise(pixel.a, max_sample(options));
    return n;
}

/* A row with one byte a sample, or two for 16 bits; libpng packs what is smaller. */
static void put_row(const struct gen_png_options *options, const struct palette *palette,
                    const struct gen_colour *pixels, int width_px, uint8_t *out)
{
    for (int x = 0; x < width_px; x++) {
        unsigned samples[4];
        int n = put_samples(options, palette, pixels[x], samples);

        for (int i = 0; i < n; i++) {
            if (options->depth_bits == 16) *out++ = (uint8_t)(samples[i] >> 8);
            *out++ = (uint8_t)samples[i];
        }
    }
}

/* ---- the file ---- */

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    (void)png;
    gen_fatal("libpng: %s", message);
}

static void on_write(png_structp png, png_bytep data, size_t len)
{
    gen_bytes_put(png_get_io_ptr(png), data, len);
}

static void on_flush(png_structp png)
{
    (void)png;
}

static int colour_type(enum gen_png_model model)
{
    switch (model) {
    case GEN_PNG_GREY:
        return PNG_COLOR_TYPE_GRAY;
    case GEN_PNG_PALETTE:
        return PNG_COLOR_TYPE_PALETTE;
    case GEN_PNG_GREY_ALPHA:
        return PNG_COLOR_TYPE_GRAY_ALPHA;
    case GEN_PNG_RGBA:
        return PNG_COLOR_TYPE_RGB_ALPHA;
    default:
        return PNG_COLOR_TYPE_RGB;
    }
}

static void set_transparency(png_structp png, png_infop info, const struct gen_png_options *options)
{
    static png_byte alphas[2] = {0, 128};
    png_uint_16 max = (png_uint_16)max_sample(options);
    png_color_16 key = {.red = max, .green = max, .blue = max, .gray = max};

    if (options->model == GEN_PNG_PALETTE)
        png_set_tRNS(png, info, alphas, n_special(options), NULL);
    else
        png_set_tRNS(png, info, NULL, 0, &key);
}

static void set_extras(png_structp png, png_infop info, const struct gen_png_options *options)
{
    if (options->gamma > 0.0) png_set_gAMA(png, info, options->gamma);
    if (options->srgb) png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    if (options->icc) {
        png_set_iCCP(png, info, "sample", PNG_COMPRESSION_TYPE_BASE, options->icc->data,
                     (png_uint_32)options->icc->len);
        if (!png_get_valid(png, info, PNG_INFO_iCCP))
            gen_fatal("libpng finds fault with a profile");
    }
    if (options->exif)
        png_set_eXIf_1(png, info, (png_uint_32)options->exif->len, options->exif->data);
    if (options->comment) {
        char *text = gen_alloc(strlen(options->comment) + 1, 1);
        png_text comment = {
            .compression = PNG_TEXT_COMPRESSION_zTXt, .key = (char[]){"Comment"}, .text = text};

        strcpy(text, options->comment);
        png_set_text(png, info, &comment, 1);
        free(text);
    }
}

static void set_header(png_structp png, png_infop info, const struct gen_picture *picture,
                       const struct gen_png_options *options, struct palette *palette)
{
    png_set_IHDR(png, info, (png_uint_32)picture->width_px, (png_uint_32)picture->height_px,
                 options->depth_bits, colour_type(options->model),
                 options->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (options->model == GEN_PNG_PALETTE)
        png_set_PLTE(png, info, palette->colours, palette->n_colours);
    if (options->transparent) set_transparency(png, info, options);
    if (options->filter) png_set_filter(png, PNG_FILTER_TYPE_BASE, options->filter);
    if (options->idat_len) png_set_compression_buffer_size(png, options->idat_len);
    png_set_compression_level(png, 9);
    set_extras(png, info, options);
}

struct gen_bytes gen_png(const struct gen_picture *picture, const struct gen_png_options *options)
{
    struct gen_bytes file = {0};
    struct palette palette = {0};
    size_t width = (size_t)picture->width_px, height = (size_t)picture->height_px,
           row_len = 8 * width;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    uint8_t *pixels = gen_alloc(height, row_len);
    png_bytep *rows = gen_alloc(height, sizeof *rows);

    if (!info) gen_fatal("no memory for libpng");
    if (options->model == GEN_PNG_PALETTE) palette = make_palette(options->depth_bits);
    for (size_t y = 0; y < height; y++) {
        rows[y] = pixels + y * row_len;
        put_row(options, &palette, picture->pixels + y * width, picture->width_px, rows[y]);
    }
    png_set_write_fn(png, &file, on_write, on_flush);
    set_header(png, info, picture, options, &palette);
    png_write_info(png, info);
    png_set_packing(png);
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(rows);
    free(pixels);
    return file;
}

/* ---- chunks by hand ---- */

/* CRC-32 as in ISO 3309, one bit at a time: short data, no table. */
static uint32_t crc_of(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static size_t chunk_data_len(const struct gen_bytes *png, size_t offset)
{
    const uint8_t *at = png->data + offset;

    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

void gen_png_put_signature(struct gen_bytes *bytes)
{
    gen_bytes_put(bytes, "\x89PNG\r\n\x1a\n", 8);
}

void gen_png_put_chunk(struct gen_bytes *bytes, const char *type, const void *data, size_t len)
{
    size_t offset = bytes->len;

    gen_bytes_put_u32(bytes, GEN_BIG_ENDIAN, (uint32_t)len);
    gen_bytes_put(bytes, type, 4);
    gen_bytes_put(bytes, data, len);
    gen_bytes_put_zeros(bytes, 4);
    gen_png_fix_crc(bytes, offset);
}

size_t gen_png_find(const struct gen_bytes *png, const char *type)
{
    for (size_t offset = 8; offset + 12 <= png->len; offset += 12 + chunk_data_len(png, offset))
        if (memcmp(png->data + offset + 4, type, 4) == 0) return offset;
    gen_fatal("no %s in a PNG of %zu bytes", type, png->len);
}

void gen_png_fix_crc(struct gen_bytes *png, size_t offset)
{
    size_t len = chunk_data_len(png, offset);

    gen_bytes_set_u32(png, offset + 8 + len, GEN_BIG_ENDIAN,
                      crc_of(png->data + offset + 4, 4 + len));
}

/* ---- animations ---- */

/* The pixels of one frame, in chunks as they were: of the first frame they are those of the picture
 * that stands still. */
static void put_frame(struct gen_bytes *to, const struct gen_bytes *png, bool first,
                      uint32_t *sequence)
{
    for (size_t at = gen_png_find(png, "IDAT"); memcmp(png->data + at + 4, "IDAT", 4) == 0;
         at += 12 + chunk_data_len(png, at)) {
        struct gen_bytes body = {0};

        if (!first) gen_bytes_put_u32(&body, GEN_BIG_ENDIAN, (*sequence)++);
        gen_bytes_put(&body, png->data + at + 8, chunk_data_len(png, at));
        gen_png_put_chunk(to, first ? "IDAT" : "fdAT", body.data, body.len);
        gen_bytes_finish(&body);
    }
}

/* It covers all, and replaces what is there. */
static void put_frame_control(struct gen_bytes *to, const struct gen_picture *frame, int delay_ms,
                              uint32_t *sequence)
{
    struct gen_bytes body = {0};

    gen_bytes_put_u32(&body, GEN_BIG_ENDIAN, (*sequence)++);
    gen_bytes_put_u32(&body, GEN_BIG_ENDIAN, (uint32_t)frame->width_px);
    gen_bytes_put_u32(&body, GEN_BIG_ENDIAN, (uint32_t)frame->height_px);
    gen_bytes_put_zeros(&body, 8);
    gen_bytes_put_u16(&body, GEN_BIG_ENDIAN, (uint16_t)delay_ms);
    gen_bytes_put_u16(&body, GEN_BIG_ENDIAN, 1000);
    gen_bytes_put_zeros(&body, 2);
    gen_png_put_chunk(to, "fcTL", body.data, body.len);
    gen_bytes_finish(&body);
}

struct gen_bytes gen_animated_png(const struct gen_picture *frames, int n, int delay_ms,
                                  const struct gen_png_options *options)
{
    struct gen_bytes file = {0}, control = {0};
    uint32_t sequence = 0;

    gen_bytes_put_u32(&control, GEN_BIG_ENDIAN, (uint32_t)n);
    gen_bytes_put_zeros(&control, 4);
    for (int i = 0; i < n; i++) {
        struct gen_bytes png = gen_png(&frames[i], options);

        if (i == 0) {
            gen_bytes_put(&file, png.data, gen_png_find(&png, "IDAT"));
            gen_png_put_chunk(&file, "acTL", control.data, control.len);
        }
        put_frame_control(&file, &frames[i], delay_ms, &sequence);
        put_frame(&file, &png, i == 0, &sequence);
        gen_bytes_finish(&png);
    }
    gen_png_put_chunk(&file, "IEND", NULL, 0);
    gen_bytes_finish(&control);
    return file;
}

/* SPDX-License-Identifier: MIT */
/* JPEG files of every kind, by libjpeg-turbo. Standards: ITU-T T.81, JFIF 1.02, Adobe TN 5116,
 * ICC.1 annex B.4. */
#include "generate.h"

#include <stdio.h> /* jpeglib.h needs it and does not include it */

#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>

/* What a marker segment can hold beyond its length field. */
enum { SEGMENT_MAX = 65533 };

static J_COLOR_SPACE input_space(enum gen_jpeg_model model)
{
    switch (model) {
    case GEN_JPEG_GREY:
        return JCS_GRAYSCALE;
    case GEN_JPEG_CMYK:
    case GEN_JPEG_YCCK:
        return JCS_CMYK;
    default:
        return JCS_RGB;
    }
}

static J_COLOR_SPACE file_space(enum gen_jpeg_model model)
{
    switch (model) {
    case GEN_JPEG_GREY:
        return JCS_GRAYSCALE;
    case GEN_JPEG_RGB:
        return JCS_RGB;
    case GEN_JPEG_CMYK:
        return JCS_CMYK;
    case GEN_JPEG_YCCK:
        return JCS_YCCK;
    default:
        return JCS_YCbCr;
    }
}

/* Inks with all common grey in the black, stored inverted as Adobe does: 255 is no ink. */
static void put_cmyk(struct gen_colour colour, uint8_t out[4])
{
    float lightest = colour.r > colour.g ? colour.r : colour.g;

    if (colour.b > lightest) lightest = colour.b;
    out[0] = out[1] = out[2] = 255;
    out[3] = (uint8_t)gen_quantise(lightest, 255);
    if (out[3] == 0) return;
    out[0] = (uint8_t)gen_quantise(colour.r / lightest, 255);
    out[1] = (uint8_t)gen_quantise(colour.g / lightest, 255);
    out[2] = (uint8_t)gen_quantise(colour.b / lightest, 255);
}

static void put_row(const struct gen_colour *pixels, int width_px, enum gen_jpeg_model model,
                    uint8_t *out)
{
    for (int i = 0; i < width_px; i++) {
        switch (input_space(model)) {
        case JCS_GRAYSCALE:
            *out++ = (uint8_t)gen_quantise(gen_luma(pixels[i]), 255);
            break;
        case JCS_CMYK:
            put_cmyk(pixels[i], out);
            out += 4;
            break;
        default:
            *out++ = (uint8_t)gen_quantise(pixels[i].r, 255);
            *out++ = (uint8_t)gen_quantise(pixels[i].g, 255);
            *out++ = (uint8_t)gen_quantise(pixels[i].b, 255);
        }
    }
}

/* One sequential scan for each component. `scans` must live until the file is finished. */
static void set_separate_scans(struct jpeg_compress_struct *jpeg, jpeg_scan_info *scans)
{
    for (int i = 0; i < jpeg->num_components; i++)
        scans[i] = (jpeg_scan_info){.comps_in_scan = 1, .component_index = {i}, .Se = DCTSIZE2 - 1};
    jpeg->scan_info = scans;
    jpeg->num_scans = jpeg->num_components;
}

static void set_options(struct jpeg_compress_struct *jpeg, const struct gen_jpeg_options *options,
                        jpeg_scan_info *scans)
{
    jpeg_set_defaults(jpeg);
    jpeg_set_colorspace(jpeg, file_space(options->model));
    jpeg_set_quality(jpeg, options->quality ? options->quality : 85, !options->wide_tables);
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->optimize_coding = !options->arithmetic;
    jpeg->arith_code = options->arithmetic;
    jpeg->restart_interval = options->restart_mcu;
    if (options->no_file_marker) jpeg->write_JFIF_header = jpeg->write_Adobe_marker = FALSE;
    for (int i = 0; i < jpeg->num_components; i++) {
        const uint8_t *factors = options->sampling[i];

        jpeg->comp_info[i].h_samp_factor = factors[0] ? factors[0] : 1;
        jpeg->comp_info[i].v_samp_factor = factors[1] ? factors[1] : 1;
    }
    if (options->progressive) jpeg_simple_progression(jpeg);
    if (options->separate_scans) set_separate_scans(jpeg, scans);
}

static void write_exif(struct jpeg_compress_struct *jpeg, const struct gen_bytes *exif)
{
    struct gen_bytes segment = {0};

    gen_bytes_put(&segment, "Exif\0", 6);
    gen_bytes_put(&segment, exif->data, exif->len);
    if (segment.len > SEGMENT_MAX) gen_fatal("an EXIF block of %zu bytes", segment.len);
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, segment.data, (unsigned)segment.len);
    gen_bytes_finish(&segment);
}

/* The profile in numbered parts of at most `chunk_len` bytes. */
static void write_icc(struct jpeg_compress_struct *jpeg, const struct gen_bytes *icc,
                      size_t chunk_len)
{
    enum { HEAD_LEN = 14 };
    size_t n_chunks;

    if (chunk_len == 0) chunk_len = SEGMENT_MAX - HEAD_LEN;
    n_chunks = (icc->len + chunk_len - 1) / chunk_len;
    if (n_chunks > 255) gen_fatal("%zu parts of a profile", n_chunks);
    for (size_t i = 0; i < n_chunks; i++) {
        struct gen_bytes segment = {0};
        size_t start = i * chunk_len;
        size_t len = icc->len - start < chunk_len ? icc->len - start : chunk_len;
        uint8_t numbers[2] = {(uint8_t)(i + 1), (uint8_t)n_chunks};

        gen_bytes_put(&segment, "ICC_PROFILE", 12);
        gen_bytes_put(&segment, numbers, 2);
        gen_bytes_put(&segment, icc->data + start, len);
        jpeg_write_marker(jpeg, JPEG_APP0 + 2, segment.data, (unsigned)segment.len);
        gen_bytes_finish(&segment);
    }
}

static void write_comment(struct jpeg_compress_struct *jpeg, unsigned len)
{
    static const char text[] = "A long comment in a JPEG file. ";

    jpeg_write_m_header(jpeg, JPEG_COM, len);
    for (unsigned i = 0; i < len; i++)
        jpeg_write_m_byte(jpeg, text[i % (sizeof text - 1)]);
}

struct gen_bytes gen_jpeg(const struct gen_picture *picture, const struct gen_jpeg_options *options)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[4];
    unsigned char *file = NULL;
    unsigned long file_len = 0;
    uint8_t *row = gen_alloc((size_t)picture->width_px, 4);

    /* The standard error manager prints and exits, which is what this tool wants. */
    jpeg.err = jpeg_std_error(&errors);
    errors.trace_level = -1; /* no note on 16-bit tables */
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &file, &file_len);
    jpeg.image_width = (JDIMENSION)picture->width_px;
    jpeg.image_height = (JDIMENSION)picture->height_px;
    jpeg.in_color_space = input_space(options->model);
    jpeg.input_components = jpeg.in_color_space == JCS_CMYK        ? 4
                            : jpeg.in_color_space == JCS_GRAYSCALE ? 1
                                                                   : 3;
    set_options(&jpeg, options, scans);

    jpeg_start_compress(&jpeg, TRUE);
    if (options->exif) write_exif(&jpeg, options->exif);
    if (options->icc) write_icc(&jpeg, options->icc, options->icc_chunk_len);
    if (options->comment_len) write_comment(&jpeg, options->comment_len);
    for (int y = 0; y < picture->height_px; y++) {
        put_row(&picture->pixels[(size_t)y * (size_t)picture->width_px], picture->width_px,
                options->model, row);
        jpeg_write_scanlines(&jpeg, &(JSAMPROW){row}, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    return (struct gen_bytes){.data = file, .len = file_len, .capacity = file_len};
}

size_t gen_jpeg_find(const struct gen_bytes *jpeg, uint8_t marker)
{
    size_t offset = 2;

    while (offset + 4 <= jpeg->len && jpeg->data[offset] == 0xFF) {
        uint8_t found = jpeg->data[offset + 1];

        if (found == marker) return offset;
        if (found == 0xDA) break; /* entropy-coded data follows */
        offset += 2u + (size_t)(jpeg->data[offset + 2] << 8 | jpeg->data[offset + 3]);
    }
    gen_fatal("no marker 0x%02X in a JPEG of %zu bytes", marker, jpeg->len);
}

/* SPDX-License-Identifier: MIT */
/* The module thumbs-avif: pictures to AVIF files, by libavif and libaom. */
#include <stdio.h>
#include <string.h>

#include <avif/avif.h>

#include "image/modern/modern_module.h"

/* Of libaom, 0 (slow) to 10. Measured over photos at 320 pixels, a picture each: 6 takes 45 ms and
 * gives 0.4 dB more in files as large, 7 takes 24 ms for as good as nothing, 8 takes 18 ms; 9 takes
 * 8 ms and gives 0.4 dB less in files that are 6 % larger. */
#define SPEED 8

/* Edges that alpha cuts out show every fault. */
#define LEAST_ALPHA_QUALITY 90

static bool is_opaque(const struct th_pixels *p)
{
    const size_t n = (size_t)p->width * p->height;
    for (size_t i = 1; i <= n; i++)
        if (p->data[i * p->bands - 1] != 255) return false;
    return true;
}

static bool has_alpha(const struct th_pixels *p)
{
    return p->bands % 2 == 0 && !is_opaque(p);
}

/* Grey has one plane of luma, and it may be copied. */
static avifResult fill_grey(const struct th_pixels *p, bool alpha, avifImage *image)
{
    avifImageAllocatePlanes(image, AVIF_PLANES_YUV | (alpha ? AVIF_PLANES_A : 0));
    if (!image->yuvPlanes[AVIF_CHAN_Y] || (alpha && !image->alphaPlane))
        return AVIF_RESULT_OUT_OF_MEMORY;
    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *from = p->data + (size_t)y * p->width * p->bands;
        uint8_t *grey = image->yuvPlanes[AVIF_CHAN_Y] + (size_t)y * image->yuvRowBytes[AVIF_CHAN_Y];
        for (uint32_t x = 0; x < p->width; x++)
            grey[x] = from[(size_t)x * p->bands];
        if (!alpha) continue;
        uint8_t *to = image->alphaPlane + (size_t)y * image->alphaRowBytes;
        for (uint32_t x = 0; x < p->width; x++)
            to[x] = from[(size_t)x * 2 + 1];
    }
    return AVIF_RESULT_OK;
}

static avifResult fill(const struct th_pixels *p, bool alpha, avifImage *image)
{
    if (p->bands <= 2) return fill_grey(p, alpha, image);
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.format = p->bands == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.depth = 8;
    rgb.ignoreAlpha = !alpha;
    rgb.pixels = p->data;
    rgb.rowBytes = p->width * p->bands;
    return avifImageRGBToYUV(image, &rgb);
}

/* sRGB, as numbers of ITU-T H.273, or what the profile says. */
static void describe(avifImage *image, const struct th_metadata *m)
{
    image->yuvRange = AVIF_RANGE_FULL;
    image->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
    image->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    image->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_BT601;
    if (!m) return;
    if (m->icc.len) {
        image->colorPrimaries = AVIF_COLOR_PRIMARIES_UNSPECIFIED;
        image->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_UNSPECIFIED;
        avifImageSetProfileICC(image, m->icc.data, m->icc.len);
    }
    if (m->exif.len) avifImageSetMetadataExif(image, m->exif.data, m->exif.len);
    if (m->xmp.len) avifImageSetMetadataXMP(image, m->xmp.data, m->xmp.len);
}

/* As newer versions of libavif do it by themselves. */
static void set_level(avifEncoder *encoder, const char *key, uint32_t quality)
{
    char level[16];
    snprintf(level, sizeof level, "%u", ((100 - quality) * 63 + 50) / 100);
    avifEncoderSetCodecSpecificOption(encoder, key, level);
}

static void set_up(avifEncoder *encoder, const struct th_encode_how *how)
{
    const uint32_t alpha = how->quality < LEAST_ALPHA_QUALITY ? LEAST_ALPHA_QUALITY : how->quality;
    encoder->codecChoice = AVIF_CODEC_CHOICE_AOM;
    encoder->maxThreads = 1;
    encoder->speed = SPEED;
    encoder->minQuantizer = AVIF_QUANTIZER_BEST_QUALITY;
    encoder->maxQuantizer = AVIF_QUANTIZER_WORST_QUALITY;
    encoder->minQuantizerAlpha = AVIF_QUANTIZER_BEST_QUALITY;
    encoder->maxQuantizerAlpha = AVIF_QUANTIZER_WORST_QUALITY;
    avifEncoderSetCodecSpecificOption(encoder, "end-usage", "q");
    set_level(encoder, "color:cq-level", how->quality);
    set_level(encoder, "alpha:cq-level", alpha);
}

static enum thumbs_code judge(avifResult result, const char **why)
{
    if (result == AVIF_RESULT_OK) return THUMBS_OK;
    if (result == AVIF_RESULT_OUT_OF_MEMORY) {
        *why = "no memory for the encoded AVIF";
        return THUMBS_MEMORY;
    }
    *why = avifResultToString(result);
    return THUMBS_INTERNAL;
}

static avifResult run(avifImage *image, const struct th_pixels *p, const struct th_encode_how *how,
                      avifEncoder *encoder, avifRWData *file)
{
    describe(image, how->metadata);
    set_up(encoder, how);
    avifResult result = fill(p, has_alpha(p), image);
    if (result == AVIF_RESULT_OK)
        result = avifEncoderAddImage(encoder, image, 1, AVIF_ADD_IMAGE_FLAG_SINGLE);
    return result == AVIF_RESULT_OK ? avifEncoderFinish(encoder, file) : result;
}

static enum thumbs_code encode(const struct th_pixels *p, const struct th_encode_how *how,
                               const struct th_modern_out *out, const char **why)
{
    avifRWData file = AVIF_DATA_EMPTY;
    const avifPixelFormat format =
        p->bands <= 2 ? AVIF_PIXEL_FORMAT_YUV400 : AVIF_PIXEL_FORMAT_YUV420;
    avifImage *image = avifImageCreate(p->width, p->height, 8, format);
    avifEncoder *encoder = avifEncoderCreate();
    enum thumbs_code code = judge(
        image && encoder ? run(image, p, how, encoder, &file) : AVIF_RESULT_OUT_OF_MEMORY, why);
    if (code == THUMBS_OK && !out->emit(out->user, file.data, file.size))
        code = judge(AVIF_RESULT_OUT_OF_MEMORY, why);
    avifRWDataFree(&file);
    if (encoder) avifEncoderDestroy(encoder);
    if (image) avifImageDestroy(image);
    return code;
}

static const char *library(void)
{
    static char text[40];
    snprintf(text, sizeof text, "libavif %s", avifVersion());
    return text;
}

static const struct th_modern_module module = {
    .version = TH_MODERN_MODULE_VERSION, .encode = encode, .library = library};

th_modern_module_fn thumbs_modern_module;

__attribute__((visibility("default"))) const struct th_modern_module *thumbs_modern_module(void)
{
    return &module;
}

/* SPDX-License-Identifier: MIT */
/* WebP, GIF and TIFF, which libvips writes. */
#include "generate.h"

#include <stdlib.h>
#include <vips/vips.h>

static float band_value(const struct gen_colour *pixel, int band, int n_bands)
{
    if (n_bands == 1) return gen_luma(*pixel);
    return band == 0 ? pixel->r : band == 1 ? pixel->g : band == 2 ? pixel->b : pixel->a;
}

/* All pages below each other, as libvips wants them, in samples of one or two bytes. */
static void *make_samples(const struct gen_picture *pages, int n_pages,
                          const struct gen_vips_options *options, size_t *len)
{
    size_t n_pixels = (size_t)pages[0].width_px * (size_t)pages[0].height_px;
    size_t n_bands = (size_t)options->bands, n_samples = n_pixels * n_bands * (size_t)n_pages;
    size_t sample_len = options->depth_bits == 16 ? 2 : 1, i = 0;
    void *samples = gen_alloc(n_samples, sample_len);

    for (int i_page = 0; i_page < n_pages; i_page++) {
        for (; i < n_pixels * n_bands * (size_t)(i_page + 1); i++) {
            const struct gen_colour *pixel = &pages[i_page].pixels[i / n_bands % n_pixels];
            float value = band_value(pixel, (int)(i % n_bands), options->bands);

            if (sample_len == 2)
                ((uint16_t *)samples)[i] = (uint16_t)gen_quantise(value, 65535);
            else
                ((uint8_t *)samples)[i] = (uint8_t)gen_quantise(value, 255);
        }
    }
    *len = n_samples * sample_len;
    return samples;
}

static VipsInterpretation interpretation(const struct gen_vips_options *options)
{
    if (options->depth_bits == 16)
        return options->bands == 1 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16;
    return options->bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
}

static void set_metadata(VipsImage *image, const struct gen_picture *page, int n_pages,
                         const struct gen_vips_options *options)
{
    if (n_pages > 1) {
        int *delays = gen_alloc((size_t)n_pages, sizeof *delays);

        for (int i = 0; i < n_pages; i++)
            delays[i] = options->delay_ms;
        vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, page->height_px);
        if (options->delay_ms > 0) vips_image_set_array_int(image, "delay", delays, n_pages);
        free(delays);
    }
    if (options->orientation)
        vips_image_set_int(image, VIPS_META_ORIENTATION, options->orientation);
    if (options->icc)
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, options->icc->data, options->icc->len);
}

struct gen_bytes gen_vips(const struct gen_picture *pages, int n_pages,
                          const struct gen_vips_options *options, const char *suffix)
{
    size_t samples_len = 0, file_len = 0;
    void *samples = make_samples(pages, n_pages, options, &samples_len), *file = NULL;
    VipsImage *plain = vips_image_new_from_memory(
        samples, samples_len, pages[0].width_px, pages[0].height_px * n_pages, options->bands,
        options->depth_bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
    VipsImage *image = NULL;
    struct gen_bytes bytes = {0};

    if (!plain || vips_copy(plain, &image, "interpretation", interpretation(options), NULL))
        gen_fatal("libvips: %s", vips_error_buffer());
    set_metadata(image, &pages[0], n_pages, options);
    if (vips_image_write_to_buffer(image, suffix, &file, &file_len, NULL))
        gen_fatal("libvips: %s: %s", suffix, vips_error_buffer());
    gen_bytes_put(&bytes, file, file_len);

    g_free(file);
    g_object_unref(image);
    g_object_unref(plain);
    free(samples);
    return bytes;
}

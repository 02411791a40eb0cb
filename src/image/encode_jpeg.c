/* SPDX-License-Identifier: MIT */
/* A picture of interleaved rows to a JPEG file, by libjpeg-turbo. */
#include "image/encode.h"
#include "image/jpeg/jpeg_compress.h"
#include "image/jpeg/jpeg_metadata.h"
#include "image/jpeg/jpeg_write.h"

struct picture {
    const struct th_pixels *pixels;
    const struct th_encode_how *how;
};

static void write_rows(struct jpeg_compress_struct *jpeg, void *user)
{
    const struct picture *picture = user;
    const struct th_pixels *p = picture->pixels;
    jpeg->image_width = p->width;
    jpeg->image_height = p->height;
    jpeg->input_components = (int)p->bands;
    jpeg->in_color_space = p->bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, (int)picture->how->quality, TRUE);
    jpeg->optimize_coding = TRUE;
    if (picture->how->progressive) jpeg_simple_progression(jpeg);
    jpeg_start_compress(jpeg, TRUE);
    th_jpeg_write_metadata(jpeg, picture->how->metadata);
    size_t stride = (size_t)p->width * p->bands;
    while (jpeg->next_scanline < jpeg->image_height) {
        /* libjpeg's prototype lacks a const; it does not write here. */
        JSAMPROW row = (JSAMPROW)(p->data + jpeg->next_scanline * stride);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

enum thumbs_code th_encode_jpeg(const struct th_pixels *p, const struct th_encode_how *how,
                                struct th_sink *sink, struct thumbs_error *err)
{
    struct picture picture = {.pixels = p, .how = how};
    return th_jpeg_compress(sink, write_rows, &picture, err);
}

/* The coefficients are held to find the best codes, by our own writer (jpeg_baseline.h) in a little
 * more than libjpeg's place; a picture with alpha is flattened before. */
static struct th_encode_cost cost(uint32_t bands, uint32_t quality)
{
    (void)quality;
    uint64_t working = (bands <= 2 ? 3 : 4) + (bands % 2 == 0 ? bands : 0);
    return (struct th_encode_cost){.working = working, .encoded = 2};
}

const struct th_encoder th_encoder_jpeg = {.encode = th_encode_jpeg,
                                           .encode_planes = th_jpeg_write_planes,
                                           .cost = cost,
                                           .keeps_profile = true,
                                           .has_quality = true,
                                           .about = th_about_jpeg_writer};

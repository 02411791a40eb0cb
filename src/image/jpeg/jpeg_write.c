/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/jpeg/jpeg_baseline.h"
#include "image/jpeg/jpeg_compress.h"
#include "image/jpeg/jpeg_metadata.h"

#define MCU_ROWS 16

struct picture {
    const struct th_pixels *planes;
    uint32_t n_planes;
    const struct th_encode_how *how;
    uint8_t *rows; /* one row of MCUs, filled up to whole blocks */
};

static uint32_t round_up(uint32_t v, uint32_t to)
{
    return (v + to - 1) / to * to;
}

/* Copy one row of a plane, its last sample repeated to the end of the block; rows behind the last
 * repeat it. */
static void copy_row(const struct th_pixels *plane, uint32_t y, uint8_t *to, uint32_t padded)
{
    const uint8_t *from =
        plane->data + (size_t)(y < plane->height ? y : plane->height - 1) * plane->width;
    memcpy(to, from, plane->width);
    memset(to + plane->width, from[plane->width - 1], padded - plane->width);
}

static void write_planes(struct jpeg_compress_struct *jpeg, const struct picture *p)
{
    JSAMPROW rows[3][MCU_ROWS];
    JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
    uint32_t padded[3];
    uint8_t *at = p->rows;
    unsigned n_planes = (unsigned)jpeg->num_components, factor = n_planes == 1 ? 1 : 2;
    for (unsigned c = 0; c < n_planes; c++) {
        padded[c] = round_up(p->planes[c].width, 8);
        for (unsigned y = 0; y < MCU_ROWS; y++, at += padded[c])
            rows[c][y] = at;
    }
    for (uint32_t top = 0; top < jpeg->image_height; top += 8 * factor) {
        for (unsigned c = 0; c < n_planes; c++) {
            unsigned n = c == 0 ? 8 * factor : 8;
            for (unsigned y = 0; y < n; y++)
                copy_row(&p->planes[c], (c == 0 ? top : top / 2) + y, rows[c][y], padded[c]);
        }
        jpeg_write_raw_data(jpeg, arrays, 8 * factor);
    }
}

static void write_file(struct jpeg_compress_struct *jpeg, void *user)
{
    const struct picture *p = user;
    jpeg->image_width = p->planes[0].width;
    jpeg->image_height = p->planes[0].height;
    jpeg->input_components = (int)p->n_planes;
    jpeg->in_color_space = p->n_planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(jpeg); /* 4:2:0 for colour */
    jpeg_set_quality(jpeg, (int)p->how->quality, TRUE);
    jpeg->optimize_coding = TRUE;
    if (p->how->progressive) jpeg_simple_progression(jpeg);
    jpeg->raw_data_in = TRUE;
    jpeg_start_compress(jpeg, TRUE);
    th_jpeg_write_metadata(jpeg, p->how->metadata);
    write_planes(jpeg, p);
    jpeg_finish_compress(jpeg);
}

static bool has_metadata(const struct th_metadata *m)
{
    return m && (m->icc.len || m->exif.len || m->xmp.len || m->iptc.len);
}

enum thumbs_code th_jpeg_write_planes(const struct th_pixels *planes, uint32_t n_planes,
                                      const struct th_encode_how *how, struct th_sink *sink,
                                      struct thumbs_error *err)
{
    if (!how->progressive && !has_metadata(how->metadata))
        return th_jpeg_baseline_write(planes, n_planes, how->quality, sink, err);
    return th_jpeg_write_planes_turbo(planes, n_planes, how, sink, err);
}

enum thumbs_code th_jpeg_write_planes_turbo(const struct th_pixels *planes, uint32_t n_planes,
                                            const struct th_encode_how *how, struct th_sink *sink,
                                            struct thumbs_error *err)
{
    struct picture picture = {.planes = planes, .n_planes = n_planes, .how = how};
    /* Sides are THUMBS_MAX_SIDE at most, so this does not overflow. */
    picture.rows = th_alloc((size_t)MCU_ROWS * 3 * round_up(planes[0].width, 8));
    if (!picture.rows)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoder");
    enum thumbs_code code = th_jpeg_compress(sink, write_file, &picture, err);
    free(picture.rows);
    return code;
}

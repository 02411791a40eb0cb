/* SPDX-License-Identifier: MIT */
/* One picture in memory to thumbnails in memory: the image room behind the public face. */
#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/image.h"

struct thumbs_images {
    struct th_sink sink;
    size_t n;
    struct thumbs_image images[THUMBS_MAX_OUTPUTS];
};

static void fill_info(const struct th_image_result *result, struct thumbs_source_info *info)
{
    *info = (struct thumbs_source_info){.format = (enum thumbs_format)result->source_format,
                                        .width = result->width,
                                        .height = result->height,
                                        .from = (enum thumbs_from)result->from,
                                        .damaged = result->damaged,
                                        .decode_ns = result->decode_ns,
                                        .resize_ns = result->resize_ns,
                                        .encode_ns = result->encode_ns,
                                        .placeholder = result->placeholder};
    for (size_t i = 0; i < sizeof info->warning; i++)
        info->warning[i] = result->warning[i];
}

enum thumbs_code thumbs_make(const void *data, size_t len,
                             const struct thumbs_image_options *options, struct thumbs_images **out,
                             struct thumbs_source_info *info, struct thumbs_error *err)
{
    struct th_image_limits limits = {0};
    struct th_image_result result;
    struct thumbs_images *images = th_calloc(1, sizeof *images);
    if (!images)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for thumbnails");
    th_sink_init_heap(&images->sink);
    enum thumbs_code code = th_image_make(data, len, options, &limits, &images->sink, &result, err);
    if (code != THUMBS_OK) {
        thumbs_images_destroy(images);
        return code;
    }
    images->n = result.n_outputs;
    for (size_t i = 0; i < images->n; i++) {
        const struct th_image_output *o = &result.outputs[i];
        images->images[i] = (struct thumbs_image){.format = (enum thumbs_format)o->format,
                                                  .i_size = th_image_output_size(o),
                                                  .sizes = o->sizes,
                                                  .width = o->width,
                                                  .height = o->height,
                                                  .data = images->sink.data + o->offset,
                                                  .len = (size_t)o->len};
    }
    if (info) fill_info(&result, info);
    *out = images;
    return THUMBS_OK;
}

size_t thumbs_images_count(const struct thumbs_images *images)
{
    return images->n;
}

const struct thumbs_image *thumbs_images_get(const struct thumbs_images *images, size_t i)
{
    return &images->images[i];
}

void thumbs_images_destroy(struct thumbs_images *images)
{
    if (!images) return;
    th_sink_finish_heap(&images->sink);
    free(images);
}

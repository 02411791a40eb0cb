#include "image/encode.h"

#include "base/error.h"

static bool keeps_alpha(enum thumbs_format format)
{
    return format != THUMBS_FORMAT_JPEG;
}

static enum thumbs_code encode_as(enum thumbs_format format, const struct th_pixels *p, uint32_t quality,
                                  struct th_sink *sink, struct thumbs_error *err)
{
    switch (format) {
    case THUMBS_FORMAT_JPEG:
        return th_encode_jpeg(p, quality, sink, err);
    case THUMBS_FORMAT_PNG:
        return th_encode_png(p, sink, err);
    case THUMBS_FORMAT_WEBP:
        return th_encode_webp(p, quality, sink, err);
    default:
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_ENCODE, "%s cannot be written", thumbs_format_name(format));
    }
}

enum thumbs_code th_encode_outputs(const struct th_pixels *p, uint32_t i_size, enum thumbs_format source,
                                   bool source_alpha, const struct thumbs_image_options *options, struct th_sink *sink,
                                   struct th_image_result *result, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    struct th_pixels flat = {0};
    bool alpha = th_pixels_has_alpha(p);

    for (uint32_t i = 0; i < options->n_formats; i++) {
        enum thumbs_format format = th_image_output_format(options->formats[i], source, source_alpha);
        const struct th_pixels *from = p;
        if (alpha && !keeps_alpha(format)) {
            if (!flat.data && !th_pixels_flatten(p, options->background, &flat)) {
                code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for a thumbnail");
                goto out;
            }
            from = &flat;
        }
        size_t offset = sink->len;
        code = encode_as(format, from, options->quality, sink, err);
        if (code != THUMBS_OK) goto out;
        result->outputs[result->n_outputs++] = (struct th_image_output){.offset = offset,
                                                                        .len = sink->len - offset,
                                                                        .format = format,
                                                                        .i_size = i_size,
                                                                        .width = p->width,
                                                                        .height = p->height};
    }
out:
    th_pixels_finish(&flat);
    return code;
}

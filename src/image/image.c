/* The dispatcher: what a picture is, and which decoders of its format are asked for it. */
#include "image/image.h"

#include <string.h>

#include "base/error.h"
#include "image/backend.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_hot.h"
#include "image/judge.h"
#include "image/rowmake.h"
#include "image/steps.h"
#include "image/vips/vips_load.h"

static enum thumbs_code check_options(const struct thumbs_image_options *options, struct thumbs_error *err)
{
    if (options->n_sizes < 1 || options->n_sizes > THUMBS_MAX_SIZES)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "1 to %d sizes are needed", THUMBS_MAX_SIZES);
    for (uint32_t i = 0; i < options->n_sizes; i++)
        if (options->sizes[i].width == 0 && options->sizes[i].height == 0)
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "a size has no side");
    if (options->n_formats < 1 || options->n_formats > THUMBS_MAX_FORMATS)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "1 to %d formats are needed", THUMBS_MAX_FORMATS);
    for (uint32_t i = 0; i < options->n_formats; i++)
        if (!thumbs_format_is_output((enum thumbs_format)options->formats[i]))
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s cannot be written",
                                thumbs_format_name((enum thumbs_format)options->formats[i]));
    if (options->quality < 1 || options->quality > 100)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "a quality is 1 to 100");
    if (options->fit != THUMBS_FIT_INSIDE)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "only the fit \"inside\" can be made");
    return THUMBS_OK;
}

static enum thumbs_code run_backends(struct th_make *make, struct thumbs_error *err)
{
    const struct th_format *format = th_format(make->format);
    for (size_t i = 0; i < TH_FORMAT_MAX_DECODERS && format->decoders[i]; i++) {
        const struct th_backend *b = format->decoders[i];
        make->declined = false;
        enum thumbs_code code = b->rows ? th_rowmake(make, b->rows, err) : b->make(make, err);
        if (!make->declined) return code;
    }
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "decoding of %s is not enabled", format->name);
}

enum thumbs_code th_image_make(const uint8_t *data, size_t len, const struct thumbs_image_options *options,
                               const struct th_image_limits *limits, struct th_sink *sink,
                               struct th_image_result *result, struct thumbs_error *err)
{
    enum thumbs_code code = check_options(options, err);
    if (code != THUMBS_OK) return code;
    memset(result, 0, sizeof *result);
    enum thumbs_format format = th_image_sniff(data, len);
    result->source_format = format;
    code = th_image_judge(NULL, data, len, THUMBS_STAGE_DECODE, err);
    if (code != THUMBS_OK) return code;
    struct th_make make = {.data = data,
                           .len = len,
                           .format = format,
                           .options = options,
                           .deadline_ns = limits ? limits->deadline_ns : 0,
                           .sandboxed = limits && limits->sandboxed,
                           .sink = sink,
                           .result = result};
    size_t len_before = sink->len;
    if (format == THUMBS_FORMAT_SVG && (!make.sandboxed || options->no_svg))
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "SVG is only decoded in sandboxed worker processes");
    code = th_make_check_deadline(&make, THUMBS_STAGE_DECODE, err);
    sink->deadline_ns = make.deadline_ns;
    if (code == THUMBS_OK) code = run_backends(&make, err);
    sink->deadline_ns = 0;
    if (code != THUMBS_OK) {
        sink->len = len_before;
        result->n_outputs = 0;
    }
    return code;
}

enum thumbs_code th_image_preload(struct thumbs_error *err)
{
    const struct th_vips_ops *ops;
    return th_vips_load(&ops, err);
}

void th_image_seal(void)
{
    th_vips_seal();
}

void th_image_thread_finish(void)
{
    const struct th_vips_ops *ops = th_vips_if_loaded();
    if (ops) ops->thread_finish();
    th_jpeg_hot_thread_finish();
    th_icc_thread_finish();
}

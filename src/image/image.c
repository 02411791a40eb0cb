/* SPDX-License-Identifier: MIT */
/* The dispatcher: what a picture is, and which decoders of its format are asked for it. */
#include "image/image.h"

#include <string.h>

#include "base/error.h"
#include "image/camera/raw_hot.h"
#include "image/dispatch.h"
#include "image/embedded.h"
#include "image/heif/heif_codec.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_hot.h"
#include "image/judge.h"
#include "image/modern/modern_encode.h"
#include "image/module.h"
#include "image/steps.h"
#include "image/vips/vips_load.h"

static enum thumbs_code usage(struct thumbs_error *err, const char *message)
{
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s", message);
}

static enum thumbs_code check_sizes(const struct thumbs_image_options *o, struct thumbs_error *err)
{
    if (o->n_sizes < 1 || o->n_sizes > THUMBS_MAX_SIZES)
        return usage(err, "one to 16 sizes are possible");
    for (uint32_t i = 0; i < o->n_sizes; i++) {
        const struct thumbs_size *s = &o->sizes[i];
        if (s->width == 0 && s->height == 0) return usage(err, "a size needs a width or a height");
        if (s->width > THUMBS_MAX_SIDE || s->height > THUMBS_MAX_SIDE)
            return usage(err, "a size of over 65500 pixels is not possible");
    }
    return THUMBS_OK;
}

static enum thumbs_code check_quality(const struct thumbs_image_options *o,
                                      struct thumbs_error *err)
{
    bool fine = o->quality >= 1 && o->quality <= 100;
    for (size_t i = 0; i < sizeof o->quality_of; i++)
        fine = fine && o->quality_of[i] <= 100;
    return fine ? THUMBS_OK : usage(err, "quality goes from 1 to 100");
}

static enum thumbs_code check_fit(const struct thumbs_image_options *o, struct thumbs_error *err)
{
    static const char *const names[] = {"inside", "cover", "contain", "fill"};
    if (o->fit > THUMBS_FIT_FILL) return usage(err, "there is no such fit");
    for (uint32_t i = 0; i < o->n_sizes && o->fit != THUMBS_FIT_INSIDE; i++)
        if (!o->sizes[i].width || !o->sizes[i].height)
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                                "fit %s needs both sides of each size, and one has only a %s",
                                names[o->fit], o->sizes[i].width ? "width" : "height");
    if (o->gravity >= THUMBS_N_GRAVITIES) return usage(err, "there is no such gravity");
    if (o->gravity != THUMBS_GRAVITY_CENTRE && o->fit != THUMBS_FIT_COVER)
        return usage(err, "gravity applies to fit cover only; other fits cut nothing off");
    if (!THUMBS_WITH_VIPS && o->gravity >= THUMBS_GRAVITY_ATTENTION)
        return usage(err, "gravity attention and entropy need libvips, which this build lacks");
    if (o->sharpen > 1000) return usage(err, "nothing is sharpened by more than 10");
    if (o->background[3] != 0 && o->background[3] != 255)
        return usage(err, "padding is clear or opaque");
    return THUMBS_OK;
}

/* Can a file be written that moves? */
static bool any_moves(void)
{
    bool any = false;
    for (unsigned f = 0; f < THUMBS_N_FORMATS; f++) {
        const struct th_encoder *encoder = th_format((enum thumbs_format)f)->encoder;
        any = any || (encoder && encoder->motion);
    }
    return any;
}

enum thumbs_code th_image_check_options(const struct thumbs_image_options *o,
                                        struct thumbs_error *err)
{
    enum thumbs_code code = check_sizes(o, err);
    if (code != THUMBS_OK) return code;
    if (o->n_formats < 1 || o->n_formats > THUMBS_MAX_FORMATS)
        return usage(err, "one to 6 formats are possible");
    for (uint32_t i = 0; i < o->n_formats; i++) {
        enum thumbs_format format = (enum thumbs_format)o->formats[i];
        if (!thumbs_format_is_output(format))
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s cannot be written",
                                thumbs_format_name(format));
    }
    code = check_fit(o, err);
    if (code != THUMBS_OK) return code;
    code = check_quality(o, err);
    if (code != THUMBS_OK) return code;
    if (o->metadata > THUMBS_METADATA_ALL) return usage(err, "there is no such metadata");
    if (o->pages > THUMBS_PAGES_ALL) return usage(err, "there are no such pages");
    if (o->pages == THUMBS_PAGES_ALL && !any_moves())
        return usage(err, "pages all needs giflib or libwebp, which this build lacks");
    if (o->max_pixels < 1) return usage(err, "max_pixels must be at least 1");
    return THUMBS_OK;
}

/* Decoders that are not made for data from anywhere are asked only where a sandbox holds, whatever
 * the options allow. */
static enum thumbs_code check_sandbox(const struct th_make *make, struct thumbs_error *err)
{
    const char *name = th_format(make->format)->sandboxed;
    if (!name || (make->sandboxed && !make->options->plain_only)) return THUMBS_OK;
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                        "%s is only decoded in sandboxed worker processes", name);
}

enum thumbs_code th_image_make(const uint8_t *data, size_t len,
                               const struct thumbs_image_options *options,
                               const struct th_image_limits *limits, struct th_sink *sink,
                               struct th_image_result *result, struct thumbs_error *err)
{
    enum thumbs_code code = th_image_check_options(options, err);
    if (code != THUMBS_OK) return code;
    memset(result, 0, sizeof *result);
    enum thumbs_format format = th_image_format_of(data, len);
    result->source_format = format;
    code = th_image_judge(options, data, len, THUMBS_STAGE_DECODE, err);
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
    code = check_sandbox(&make, err);
    if (code == THUMBS_OK) code = th_make_check_deadline(&make, THUMBS_STAGE_DECODE, err);
    sink->deadline_ns = make.deadline_ns;
    if (code == THUMBS_OK && !th_embedded_make(&make, &code, err)) code = th_dispatch(&make, err);
    sink->deadline_ns = 0;
    if (code != THUMBS_OK) {
        sink->len = len_before;
        result->n_outputs = 0;
    }
    return code;
}

enum thumbs_code th_image_preload(unsigned wants, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
#if THUMBS_WITH_VIPS
    const struct th_vips_ops *ops;
    if (wants & TH_WANTS_VIPS) code = th_vips_load(&ops, err);
#endif
    /* One that cannot be had is no reason to go without the other. */
    if (THUMBS_WITH_HEIF)
        code = th_error_first(code, th_heif_load(wants, code == THUMBS_OK ? err : NULL));
#ifdef THUMBS_WITH_RAW
    if (wants & TH_WANTS_RAW)
        code = th_error_first(code, th_raw_load(code == THUMBS_OK ? err : NULL));
#endif
    return th_error_first(code, th_modern_load(wants, code == THUMBS_OK ? err : NULL));
}

void th_image_seal(void)
{
    th_module_seal();
}

void th_image_thread_finish(void)
{
#if THUMBS_WITH_VIPS
    const struct th_vips_ops *ops = th_vips_if_loaded();
    if (ops) ops->thread_finish();
#endif
    th_jpeg_hot_thread_finish();
    th_icc_thread_finish();
}

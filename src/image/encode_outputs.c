/* SPDX-License-Identifier: MIT */
/* Thumbnails are turned upright and encoded, each in every format that is wanted. */
#include "image/encode_outputs.h"

#include "base/error.h"
#include "base/sys.h"
#include "image/encode_fit.h"
#include "image/finish_picture.h"
#include "image/formats.h"
#include "image/keep.h"
#include "image/motion/motion_outputs.h"
#include "image/placeholder.h"

void th_encode_note(struct th_make *make, size_t offset, enum thumbs_format format, uint32_t sizes,
                    uint32_t width, uint32_t height)
{
    struct th_image_result *result = make->result;
    struct th_image_output *o = &result->outputs[result->n_outputs++];
    *o = (struct th_image_output){.offset = offset, .format = format, .sizes = sizes};
    o->len = make->sink->len - offset;
    o->width = width;
    o->height = height;
}

struct written {
    const struct th_pixels *pixels;
    const struct th_encoder *encoder;
};

static enum thumbs_code write_pixels(const void *picture, const struct th_encode_how *how,
                                     struct th_sink *sink, struct thumbs_error *err)
{
    const struct written *w = picture;
    return w->encoder->encode(w->pixels, how, sink, err);
}

static enum thumbs_code write_as(struct th_make *make, enum thumbs_format format, uint32_t sizes,
                                 const struct th_pixels *p, struct thumbs_error *err)
{
    const struct th_encoder *encoder = th_format(format)->encoder;
    size_t offset = make->sink->len;
    if (!encoder)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_ENCODE, "%s cannot be written",
                            thumbs_format_name(format));
    const struct written written = {.pixels = p, .encoder = encoder};
    th_metadata_set_sides(&make->kept, p->width, p->height);
    enum thumbs_code code = th_encode_fit(make, format, write_pixels, &written, err);
    if (code == THUMBS_OK) th_encode_note(make, offset, format, sizes, p->width, p->height);
    return code;
}

/* The animation that was made already, if there is one. */
static enum thumbs_code write_moving(struct th_make *make, enum thumbs_format format,
                                     uint32_t sizes, bool *moves, struct thumbs_error *err)
{
    uint32_t width, height;
    const size_t offset = make->sink->len;
    enum thumbs_code code = th_motion_write(make, format, sizes, &width, &height, err);
    *moves = width > 0;
    if (code == THUMBS_OK && *moves) th_encode_note(make, offset, format, sizes, width, height);
    return code;
}

/* One thumbnail as formats want it: each is made when first needed. */
struct versions {
    const struct th_pixels *as_is;
    struct th_pixels flat; /* without alpha */
    struct th_pixels srgb; /* without the profile that others keep */
};

/* NULL: no memory. */
static const struct th_pixels *version_for(const struct th_make *make, enum thumbs_format format,
                                           struct versions *v)
{
    const struct th_encoder *encoder = th_format(format)->encoder;
    const uint8_t *background = make->options->background;
    bool ok = true;
    if (encoder && make->kept.icc.len && !encoder->keeps_profile) {
        if (!v->srgb.data) ok = th_kept_in_srgb(make, v->as_is, &v->srgb);
        return ok ? &v->srgb : NULL;
    }
    if (!th_pixels_has_alpha(v->as_is) || (encoder && encoder->keeps_alpha)) return v->as_is;
    if (!v->flat.data) ok = th_pixels_flatten(v->as_is, background, &v->flat);
    return ok ? &v->flat : NULL;
}

/* One thumbnail in every format. source_alpha: what KEEP asks for. */
static enum thumbs_code write_all(struct th_make *make, uint32_t sizes, const struct th_pixels *p,
                                  bool source_alpha, struct thumbs_error *err)
{
    const struct thumbs_image_options *options = make->options;
    const enum thumbs_format source = (enum thumbs_format)make->result->source_format;
    enum thumbs_code code = THUMBS_OK;
    struct versions versions = {.as_is = p};
    for (uint32_t i = 0; i < options->n_formats && code == THUMBS_OK; i++) {
        enum thumbs_format wanted = (enum thumbs_format)options->formats[i];
        enum thumbs_format format = th_image_output_format(wanted, source, source_alpha);
        bool moves;
        code = write_moving(make, format, sizes, &moves, err);
        if (moves || code != THUMBS_OK) continue;
        const struct th_pixels *version = version_for(make, format, &versions);
        code = version ? write_as(make, format, sizes, version, err)
                       : th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                                      "no memory for a thumbnail");
    }
    th_pixels_finish(&versions.flat);
    th_pixels_finish(&versions.srgb);
    return code;
}

enum thumbs_code th_encode_placeholder(struct th_make *make, struct th_pixels *picture,
                                       unsigned orientation, struct thumbs_error *err)
{
    const bool made = th_pixels_orient(picture, orientation) && th_kept_to_srgb(make, picture) &&
                      th_placeholder_make(picture, &make->result->placeholder);
    th_pixels_finish(picture);
    return made ? THUMBS_OK
                : th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                               "no memory for its placeholder");
}

enum thumbs_code th_encode_outputs(struct th_make *make, struct th_pixels *pictures,
                                   const struct th_targets *targets, unsigned orientation,
                                   struct thumbs_error *err)
{
    const uint32_t n = th_targets_outputs(targets);
    enum thumbs_code code = THUMBS_OK;
    bool alpha = false;
    uint64_t start_ns = th_now_ns();
    for (uint32_t i = 0; i < n; i++)
        alpha = alpha || !th_pixels_is_opaque(&pictures[i]);
    for (uint32_t i = 0; i < n && code == THUMBS_OK; i++) {
        code = th_make_check_deadline(make, THUMBS_STAGE_ENCODE, err);
        if (code == THUMBS_OK)
            code =
                th_finish_picture(make, &targets->sizes[i], orientation, NULL, &pictures[i], err);
        if (code == THUMBS_OK)
            code = write_all(make, targets->stands_for[i], &pictures[i], alpha, err);
        th_pixels_finish(&pictures[i]);
    }
    if (code == THUMBS_OK && targets->placeholder)
        code = th_encode_placeholder(make, &pictures[n], orientation, err);
    make->result->encode_ns += th_now_ns() - start_ns;
    return code;
}

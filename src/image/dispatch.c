/* SPDX-License-Identifier: MIT */
#include "image/dispatch.h"

#include "base/error.h"
#include "base/sys.h"
#include "image/backend.h"
#include "image/formats.h"
#include "image/motion/motion_outputs.h"
#include "image/rowmake.h"

/* Nobody has taken it. */
static enum thumbs_code refuse(const struct th_make *make, struct thumbs_error *err)
{
    const struct th_format *format = th_format(make->format);
    if (!THUMBS_WITH_VIPS && make->format == THUMBS_FORMAT_JPEG && make->options->linear)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "light of a JPEG (--linear) is averaged through libvips, which is left "
                            "out of this build");
    if (format->vips_loader && !THUMBS_WITH_VIPS)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "it is damaged or of a rare kind; libvips, which might decode such a "
                            "%s, is left out of this build",
                            format->name);
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                        "no decoder of %s files is built in", format->name);
}

static bool has_another(const struct th_format *format, size_t i)
{
    return i + 1 < TH_FORMAT_MAX_DECODERS && format->decoders[i + 1];
}

/* Until one takes it. One that has seen that the file is broken knows better than nobody why it has
 * failed. */
static enum thumbs_code ask_decoders(struct th_make *make, struct thumbs_error *err)
{
    const struct th_format *format = th_format(make->format);
    struct thumbs_error broken = {0};
    for (size_t i = 0; i < TH_FORMAT_MAX_DECODERS && format->decoders[i]; i++) {
        const struct th_backend *b = format->decoders[i];
        struct thumbs_error why = {0};
        if (has_another(format, i) && th_fault(TH_FAULT_DECLINE)) continue;
        make->declined = false;
        enum thumbs_code code = b->rows ? th_rowmake(make, b->rows, &why) : b->make(make, &why);
        if (make->declined) {
            if (code == THUMBS_CORRUPT) broken = why;
            continue;
        }
        if (code != THUMBS_OK && err) *err = why;
        return code;
    }
    if (broken.code == THUMBS_OK) return refuse(make, err);
    if (err) *err = broken;
    return broken.code;
}

enum thumbs_code th_dispatch(struct th_make *make, struct thumbs_error *err)
{
    struct th_motion *motion = NULL;
    enum thumbs_code code = th_motion_make(make, &motion, err);
    make->motion = motion;
    if (code == THUMBS_OK) code = ask_decoders(make, err);
    make->motion = NULL;
    th_motion_destroy(motion);
    th_metadata_finish(&make->kept);
    return code;
}

enum thumbs_code th_dispatch_inner(const struct th_make *make, const struct th_inner *inner,
                                   struct thumbs_error *err)
{
    struct th_make own = *make;
    own.kept = (struct th_metadata){0};
    const size_t len_before = make->sink->len;
    if (inner->stands_for_all) own.whole = make;
    own.data = inner->data;
    own.len = inner->len;
    own.format = inner->format;
    own.orientation = inner->orientation;
    enum thumbs_code code = th_dispatch(&own, err);
    if (code != THUMBS_OK) {
        make->sink->len = len_before;
        make->result->n_outputs = 0;
    }
    return code;
}

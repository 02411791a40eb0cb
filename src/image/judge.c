/* SPDX-License-Identifier: MIT */
#include "image/judge.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "image/formats.h"

static const char *ending_of(const char *name)
{
    const char *dot = name ? strrchr(name, '.') : NULL;
    return dot && dot != name ? dot + 1 : "";
}

/* The ending in capitals, as people write it: "NEF". Endings that are known are short. */
static void copy_capitals(char to[8], const char *ext)
{
    size_t i = 0;
    for (; ext[i] && i < 7; i++)
        to[i] = (char)(ext[i] >= 'a' && ext[i] <= 'z' ? ext[i] - 'a' + 'A' : ext[i]);
    to[i] = '\0';
}

static enum thumbs_code refuse_raw(const char *kind, enum thumbs_stage stage,
                                   struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_UNSUPPORTED, stage, "a camera's raw file (%s) is not decoded",
                        kind);
}

static enum thumbs_code pass_over(const char *what, size_t len, enum thumbs_stage stage,
                                  struct thumbs_error *err)
{
    if (what) return th_error_set(err, THUMBS_NOT_IMAGE, stage, "is %s", what);
    return th_error_set(err, THUMBS_NOT_IMAGE, stage, len == 0 ? "is empty" : "is not an image");
}

/* What libvips alone reads, in a build without it. */
static bool is_left_out(const struct th_format *f)
{
    return f->vips_loader && !f->decoders[0];
}

enum thumbs_code th_image_judge(const char *name, const uint8_t *data, size_t len,
                                enum thumbs_stage stage, struct thumbs_error *err)
{
    const enum thumbs_format format = th_image_sniff(data, len);
    const char *raw = th_raw_name(data, len);
    if (format == THUMBS_FORMAT_TIFF && !raw) {
        char kind[8];
        const char *ext = ending_of(name);
        raw = th_raw_in_tiff(data, len);
        copy_capitals(kind, ext);
        if (!raw && th_raw_ending(ext, strlen(ext))) return refuse_raw(kind, stage, err);
    }
    if (raw) return refuse_raw(raw, stage, err);
    const char *what = th_foreign_name(format, data, len);
    if (what || format == THUMBS_FORMAT_NONE) return pass_over(what, len, stage, err);
    if (is_left_out(th_format(format)))
        return th_error_set(err, THUMBS_UNSUPPORTED, stage,
                            "%s is decoded by libvips, which this build leaves out",
                            th_format(format)->name);
    return THUMBS_OK;
}

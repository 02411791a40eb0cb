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

static enum thumbs_code pass_over(enum thumbs_format format, const char *what, size_t len,
                                  enum thumbs_stage stage, struct thumbs_error *err)
{
    if (what && th_format(format)->untrusted && th_format(format)->decoders[0])
        return th_error_set(err, THUMBS_NOT_IMAGE, stage,
                            "is %s, which is only taken with --allow-untrusted", what);
    if (what) return th_error_set(err, THUMBS_NOT_IMAGE, stage, "is %s", what);
    return th_error_set(err, THUMBS_NOT_IMAGE, stage, len == 0 ? "is empty" : "is not an image");
}

/* Which library would decode it, in a build that leaves that out; else NULL. Before a file is read,
 * a TIFF may still be a camera's raw file, whose directories lie behind its first bytes. */
static const char *library_left_out(enum thumbs_format format, enum thumbs_stage stage)
{
    const struct th_format *f = th_format(format);
    const bool may_be_raw = format == THUMBS_FORMAT_TIFF && stage == THUMBS_STAGE_LOAD;
    if (may_be_raw && th_format(THUMBS_FORMAT_RAW)->decoders[0]) return NULL;
    if (f->decoders[0]) return NULL;
    return format == THUMBS_FORMAT_RAW ? "LibRaw" : f->vips_loader ? "libvips" : NULL;
}

bool th_image_is_admitted(const struct thumbs_image_options *options, enum thumbs_format format)
{
    return options->allow_untrusted && th_format(format)->untrusted;
}

enum thumbs_code th_image_judge(const struct thumbs_image_options *options, const uint8_t *data,
                                size_t len, enum thumbs_stage stage, struct thumbs_error *err)
{
    const enum thumbs_format format = th_image_format_of(data, len);
    const char *what = th_foreign_name(format, data, len),
               *library = library_left_out(format, stage);
    if (th_image_is_admitted(options, format)) what = NULL;
    if (what || format == THUMBS_FORMAT_NONE) return pass_over(format, what, len, stage, err);
    if (!library) return THUMBS_OK;
    return th_error_set(err, THUMBS_UNSUPPORTED, stage,
                        "%s is decoded by %s, which this build leaves out", th_format(format)->name,
                        library);
}

enum thumbs_code th_image_judge_name(const char *name, const uint8_t *data, size_t len,
                                     enum thumbs_stage stage, struct thumbs_error *err)
{
    char kind[8];
    const char *ext = ending_of(name);
    if (th_image_format_by_ext(ext, strlen(ext)) != THUMBS_FORMAT_RAW ||
        th_image_format_of(data, len) != THUMBS_FORMAT_TIFF)
        return THUMBS_OK;
    copy_capitals(kind, ext);
    return th_error_set(err, THUMBS_UNSUPPORTED, stage,
                        "named like a camera raw file (%s), but is a TIFF without raw data", kind);
}

/* SPDX-License-Identifier: MIT */
#include "naming/promise.h"

#include <string.h>

#include "image/formats.h"
#include "image/judge.h"

const char *th_promise_ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}

enum thumbs_format th_promise_format(const char *name)
{
    const char *ending = th_promise_ending(name);
    return th_image_format_by_ext(ending, strlen(ending));
}

bool th_promise_is_withheld(const struct thumbs_image_options *image, const char *name)
{
    const enum thumbs_format format = th_promise_format(name);
    return th_format(format)->untrusted && !th_image_is_admitted(image, format);
}

bool th_promise_is_image(const struct thumbs_image_options *image, const char *name)
{
    const char *ending = th_promise_ending(name);
    const enum thumbs_format format = th_promise_format(name);
    if (th_foreign_ending(ending, strlen(ending))) return th_image_is_admitted(image, format);
    return format != THUMBS_FORMAT_NONE;
}

unsigned th_promise_class(const struct thumbs_image_options *image, const char *name)
{
    if (image->n_formats != 1 || image->formats[0] != THUMBS_FORMAT_KEEP) return 0;
    return (unsigned)th_image_output_format(THUMBS_FORMAT_KEEP, th_promise_format(name), false);
}

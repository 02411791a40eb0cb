/* SPDX-License-Identifier: MIT */
#include "naming/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/sys.h"
#include "image/formats.h"
#include "naming/fold.h"
#include "naming/promise.h"
#include "naming/siblings.h"
#include "naming/template.h"

uint32_t th_outputs_count(const struct th_naming *naming)
{
    return naming->image->n_sizes * naming->image->n_formats;
}

/* Written out, so that all machines agree. */
static uint64_t hash_of(const struct th_naming *naming, const struct th_naming_source *source,
                        const struct th_image_output *output)
{
    char text[80];
    int len =
        snprintf(text, sizeof text, "%016llx %016llx %u %u", (unsigned long long)source->content,
                 (unsigned long long)naming->recipe, th_image_output_size(output), output->format);
    return th_hash64(text, (size_t)len, 0);
}

static char *expand(const struct th_naming *naming, const struct th_naming_source *source,
                    bool keep_extension, const struct th_image_output *output)
{
    struct th_name_parts parts = {.dir = source->dir,
                                  .name = source->name,
                                  .hash = hash_of(naming, source, output),
                                  .keep_extension = keep_extension,
                                  .size = &naming->image->sizes[th_image_output_size(output)],
                                  .width = output->width,
                                  .height = output->height,
                                  .format = (enum thumbs_format)output->format};
    return th_template_expand(naming->template, &parts);
}

/* ---- before decoding ---- */

struct th_image_output th_outputs_predict(const struct th_naming *naming, const char *name,
                                          uint32_t i)
{
    const struct thumbs_image_options *image = naming->image;
    enum thumbs_format wanted = (enum thumbs_format)image->formats[i % image->n_formats];
    return (struct th_image_output){
        .sizes = UINT32_C(1) << i / image->n_formats,
        .format = th_image_output_format(wanted, th_promise_format(name), false)};
}

char *th_outputs_predict_path(const struct th_naming *naming, const struct th_naming_source *source,
                              uint32_t i)
{
    struct th_image_output output = th_outputs_predict(naming, source->name, i);
    return expand(naming, source, source->keep_extension, &output);
}

bool th_outputs_predict_hash(const struct th_naming *naming, const struct th_naming_source *source,
                             uint32_t i, uint64_t *out)
{
    char *path = th_outputs_predict_path(naming, source, i);
    struct th_bytes folded = {0};
    if (path) th_fold_path(&folded, path, naming->fold);
    bool ok = path && !th_bytes_failed(&folded);
    if (ok) *out = th_hash64(th_bytes_str(&folded), folded.len, 1);
    th_bytes_finish(&folded);
    free(path);
    return ok;
}

static bool keeps_format(const struct thumbs_image_options *image)
{
    for (uint32_t i = 0; i < image->n_formats; i++) {
        if (image->formats[i] == THUMBS_FORMAT_KEEP) return true;
    }
    return false;
}

bool th_outputs_tell_content(const struct th_naming *naming)
{
    return th_template_hash_digits(naming->template) > 0;
}

/* May outputs be named otherwise than predicted? */
static bool need_content(const struct th_naming *naming)
{
    const struct th_naming_source source = {.dir = "", .name = "a"};
    struct th_image_output output = {.format = THUMBS_FORMAT_JPEG, .sizes = 1};
    if (keeps_format(naming->image) || th_outputs_tell_content(naming)) return true;
    char *narrow = expand(naming, &source, false, &output);
    output.width = output.height = 1;
    char *wide = expand(naming, &source, false, &output);
    bool differ = !narrow || !wide || strcmp(narrow, wide) != 0;
    free(narrow);
    free(wide);
    return differ;
}

enum th_apart th_outputs_apart(const struct th_naming *naming)
{
    if (th_template_is_injective(naming->template))
        return naming->fold ? TH_APART_IF_CLAIMED : TH_APART_BY_NAME;
    if (th_template_hash_digits(naming->template) == TH_HASH_DIGITS) return TH_APART_BY_CONTENT;
    return need_content(naming) ? TH_APART_IF_CLAIMED : TH_APART_IF_COMPARED;
}

/* The last part of the path if its folder is `dir`, else NULL. */
static const char *last_part_in(const char *path, const char *dir)
{
    size_t len = strlen(dir);
    if (len == 0) return strchr(path, '/') ? NULL : path;
    if (strncmp(path, dir, len) != 0 || path[len] != '/') return NULL;
    return strchr(path + len + 1, '/') ? NULL : path + len + 1;
}

bool th_outputs_meet_folder(const struct th_naming *naming, const struct th_naming_source *source)
{
    bool found = false;
    if (th_outputs_tell_content(naming)) return false;
    for (uint32_t i = 0; i < th_outputs_count(naming) && !found; i++) {
        char *path = th_outputs_predict_path(naming, source, i);
        const char *last = path ? last_part_in(path, source->dir) : NULL;
        found = last && strcmp(last, source->name) != 0 &&
                naming->look(source->folder, last) == TH_BESIDE_FOLDER;
        free(path);
    }
    return found;
}

/* ---- after decoding ---- */

bool th_outputs_keep_extension(const struct th_naming *naming,
                               const struct th_naming_source *source,
                               const struct th_image_result *result)
{
    if (source->keep_extension) return true;
    if (th_template_tells_name(naming->template)) return false;
    for (uint32_t i = 0; i < result->n_outputs; i++) {
        if (result->outputs[i].format != th_outputs_predict(naming, source->name, i).format)
            return true;
    }
    return false;
}

/* Is the name of an output another file's? A whole name is this source's alone unless a sibling is
 * called just like the output: then that one has it. */
static bool is_siblings_name(const struct th_naming *naming, const struct th_naming_source *source,
                             bool keep_extension, enum thumbs_format format)
{
    if (source->keep_extension || th_template_tells_name(naming->template) ||
        th_template_hash_digits(naming->template) == TH_HASH_DIGITS)
        return false;
    if (keep_extension) return th_siblings_take(naming, source, format);
    return keeps_format(naming->image) && th_siblings_need(naming, source, format);
}

enum thumbs_code th_outputs_path(const struct th_naming *naming,
                                 const struct th_naming_source *source, bool keep_extension,
                                 const struct th_image_output *output, char **path,
                                 struct thumbs_error *err)
{
    if (is_siblings_name(naming, source, keep_extension, (enum thumbs_format)output->format))
        return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE,
                            "another file has the name of its output");
    *path = expand(naming, source, keep_extension, output);
    if (!*path) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE, "no memory for a name");
    return THUMBS_OK;
}

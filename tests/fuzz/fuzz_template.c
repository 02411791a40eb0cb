/* SPDX-License-Identifier: MIT */
/*
 * Names of outputs: any template, any source name. What comes out is a plain relative path that
 * cannot leave DEST or touch the state kept there, no part of it is too long, and a template that
 * is said to keep sources apart does so.
 */
#include <limits.h>

#include "fuzz.h"
#include "naming/safe_path.h"
#include "naming/template.h"

static bool begins_with(const char *text, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static void check_path(const char *path)
{
    fuzz_check(path[0]);
    for (const char *part = path;;) {
        size_t len = strcspn(part, "/");
        fuzz_check(len >= 1 && len <= NAME_MAX);
        fuzz_check(!(len == 1 && part[0] == '.') &&
                   !(len == 2 && part[0] == '.' && part[1] == '.'));
        fuzz_check(!begins_with(part, len, TH_TEMP_PREFIX));
        if (part == path)
            fuzz_check(!(len == strlen(TH_STATE_DIR) && begins_with(part, len, TH_STATE_DIR)));
        if (!part[len]) return;
        part += len + 1;
    }
}

/* A folder as the walk gives it: parts that are names. */
static bool is_folder_path(const char *dir)
{
    if (!*dir) return true;
    for (const char *part = dir;; part++) {
        size_t len = strcspn(part, "/");
        if (len == 0 || len > NAME_MAX || (len == 1 && part[0] == '.') ||
            (len == 2 && !memcmp(part, "..", 2)))
            return false;
        part += len;
        if (!*part) return true;
    }
}

static bool is_name(const char *name)
{
    return *name && !strchr(name, '/') && strlen(name) <= NAME_MAX && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* The stem, as the header has it: all but an ending, and a dot at the front begins no ending. */
static size_t stem_len(const char *name, bool whole)
{
    const char *dot = whole ? NULL : strrchr(name, '.');
    return dot && dot != name ? (size_t)(dot - name) : strlen(name);
}

struct source {
    char *dir, *name;
};

static char *expand(const struct th_template *t, const struct source *source,
                    const struct th_name_parts *how)
{
    struct th_name_parts parts = *how;
    parts.dir = source->dir;
    parts.name = source->name;
    char *path = th_template_expand(t, &parts), *again = th_template_expand(t, &parts);
    fuzz_check(path && again && strcmp(path, again) == 0);
    free(again);
    return path;
}

static void check_sources(const struct th_template *t, const struct source sources[2],
                          struct fuzz_input *in)
{
    struct thumbs_size size = {.width = (uint32_t)fuzz_number(in, 2),
                               .height = (uint32_t)fuzz_number(in, 2)};
    if (!size.width && !size.height) size.width = 1;
    size.square = size.width == size.height;
    struct th_name_parts how[2];
    char *paths[2];
    for (int i = 0; i < 2; i++) {
        how[i] =
            (struct th_name_parts){.keep_extension = fuzz_u8(in) & 1,
                                   .size = &size,
                                   .width = 1 + (uint32_t)fuzz_number(in, 2),
                                   .height = 1 + (uint32_t)fuzz_number(in, 2),
                                   .format = (enum thumbs_format)(fuzz_u8(in) % THUMBS_N_FORMATS)};
        paths[i] = expand(t, &sources[i], &how[i]);
        check_path(paths[i]);
    }
    /* Sources of different folders are promised to stay apart, and those of one folder unless their
     * stems are equal. */
    size_t stems[2] = {stem_len(sources[0].name, how[0].keep_extension),
                       stem_len(sources[1].name, how[1].keep_extension)};
    bool same_dir = strcmp(sources[0].dir, sources[1].dir) == 0;
    bool same_stem =
        stems[0] == stems[1] && memcmp(sources[0].name, sources[1].name, stems[0]) == 0;
    if (th_template_is_injective(t) && !(same_dir && same_stem))
        fuzz_check(strcmp(paths[0], paths[1]) != 0);
    free(paths[0]);
    free(paths[1]);
}

/* Any bytes as a path: two raw paths without needless slashes stay different. */
static void check_clean(const char *a, const char *b)
{
    struct th_bytes cleaned[2] = {{0}};
    bool is_path = is_folder_path(a) && *a && is_folder_path(b) && *b;
    th_safe_path_add(&cleaned[0], a, strlen(a), true);
    th_safe_path_add(&cleaned[1], b, strlen(b), true);
    if (cleaned[0].len) check_path(th_bytes_str(&cleaned[0]));
    if (is_path && strcmp(a, b) != 0)
        fuzz_check(strcmp(th_bytes_str(&cleaned[0]), th_bytes_str(&cleaned[1])) != 0);
    th_bytes_finish(&cleaned[0]);
    th_bytes_finish(&cleaned[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    uint8_t how = fuzz_u8(&in);
    char *text = fuzz_string(&in, 600);
    struct source sources[2];
    for (int i = 0; i < 2; i++) {
        sources[i].dir = fuzz_string(&in, 700);
        sources[i].name = fuzz_string(&in, 300);
    }
    struct thumbs_image_options options = {.n_sizes = 1 + (how & 1),
                                           .n_formats = 1 + (how >> 1 & 1)};
    struct th_template *t = NULL;
    struct thumbs_error error = {0};
    enum thumbs_code code = th_template_create(how & 4 ? NULL : text, &options, &t, &error);
    if (code == THUMBS_OK) {
        bool fine = is_folder_path(sources[0].dir) && is_folder_path(sources[1].dir) &&
                    is_name(sources[0].name) && is_name(sources[1].name);
        if (fine) check_sources(t, sources, &in);
        th_template_destroy(t);
    } else {
        fuzz_check(code == THUMBS_USAGE && !t && error.code == code && error.message[0]);
        fuzz_check(!strpbrk(error.message, "\n\r"));
    }
    check_clean(sources[0].dir, sources[1].dir);
    free(text);
    for (int i = 0; i < 2; i++) {
        free(sources[i].dir);
        free(sources[i].name);
    }
    return 0;
}

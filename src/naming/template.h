/* SPDX-License-Identifier: MIT */
/*
 * template.h - a name template ("{dir}/{stem}.{ext}") to the path of an output below DEST, which
 * can never leave DEST nor touch what thumbs keeps there.
 *
 * A template is constant once it is made, so any thread may use it.
 */
#ifndef TH_NAMING_TEMPLATE_H
#define TH_NAMING_TEMPLATE_H

#include <stdbool.h>

#include "thumbs/thumbs.h"

struct th_template;
/* Parse "{dir}/{stem}.{ext}" and the like; NULL text: the default for these options. USAGE: unknown
 * or unclosed {name}, a ".." part, an absolute path, empty, or names that could not be told apart:
 * several sizes without {size}, {width} or {height}, several formats without {ext} or {format}.
 * "{{" and "}}" are literal braces. */
enum thumbs_code th_template_create(const char *text, const struct thumbs_image_options *options,
                                    struct th_template **out, struct thumbs_error *err);
void th_template_destroy(struct th_template *t);
/* True if two sources of different folders, or of one folder but for keep_extension, can never get
 * the same output. */
bool th_template_is_injective(const struct th_template *t);
/* The most digits of {hash} that it has in one place, TH_HASH_DIGITS being all; 0: none. */
unsigned th_template_hash_digits(const struct th_template *t);
/* True if sources of one folder are told apart by {name}, so that {stem} need never be whole. */
bool th_template_tells_name(const struct th_template *t);

#define TH_HASH_DIGITS 16u

/* What fills a template. */
struct th_name_parts {
    const char *dir;     /* path of the folder below SOURCE, "" at the top */
    const char *name;    /* last name part of the source */
    uint64_t hash;       /* {hash} */
    bool keep_extension; /* {stem} is the whole name, ending included */
    const struct thumbs_size *size;
    uint32_t width, height;
    enum thumbs_format format;
};
/* The output path below DEST: newly allocated, caller frees; NULL on no memory. A last part over
 * 255 bytes is cut and gets "~" and 16 hex digits of a hash of the whole name before its ending, so
 * it stays unique. {hash:N} is the first N of 16 hex digits. The stem of ".bashrc" is ".bashrc";
 * parts are made safe as in safe_path.h. */
char *th_template_expand(const struct th_template *t, const struct th_name_parts *parts);

#endif

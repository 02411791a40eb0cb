/* SPDX-License-Identifier: MIT */
/*
 * naming.h - what a source's outputs are named by: the rules of a run, and the source.
 *
 *   promise.h      what the name of a file says of its content
 *   template.h     the path of one output
 *   outputs.h      the paths of all outputs of a source, before and after it is decoded
 *   siblings.h     who else in a folder leads to a name, where content is not what names promise
 *   clashes.h      names that several sources want, found before the run
 *   claims.h       names that a run has given out
 *   fold.h         names that are one to a file system
 *
 * The room asks the table of formats, since the ending of an output is its format's. It opens
 * nothing by itself: whoever names a source shows it the folder around that.
 */
#ifndef TH_NAMING_NAMING_H
#define TH_NAMING_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

/* What a name in a folder is; a symbolic link counts as a file. */
enum th_beside { TH_BESIDE_NOTHING, TH_BESIDE_FILE, TH_BESIDE_FOLDER };

/* The same for all sources of a run; constant. */
struct th_naming {
    const struct th_template *template;
    const struct thumbs_image_options *image;
    unsigned fold;   /* what DEST takes for one name: bits of fold.h */
    uint64_t recipe; /* a hash of all options that matter to the bytes of outputs */
    /* What lies in the folder of a source. Any thread. */
    enum th_beside (*look)(void *folder, const char *name);
    /* The first bytes of a file, at most `most`: how many; 0 if it cannot be read. A link only with
     * `follow`. Any thread. */
    size_t (*peek)(void *folder, const char *name, bool follow, uint8_t *first, size_t most);
};

/* One source. Everything is borrowed. */
struct th_naming_source {
    const char *dir;     /* path of its folder below SOURCE, "" at the top */
    const char *name;    /* last part of its path */
    uint64_t content;    /* th_content_hash() of its bytes; 0: not known yet */
    bool keep_extension; /* its outputs bear its whole name, ending included */
    bool follow;         /* links beside it count as what they lead to */
    void *folder;        /* for th_naming.look and .peek */
};

#endif

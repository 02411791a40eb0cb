/* SPDX-License-Identifier: MIT */
/*
 * selection.h - what a name in the last folder of the stack is, and what is kept out of the walk:
 * by rules, as DEST, as thumbs' own, on another file system.
 *
 * Nothing is owned but the rules. One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_SELECTION_H
#define TH_WALK_SELECTION_H

#include <stdbool.h>
#include <sys/stat.h>

#include "thumbs/thumbs.h"
#include "walk/names.h"
#include "walk/rules.h"
#include "walk/stack.h"
#include "walk/walk_options.h"

struct th_selection {
    const struct th_walk_options *options; /* borrowed */
    struct th_stack *stack;                /* borrowed; its path is changed, but only meanwhile */
    struct th_rules *rules;
};

/* The codes of th_rules_create(); on failure there is nothing to finish, but it may be. */
enum thumbs_code th_selection_init(struct th_selection *selection,
                                   const struct th_walk_options *options, struct th_stack *stack,
                                   struct thumbs_error *err);
void th_selection_finish(struct th_selection *selection); /* zeroed is fine */

/* Why is a name left out? */
enum th_left_out {
    TH_LEFT_OUT_NOT,
    TH_LEFT_OUT_BY_GLOB,   /* of the options */
    TH_LEFT_OUT_AS_LITTER, /* see litter.h */
    TH_LEFT_OUT_BY_FILE,   /* .thumbsignore of a folder on the way */
    TH_LEFT_OUT_NO_MEDIA   /* .nomedia in a folder on the way */
};
/* One clause. */
const char *th_left_out_reason(enum th_left_out why);

/* Does a rule leave out this name of the last frame (or, without a frame, of a SOURCE)? */
enum th_left_out th_selection_leaves_out(const struct th_selection *selection, const char *name,
                                         bool folder);
/* What a name in the last frame's folder is; type as in struct dirent, DT_UNKNOWN will do. False:
 * it is to be passed over in silence. */
bool th_selection_classify(const struct th_selection *selection, const char *name,
                           unsigned char type, enum th_name_kind *kind);
/* Is a name of this kind to be reported if it is skipped, where the user named it? What rules keep
 * out is kept out as wanted. */
bool th_selection_reports(enum th_name_kind kind);

/* Is this folder the one to be skipped (DEST)? */
bool th_selection_is_dest(const struct th_selection *selection, const struct stat *st);
/* Does it lie in DEST, or is it that? */
bool th_selection_lies_in_dest(const struct th_selection *selection, int fd);
/* Is this open folder the DEST of a run, whichever? It holds .thumbs. */
bool th_selection_is_dest_of_a_run(int fd);
/* Does this open folder say that it, and what is below it, holds nothing to be shown? So Android
 * and its galleries have it: a file of the name .nomedia, whatever is in it. */
bool th_selection_has_nomedia(int fd);
/* Does --one-file-system keep it out? */
bool th_selection_is_elsewhere(const struct th_selection *selection, const struct stat *st);
/* Is one of the parts of a path below SOURCE thumbs' own? */
bool th_selection_leads_into_own(const char *folder);
/* The answer of th_selection_leaves_out() about a folder by its whole path below SOURCE, as far as
 * the .thumbsignore files that hold now tell. The path is changed only meanwhile. */
enum th_left_out th_selection_leaves_out_folder(const struct th_selection *selection, char *path);

#endif

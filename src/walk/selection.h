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

/* Does a rule leave out this name of the last frame (or, without a frame, of a SOURCE)? */
bool th_selection_excludes(const struct th_selection *selection, const char *name, bool folder);
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
/* Does --one-file-system keep it out? */
bool th_selection_is_elsewhere(const struct th_selection *selection, const struct stat *st);
/* Does its way keep a name out, before anything is opened? A folder above it is left out, or is
 * thumbs' own. One clause, or NULL. `folder` is changed only meanwhile. */
const char *th_selection_keeps_out(const struct th_selection *selection, char *folder);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * tree.h - the walk itself: the files of a folder, then its subfolders, each of them likewise.
 *
 *     th_tree_begin(tree, fd, &st);           a folder, whose path is pushed
 *     while (stack.n && !th_tree_step(tree, entry))
 *         ;                                   until there is an entry, or nothing is left
 *
 * One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_TREE_H
#define TH_WALK_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "walk/emit.h"
#include "walk/folder.h"
#include "walk/selection.h"
#include "walk/stack.h"
#include "walk/walk_options.h"

/* What the steps of a walk work on. All borrowed. */
struct th_tree {
    const struct th_walk_options *options;
    struct th_stack *stack;
    struct th_emit *emit;
    const struct th_selection *selection;
    struct th_folder *folder;
};

/* Begin a folder, whose path the stack's is: read its .thumbsignore, then its names. Owns fd from
 * now on. MEMORY; UNREADABLE: see th_ignores_enter(); then fd is still the caller's. */
enum thumbs_code th_tree_begin(struct th_tree *tree, int fd, const struct stat *st,
                               struct thumbs_error *err);
/* Each step makes an entry (true), or brings the walk forward without one. */
bool th_tree_step(struct th_tree *tree, struct th_walk_entry *entry);
/* Begin a subfolder of the last one, or make an entry (true) that says why not. DEST is passed over
 * in silence. */
bool th_tree_enter(struct th_tree *tree, struct th_walk_entry *entry, const char *name);

/* Make an entry of a name of the last frame's folder that a rule leaves out. */
void th_tree_emit_left_out(struct th_tree *tree, struct th_walk_entry *entry, const char *name,
                           enum th_left_out why);

/* A folder is opened or read from now on: see th_walk_options.on_folder. */
void th_tree_announce(const struct th_tree *tree, const char *parent, const char *name);

#endif

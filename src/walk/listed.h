/* SPDX-License-Identifier: MIT */
/*
 * listed.h - the walk of what a list names below SOURCE (--files-from).
 *
 *     th_listed_open(listed, &tree, err);
 *     SOURCE is pushed as a frame that is `listing`
 *     while (stack.n) th_listed_step() where the last frame is `listing`, else th_tree_step()
 *     th_listed_close(listed);
 *
 * At the bottom of the stack lies SOURCE, on it at most one folder that listed names lie in, and on
 * that what is walked because the list names a folder.
 *
 * One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_LISTED_H
#define TH_WALK_LISTED_H

#include <stdbool.h>
#include <stdint.h>

#include "thumbs/thumbs.h"
#include "walk/list.h"
#include "walk/tree.h"

struct th_listed {
    struct th_tree *tree; /* borrowed */
    struct th_list *list;
    uint64_t
        *walked; /* hashes of listed folders that have been walked, forgetful; or NULL; owned */
    uint64_t n_left_out; /* listed names that a rule of files, or litter, leaves out */
    bool has_names;      /* the folder's names are those of the last frame, a listed one */
};

/* Open options->list. The codes of th_list_open(); on failure there is nothing to close, but it may
 * be. */
enum thumbs_code th_listed_open(struct th_listed *listed, struct th_tree *tree,
                                struct thumbs_error *err);
void th_listed_close(struct th_listed *listed); /* zeroed is fine */

/* Take one name: make an entry (true), or bring the walk forward without one. The stack is empty
 * when the list is at its end. */
bool th_listed_step(struct th_listed *listed, struct th_walk_entry *entry);

#endif

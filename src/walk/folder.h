/* SPDX-License-Identifier: MIT */
/*
 * folder.h - the names of the last folder of the stack, read in parts.
 *
 *     th_folder_begin(folder);                     the first part, from the start
 *     folder->names, folder->i_name                its files are handed out from there
 *     while (th_folder_has_more_files(folder)) th_folder_read_next(folder);
 *     th_folder_keep_subfolders(folder);           before the arena serves one of those
 *
 * In parts means: while the names fit the arena, a folder is read once and parts cost nothing. A
 * name takes six bytes on top of its length, so the 8 MB that are usual hold 440,000 names of
 * thirteen bytes. From there on the folder is read again for each three quarters of an arena, and
 * time is paid for memory: a million such names took 9.5 MB and 1.3 s of CPU in parts, 19 MB and
 * 0.5 s in one.
 *
 * Only the last folder of the stack can be among its files, so the files need one arena, used again
 * for every folder. Errors do not end anything: what could not be read is missing, and `failure`
 * says so, to be handed out as an entry of its own.
 *
 * One owner, not thread-safe. Inner to the walk room.
 */
#ifndef TH_WALK_FOLDER_H
#define TH_WALK_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "thumbs/thumbs.h"
#include "walk/names.h"
#include "walk/selection.h"
#include "walk/stack.h"
#include "walk/walk_options.h"

struct th_folder {
    const struct th_walk_options *options; /* borrowed, as the next two */
    struct th_stack *stack;
    const struct th_selection *selection;

    struct th_names names;      /* of the part, sorted */
    size_t i_name;              /* the next to be handed out */
    struct th_cut lower, upper; /* which part it is */

    struct th_naming_edge *learning; /* of one of them, while the folder is read for it */
    char *read_buf;                  /* owned */
    struct thumbs_error failure; /* of the last frame, if code is not 0: to be handed out next */
};

/* The arena has options->names_bytes. False: no memory; there is nothing to finish, but it may
 * be. */
bool th_folder_init(struct th_folder *folder, const struct th_walk_options *options,
                    struct th_stack *stack, const struct th_selection *selection);
void th_folder_finish(struct th_folder *folder); /* zeroed is fine */

void th_folder_begin(struct th_folder *folder);     /* read the first part of the last frame */
void th_folder_read_next(struct th_folder *folder); /* the part behind the upper cut */
/* The part that begins with the file of this name, which need not be there; NULL: the first. */
void th_folder_read_from_file(struct th_folder *folder, const char *name);
/* The part that begins with subfolders, at the frame's `resume`. */
void th_folder_read_from_resume(struct th_folder *folder);
/* Copy the subfolders of this part into the frame, since the arena is about to serve them. Only a
 * share of the arena's size: each level down to where the walk is keeps such a copy. Where it ends,
 * `resume` says how to go on. */
void th_folder_keep_subfolders(struct th_folder *folder);

/* Does the part hold this place in the order, whether or not there is such a name? */
bool th_folder_covers(const struct th_folder *folder, bool is_folder, const char *name);
bool th_folder_is_whole(const struct th_folder *folder);       /* the part is all there is */
bool th_folder_has_more_files(const struct th_folder *folder); /* or may have, in the next part */
/* Right after the first part was read: are there subfolders, or may there be? */
bool th_folder_has_subfolders(const struct th_folder *folder);

/* The rule for the output names of these files; borrowed until the next part is read. */
struct th_naming_rule th_folder_rule(struct th_folder *folder);

#endif

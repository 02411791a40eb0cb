/* SPDX-License-Identifier: MIT */
/*
 * walk.h - sources on the command line to a stream of candidate files. Knows nothing of images.
 *
 *     struct th_walk_options options = {.sources = ..., .n_sources = ...};
 *     struct th_walk_entry entry = {0};
 *     th_walk_create(&options, &walk, err);
 *     while (th_walk_next(walk, &entry)) {
 *         ...                               entry.dir and entry.name say what was found
 *         th_walk_entry_finish(&entry);     or keep the entry: it outlives the walk
 *     }
 *     th_walk_remarks(walk, on_remark, user);
 *     th_walk_destroy(walk);
 *
 * th_walk_next() reads one folder at a time, so memory holds the names of the folder being read and
 * of the subfolders still to visit on the way down to it, however large the tree. Both are bounded
 * (names_bytes): a folder with more names is read several times, each time for the next part of
 * them in order.
 *
 * Order: SOURCE files first, sorted by the bytes of their names, then SOURCE folders as given.
 * Within a folder files (and whatever else is no folder) come sorted by their bytes, then its
 * subfolders, sorted likewise.
 *
 * With a list (options.list) SOURCE is not walked: what the list names below it is handed out, in
 * the order of list.h, and folders that it names are walked. The output of a name handed out keeps
 * its extension just as it would in a walk of all of SOURCE: that is a matter of what its folder
 * holds, not of what is listed.
 *
 * Everything is relative to open folders (openat), so paths have no length limit and a folder
 * renamed in mid-walk does no harm. However deep the tree, the walk keeps few folders open: the
 * last 32 on the way down and the SOURCE. Others are opened again on the way back, and are only
 * gone on with if they are the same folder.
 *
 * One thread calls th_walk_next(); th_dir reference counts may be dropped from any thread.
 */
#ifndef TH_WALK_WALK_H
#define TH_WALK_WALK_H

#include "thumbs/thumbs.h"
#include "walk/dir.h"
#include "walk/entry.h"
#include "walk/walk_options.h"

struct th_walk;

/* Check the sources. USAGE: two sources with equal last name parts, a SOURCE folder that is the one
 * to be skipped, a malformed glob. A source that does not exist or cannot be opened is UNREADABLE
 * or VANISHED here, with its path in the message. MEMORY. A SOURCE that is a symbolic link is
 * followed, with or without `follow`. On failure *out stays as it was. */
enum thumbs_code th_walk_create(const struct th_walk_options *options, struct th_walk **out,
                                struct thumbs_error *err);
/* The next entry: true and *entry (owned by the caller), or false at the end. Out of memory for a
 * folder or a name: a FAILED entry for that folder, code MEMORY; if there is none to go on with at
 * all, its message says that the walk ends there. */
bool th_walk_next(struct th_walk *walk, struct th_walk_entry *entry);
/* Open (O_PATH) a folder below the SOURCEs by its path as th_dir.path has it, now: the walk need
 * not have come to it. -1 with errno: ENOENT or ENOTDIR: it is not there, though its SOURCE is;
 * EXDEV: it lies in none of these SOURCE folders; else it is not known what is there. */
int th_walk_open_folder(const struct th_walk *walk, const char *dir);
void th_walk_destroy(struct th_walk *walk); /* NULL is fine */

/* What came to light on the way, when it is over: one clause each, as that a glob has matched
 * nothing. */
void th_walk_remarks(const struct th_walk *walk, void (*on_remark)(void *user, const char *text),
                     void *user);

/* May th_walk_next() have to wait for more of this list? (It is a pipe, a terminal, ...) */
bool th_walk_list_may_wait(const char *list);

#endif

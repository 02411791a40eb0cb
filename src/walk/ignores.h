/* SPDX-License-Identifier: MIT */
/*
 * ignores.h - the .thumbsignore files that hold where the walk is: those of the folders from SOURCE
 * down to it. Inner to the walk room.
 *
 *     th_ignores_enter(&ignores, fd, path_len, follow, err);    each folder on the way down
 *     th_ignores_leave_out(&ignores, path, folder);             what is in it
 *     th_ignores_truncate(&ignores, n);                         on the way up
 *
 * The file that lies deepest and has a rule about a path decides. What is above SOURCE is not read.
 *
 * A file holds at most 64 KiB, and all of them together 1 MiB: a tree of strangers cannot make the
 * walk hold much memory, nor ask a million rules about each name.
 *
 * One owner, not thread-safe.
 */
#ifndef TH_WALK_IGNORES_H
#define TH_WALK_IGNORES_H

#include <stdbool.h>
#include <stddef.h>

#include "thumbs/thumbs.h"
#include "walk/ignore_file.h"

#define TH_IGNORE_FILE_NAME ".thumbsignore"

struct th_ignores_level {
    struct th_ignore_file *file;
    size_t path_len; /* of its folder's path, which is how all below it begin */
    size_t bytes;
};

struct th_ignores {
    struct th_ignores_level *levels;
    size_t n, cap;
    size_t bytes; /* of all the files */
};

/* Read the file of the open folder fd, whose path has path_len bytes; where there is none nothing
 * changes. UNREADABLE: it is no regular file (a link only with `follow`), too large, or cannot be
 * read, and so nobody knows what is to be left out; MEMORY. On failure nothing changes. */
enum thumbs_code th_ignores_enter(struct th_ignores *ignores, int fd, size_t path_len, bool follow,
                                  struct thumbs_error *err);
/* Only the first n hold from now on. */
void th_ignores_truncate(struct th_ignores *ignores, size_t n);
void th_ignores_finish(struct th_ignores *ignores); /* zeroed is fine */

/* Does one of them leave out this path, which lies in the folder that was entered last (or deeper)?
 * That a folder above it is left out is for the caller to ask. */
bool th_ignores_leave_out(const struct th_ignores *ignores, const char *path, bool folder);

#endif

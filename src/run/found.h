/* SPDX-License-Identifier: MIT */
/* found.h - what the walk has found, as other rooms want to see it: a path, and a source to be
 * named. */
#ifndef TH_RUN_FOUND_H
#define TH_RUN_FOUND_H

#include "base/bytes.h"
#include "naming/naming.h"
#include "walk/walk.h"

/* Append its path as reports have it, "." for SOURCE itself. */
void th_found_add_path(struct th_bytes *b, const struct th_walk_entry *entry);
/* The same for a name in the folder of that path. */
void th_found_add(struct th_bytes *b, const char *dir, const char *name);

/* A file that the walk has found as a source to be named; borrows from the entry. follow: links are
 * followed in this run. */
struct th_naming_source th_found_source(const struct th_walk_entry *entry, bool follow);

/* For th_naming.look and .peek; the folder is a struct th_dir. */
enum th_beside th_found_look(void *dir, const char *name);
size_t th_found_peek(void *dir, const char *name, bool follow, uint8_t *first, size_t most);

/* The same for an open folder. */
size_t th_found_peek_at(int dirfd, const char *name, bool follow, uint8_t *first, size_t most);

#endif

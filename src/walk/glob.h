/* SPDX-License-Identifier: MIT */
/*
 * glob.h - does a pattern match a path? Inner to the walk room (and its tests).
 *
 * Nothing is allocated and nothing is kept. Thread-safe.
 */
#ifndef TH_WALK_GLOB_H
#define TH_WALK_GLOB_H

#include <stdbool.h>

#include "thumbs/thumbs.h"

/* `*` and `?` do not cross '/', `**` does ("a/" "**" "/b" matches a/b as well), [abc] [a-z] [!x]
 * and \\ as in sh. A pattern without '/' is matched against the last name part, one with '/'
 * against the whole path (a leading '/' only anchors). Bytes, case counts. No exponential
 * backtracking. */
bool th_glob_match(const char *glob, const char *path);
/* False, and *err (if not NULL) with code USAGE: a [ that is not closed, a backslash at the end,
 * nothing but slashes. */
bool th_glob_valid(const char *glob, struct thumbs_error *err);

#endif

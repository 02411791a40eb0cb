/* SPDX-License-Identifier: MIT */
/*
 * gitglob.h - a pattern as git understands it, turned into a glob of glob.h. Inner to the walk room
 * (and its tests). Thread-safe.
 *
 * Where they differ: to git ** is more than * only as a whole part of a path, [[:alpha:]] names a
 * kind of bytes, and a pattern that is malformed (a [ that is not closed, a backslash at the end)
 * matches nothing.
 */
#ifndef TH_WALK_GITGLOB_H
#define TH_WALK_GITGLOB_H

#include "base/bytes.h"

/* Append the glob. False: the pattern matches nothing, and what was appended is worth nothing.
 * Memory: see th_bytes_failed(). */
bool th_gitglob_translate(const char *pattern, struct th_bytes *out);

#endif

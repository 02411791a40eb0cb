/* SPDX-License-Identifier: MIT */
/*
 * rules.h - the include and exclude rules of a run, in order: the last that matches wins. Inner to
 * the walk room (and its tests).
 *
 * A rule is a glob (see th_glob_match()) behind '+' (include) or '-' (exclude). Beyond a plain
 * glob:
 * - {jpg,png} stands for each of the alternatives, which may be globs and may hold braces.
 * - An ending that is a known image's is compared without regard to case: *.jpg is *.JPG as well.
 * - "./" at the front anchors as "/" does; "//" and "/./" are one slash.
 * - An include that matches a folder takes what is in it, unless another rule matches that itself.
 *   (An exclude does so by itself, since its folder is not entered.) With a slash at its end a rule
 *   is about folders only.
 *
 * One owner, not thread-safe.
 */
#ifndef TH_WALK_RULES_H
#define TH_WALK_RULES_H

#include "thumbs/thumbs.h"
#include "walk/walk_options.h"

struct th_rules;

/* Take options->globs; output_class (with user) tells which endings are known. USAGE: a malformed
 * one. MEMORY. */
enum thumbs_code th_rules_create(const struct th_walk_options *options, struct th_rules **out,
                                 struct thumbs_error *err);
void th_rules_destroy(struct th_rules *rules); /* NULL is fine */

/* Is this path below SOURCE left out? It is changed, but only meanwhile. */
bool th_rules_exclude(struct th_rules *rules, char *path, bool folder);

/* The next rule from *i on that has matched nothing yet, as it was given with its sign, and *i
 * behind it; NULL: no more. */
const char *th_rules_unmatched(const struct th_rules *rules, size_t *i);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * braces.h - {a,b} in a glob: one glob for each alternative. Inner to the walk room (and its
 * tests).
 */
#ifndef TH_WALK_BRACES_H
#define TH_WALK_BRACES_H

#include <stddef.h>

#include "thumbs/thumbs.h"

/* *out gets *n globs without braces, in no order: the caller owns the array and each of them.
 * USAGE: a brace that is not closed, or too many alternatives. MEMORY. On failure *out and *n stay
 * as they were. Thread-safe. */
enum thumbs_code th_braces_expand(const char *glob, char ***out, size_t *n,
                                  struct thumbs_error *err);

#endif

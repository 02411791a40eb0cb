/* SPDX-License-Identifier: MIT */
/*
 * litter.h - files that systems and devices leave among pictures, which need no thumbnails: small
 * copies made by a NAS or a desktop, waste bins, the second halves of files from a Mac. Inner to
 * the walk room. Thread-safe.
 */
#ifndef TH_WALK_LITTER_H
#define TH_WALK_LITTER_H

#include <stdbool.h>

/* Is a file or a folder of this name (a last name part) litter? Bytes, case counts. */
bool th_litter_is(const char *name);

#endif

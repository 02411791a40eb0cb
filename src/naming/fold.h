/* SPDX-License-Identifier: MIT */
/*
 * fold.h - names that are one and the same to a file system.
 *
 * To most file systems of Linux names are bytes. Others (FAT, exFAT, NTFS, those of Macs, ext4 with
 * casefold) take "A.jpg" for "a.jpg", and some an "e" with an accent behind it for the one letter.
 * Two outputs of such names would replace each other. So names are folded before they are compared.
 *
 * Folding goes by Unicode as a whole, which a file system may do less thoroughly: two names may
 * then be told apart there that are one here, never the other way round. Without utf8proc only
 * ASCII letters are folded.
 */
#ifndef TH_NAMING_FOLD_H
#define TH_NAMING_FOLD_H

#include "base/bytes.h"

enum { TH_FOLD_CASE = 1, TH_FOLD_FORM = 2 };

/* Append `path` so that names which are one are the same bytes. how: bits of the above; 0: as it
 * is. What is not UTF-8 has its ASCII letters folded. Memory failure is left in *out. */
void th_fold_path(struct th_bytes *out, const char *path, unsigned how);

#endif

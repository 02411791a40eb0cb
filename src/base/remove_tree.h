/* SPDX-License-Identifier: MIT */
/* remove_tree.h - folders with all that is in them. */
#ifndef TH_BASE_REMOVE_TREE_H
#define TH_BASE_REMOVE_TREE_H

/* Remove `path` and all below it; links are not followed, nor other file systems entered. 0, or -1
 * with errno; a path that is not there is fine. Any thread, on trees that do not overlap. */
int th_remove_tree(const char *path);

#endif

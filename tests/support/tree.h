/* SPDX-License-Identifier: MIT */
/*
 * tree.h - temporary folders and comparing trees of files, for tests. Failures abort the test
 * program with a message.
 */
#ifndef TEST_TREE_H
#define TEST_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new empty folder; its path is the caller's to free. */
char *test_folder_make(void);
/* Remove it and all below, free the path. */
void test_folder_remove(char *path);

/* "folder/name", the caller's to free. */
char *test_path(const char *folder, const char *name);

/* One hash of the names and bytes of all files below (DEST/.thumbs left out), and how many there
 * are. */
uint64_t test_tree_hash(const char *folder, size_t *n_files);
/* Files below whose names begin with ".thumbs-". */
size_t test_count_temporaries(const char *folder);

#endif

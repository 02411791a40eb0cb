/* SPDX-License-Identifier: MIT */
/*
 * path.h - paths of any length: the kernel takes PATH_MAX bytes at a time, so longer ones go part
 * by part. Thread-safe.
 */
#ifndef TH_BASE_PATH_H
#define TH_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Longest name of one file or folder that is taken, in bytes. Linux file systems say 255, but some
 * that count characters reach 765. */
#define TH_NAME_MAX 1023u

/* openat() for `len` bytes of path, however many: by as many whole parts at a time as fit. -1 with
 * errno. */
int th_path_open(int at, const char *path, size_t len, int flags);

/* Where the last part of a path without its trailing slashes begins, and its length; 0 for "/" and
 * "". */
size_t th_path_last_part(const char *path, size_t *len);

/* Open (O_PATH) the folder that holds the last part, which begins at `begin`. -1 with errno. */
int th_path_open_parent(const char *path, size_t begin);

/* Is the open folder fd, or a folder above it, the one of that device and inode? */
bool th_path_folder_lies_within(int fd, dev_t dev, ino_t ino);

/* The same for the folder that holds a file, links followed. Best effort: false where it cannot be
 * found out. */
bool th_path_file_lies_within(int at, const char *name, dev_t dev, ino_t ino);

#endif

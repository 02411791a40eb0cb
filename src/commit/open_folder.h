/* SPDX-License-Identifier: MIT */
/*
 * open_folder.h - folders below DEST, opened part by part and never through a symbolic link, so
 * that nothing is ever written outside DEST. Descriptors are the caller's. Thread-safe.
 */
#ifndef TH_COMMIT_OPEN_FOLDER_H
#define TH_COMMIT_OPEN_FOLDER_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>

#include "thumbs/thumbs.h"

#define TH_OPEN_FOLDER (O_RDONLY | O_DIRECTORY)

/* DEST itself: it is the user's choice what it is, so its path may lead through symbolic links.
 * Without `make` *out may become -1. err is not NULL. */
enum thumbs_code th_open_root(const char *path, bool make, int *out, struct thumbs_error *err);
/* The folder `path` (len bytes, no slash at either end, "" for base itself) below the folder
 * `base`; what is missing is made if `make`, *made tells whether the last part is new. -1 with
 * errno and *err (may be NULL) set. */
int th_open_below(int base, const char *path, size_t len, bool make, bool *made,
                  struct thumbs_error *err);
/* DEST/.thumbs. made may be NULL. -1 and errno. */
int th_open_state(int dest_fd, bool make, bool *made);
/* One part. Makes it if missing and wanted; *made says so. -1 and errno. */
int th_open_part(int at, const char *name, int flags, bool make, bool *made);

/* Why a folder could not be opened or made. err may be NULL. */
void th_open_error(struct thumbs_error *err, int at, const char *name, int os_errno);
/* A failed write below DEST: NO_SPACE with what is free, else NOT_WRITABLE; the code. fd: anything
 * on the file system that was to be written. */
enum thumbs_code th_open_write_error(struct thumbs_error *err, int fd, int os_errno,
                                     const char *what);

#endif

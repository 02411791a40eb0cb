/* SPDX-License-Identifier: MIT */
/*
 * dir.h - an open source folder, shared by the files in flight that lie in it.
 *
 *     dir = th_dir_create(fd, path, path_len, root_len);   now dir owns fd
 *     th_dir_ref(dir);                                     one for each file that is handed out
 *     th_dir_stat(dir, name, follow, &st);                 names are looked up in the open folder
 *     th_dir_unref(dir);                                   the last one closes it
 *
 * References may be taken and dropped on any thread, and names looked up.
 */
#ifndef TH_WALK_DIR_H
#define TH_WALK_DIR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct th_dir {
    atomic_uint refs;
    /* O_PATH or O_RDONLY|O_DIRECTORY; owned; -1 for a folder that was not opened (kinds FAILED and
     * SKIPPED). Inner to the walk room: others use the functions below. */
    int fd;
    /* Path below SOURCE without a trailing slash, "" for SOURCE itself; with several sources it
     * begins with the source's last name part; "" for the folder of a SOURCE that is a file.
     * Reports and outputs use it. Owned. */
    char *path;
    size_t root_len;  /* bytes of `path` that are that last name part; 0 with one source */
    bool has_folders; /* it has subfolders, or may have */
    /* What the run keeps for this folder (its counterpart in DEST). */
    _Atomic(void *) place;
    /* Called when the last reference goes and place is not NULL. */
    void (*place_free)(void *place);
};

/* One reference, the caller's. Owns fd from now on. NULL: no memory, and fd is still the
 * caller's. */
struct th_dir *th_dir_create(int fd, const char *path, size_t path_len, size_t root_len);
struct th_dir *th_dir_ref(struct th_dir *dir); /* returns dir */
void th_dir_unref(struct th_dir *dir);         /* NULL is fine */

/* openat() of a name in the folder. The descriptor is the caller's; -1 with errno. */
int th_dir_open(const struct th_dir *dir, const char *name, int flags);
/* fstatat() of a name in the folder: 0, or -1 with errno. */
int th_dir_stat(const struct th_dir *dir, const char *name, bool follow, struct stat *st);
/* The descriptor, borrowed as long as the reference is held: for a loader, which opens, looks at
 * and reads a file in one go (and with io_uring leaves that to the kernel). */
int th_dir_fd(const struct th_dir *dir);

#endif

/* SPDX-License-Identifier: MIT */
#include "walk/dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

struct th_dir *th_dir_create(int fd, const char *path, size_t path_len, size_t root_len)
{
    struct th_dir *dir = th_calloc(1, sizeof *dir);
    char *copy = dir ? th_alloc(path_len + 1) : NULL;
    if (!copy) {
        free(dir);
        return NULL;
    }
    if (path_len) memcpy(copy, path, path_len);
    copy[path_len] = '\0';
    atomic_init(&dir->refs, 1);
    atomic_init(&dir->place, NULL);
    dir->fd = fd;
    dir->path = copy;
    dir->root_len = root_len;
    return dir;
}

struct th_dir *th_dir_ref(struct th_dir *dir)
{
    atomic_fetch_add_explicit(&dir->refs, 1, memory_order_relaxed);
    return dir;
}

void th_dir_unref(struct th_dir *dir)
{
    if (!dir || atomic_fetch_sub_explicit(&dir->refs, 1, memory_order_acq_rel) != 1) return;
    void *place = atomic_load_explicit(&dir->place, memory_order_relaxed);
    if (place && dir->place_free) dir->place_free(place);
    if (dir->fd >= 0) th_close(dir->fd);
    free(dir->path);
    free(dir);
}

int th_dir_open(const struct th_dir *dir, const char *name, int flags)
{
    return th_openat(dir->fd, name, flags, 0);
}

int th_dir_stat(const struct th_dir *dir, const char *name, bool follow, struct stat *st)
{
    return fstatat(dir->fd, name, st, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

int th_dir_fd(const struct th_dir *dir)
{
    return dir->fd;
}

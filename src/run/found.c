/* SPDX-License-Identifier: MIT */
#include "run/found.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

void th_found_add(struct th_bytes *b, const char *dir, const char *name)
{
    th_bytes_adds(b, dir);
    if (*dir && *name) th_bytes_addc(b, '/');
    th_bytes_adds(b, *dir || *name ? name : ".");
}

void th_found_add_path(struct th_bytes *b, const struct th_walk_entry *entry)
{
    th_found_add(b, entry->dir ? entry->dir->path : "", entry->name ? entry->name : "");
}

struct th_naming_source th_found_source(const struct th_walk_entry *entry, bool follow)
{
    return (struct th_naming_source){.dir = entry->dir->path,
                                     .name = entry->name,
                                     .keep_extension = entry->keep_extension,
                                     .follow = follow || entry->follow,
                                     .folder = entry->dir};
}

enum th_beside th_found_look(void *dir, const char *name)
{
    struct stat st;
    if (th_dir_stat(dir, name, false, &st) != 0) return TH_BESIDE_NOTHING;
    return S_ISDIR(st.st_mode) ? TH_BESIDE_FOLDER : TH_BESIDE_FILE;
}

size_t th_found_peek_at(int dirfd, const char *name, bool follow, uint8_t *first, size_t most)
{
    int fd =
        th_openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW), 0);
    if (fd < 0) return 0;
    ssize_t n = th_read_full(fd, first, most);
    close(fd);
    return n > 0 ? (size_t)n : 0;
}

size_t th_found_peek(void *dir, const char *name, bool follow, uint8_t *first, size_t most)
{
    return th_found_peek_at(th_dir_fd(dir), name, follow, first, most);
}

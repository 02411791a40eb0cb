/* SPDX-License-Identifier: MIT */
#include "bench/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"

static const char memory_folder[] = ".thumbs";

/* Append the whole of an open file; 0 or -1. */
static int append_file(int fd, struct th_bytes *b)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return -1;
    for (;;) {
        const size_t room = b->len == 0 && st.st_size > 0 ? (size_t)st.st_size + 1 : 65536;
        if (!th_bytes_reserve(b, room)) {
            errno = ENOMEM;
            return -1;
        }
        const ssize_t n = th_read_full(fd, b->data + b->len, room);
        if (n < 0) return -1;
        b->len += (size_t)n;
        if ((size_t)n < room) return 0;
    }
}

struct tree_walk {
    struct th_bytes path; /* below the top */
    int (*on_file)(struct tree_walk *walk, int dirfd, const char *name);
    void *user;
};

static int walk_folder(struct tree_walk *walk, int dirfd);

static int walk_entry(struct tree_walk *walk, int dirfd, const char *name)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return -1;
    if (S_ISREG(st.st_mode)) return walk->on_file(walk, dirfd, name);
    if (!S_ISDIR(st.st_mode)) return 0;
    const int fd = th_openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    return fd < 0 ? -1 : walk_folder(walk, fd);
}

/* Takes dirfd over. */
static int walk_folder(struct tree_walk *walk, int dirfd)
{
    DIR *dir = fdopendir(dirfd);
    const size_t len = walk->path.len;
    int result = 0, os_errno;
    if (!dir) {
        os_errno = errno;
        close(dirfd);
        errno = os_errno;
        return -1;
    }
    for (struct dirent *entry; result == 0 && (errno = 0, entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        if (len == 0 && strcmp(name, memory_folder) == 0) continue;
        if (len > 0) th_bytes_addc(&walk->path, '/');
        th_bytes_adds(&walk->path, name);
        result = walk_entry(walk, dirfd, name);
        th_bytes_truncate(&walk->path, len);
    }
    os_errno = errno;
    if (result == 0 && (os_errno || th_bytes_failed(&walk->path))) {
        result = -1;
        if (!os_errno) os_errno = ENOMEM;
    }
    closedir(dir);
    errno = os_errno;
    return result;
}

static int walk_tree(struct tree_walk *walk, const char *path)
{
    const int fd = th_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return -1;
    const int result = walk_folder(walk, fd);
    const int os_errno = errno;
    th_bytes_finish(&walk->path);
    errno = os_errno;
    return result;
}

/* ---- digest ---- */

static int add_file(struct tree_walk *walk, int dirfd, const char *name)
{
    struct th_digest *digest = walk->user;
    struct th_bytes bytes = {0};
    const int fd = th_openat(dirfd, name, O_RDONLY | O_NOFOLLOW, 0);
    int result = -1;
    if (fd < 0) return -1;
    if (append_file(fd, &bytes) == 0) {
        for (size_t i = 0; i < 2; i++) {
            const uint64_t of_path = th_hash64(walk->path.data, walk->path.len, i);
            digest->sum[i] += th_hash64(bytes.data, bytes.len, of_path);
        }
        digest->n_files++;
        digest->bytes += bytes.len;
        result = 0;
    }
    const int os_errno = errno;
    th_bytes_finish(&bytes);
    close(fd);
    errno = os_errno;
    return result;
}

int th_bench_digest_tree(const char *path, struct th_digest *out)
{
    struct th_digest digest = {0};
    struct tree_walk walk = {.on_file = add_file, .user = &digest};
    if (walk_tree(&walk, path) != 0) return -1;
    *out = digest;
    return 0;
}

bool th_bench_digests_equal(const struct th_digest *a, const struct th_digest *b)
{
    return a->sum[0] == b->sum[0] && a->sum[1] == b->sum[1] && a->n_files == b->n_files &&
           a->bytes == b->bytes;
}

/* ---- difference ---- */

struct names {
    char **list;
    size_t n, cap;
};

static int add_name(struct tree_walk *walk, int dirfd, const char *name)
{
    struct names *names = walk->user;
    (void)dirfd, (void)name;
    char **list = th_grow(names->list, &names->cap, names->n + 1, sizeof *list);
    if (!list) return -1;
    names->list = list;
    char *copy = th_strdup(th_bytes_str(&walk->path));
    if (!copy) return -1;
    names->list[names->n++] = copy;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_tree(const char *path, struct names *names)
{
    struct tree_walk walk = {.on_file = add_name, .user = names};
    const int result = walk_tree(&walk, path);
    if (names->n > 1) qsort(names->list, names->n, sizeof *names->list, compare_names);
    return result;
}

static void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
}

static int read_below(const char *folder, const char *name, struct th_bytes *b)
{
    struct th_bytes path = {0};
    th_bytes_addf(&path, "%s/%s", folder, name);
    const int fd = th_openat(AT_FDCWD, th_bytes_str(&path), O_RDONLY, 0);
    int result = fd < 0 ? -1 : append_file(fd, b);
    const int os_errno = errno;
    if (fd >= 0) close(fd);
    th_bytes_finish(&path);
    errno = os_errno;
    return result;
}

/* 1: the same bytes; 0: not; -1: unknown, with errno. */
static int is_same_file(const char *a, const char *b, const char *name)
{
    struct th_bytes in_a = {0}, in_b = {0};
    int result = -1;
    if (read_below(a, name, &in_a) == 0 && read_below(b, name, &in_b) == 0)
        result =
            in_a.len == in_b.len && (in_a.len == 0 || memcmp(in_a.data, in_b.data, in_a.len) == 0);
    th_bytes_finish(&in_a);
    th_bytes_finish(&in_b);
    return result;
}

char *th_bench_first_difference(const char *a, const char *b)
{
    struct names in_a = {0}, in_b = {0};
    char *found = NULL;
    int same = 1;
    if (list_tree(a, &in_a) != 0 || list_tree(b, &in_b) != 0) same = -1;
    for (size_t i = 0, j = 0; same == 1 && (i < in_a.n || j < in_b.n); i++, j++) {
        const char *name_a = i < in_a.n ? in_a.list[i] : NULL,
                   *name_b = j < in_b.n ? in_b.list[j] : NULL;
        const int order = !name_a ? 1 : !name_b ? -1 : strcmp(name_a, name_b);
        const char *first = order <= 0 ? name_a : name_b;
        same = order == 0 ? is_same_file(a, b, name_a) : 0;
        if (same == 0) found = th_strdup(first);
    }
    const int os_errno = found || same == 1 ? 0 : errno;
    names_finish(&in_a);
    names_finish(&in_b);
    errno = os_errno;
    return found;
}

/* ---- removal ---- */

/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

int th_path_open(int at, const char *path, size_t len, int flags)
{
    char part[PATH_MAX];
    int base = at;
    for (;;) {
        size_t take = len;
        if (take >= sizeof part) {
            take = sizeof part - 1;
            while (take > 0 && path[take - 1] != '/')
                take--;
        }
        memcpy(part, path, take);
        part[take] = '\0';
        path += take;
        len -= take;
        /* What is left must not begin with a slash, or it would start from the root. */
        for (; take > 0 && len > 0 && *path == '/'; path++)
            len--;
        int fd = -1;
        if (take == 0 && len > 0)
            errno = ENAMETOOLONG;
        else
            fd = th_openat(base, part, len ? O_PATH | O_DIRECTORY : flags, 0);
        int os_errno = errno;
        if (base != at) th_close(base);
        errno = os_errno;
        if (fd < 0 || !len) return fd;
        base = fd;
    }
}

size_t th_path_last_part(const char *path, size_t *len)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    *len = end - begin;
    return begin;
}

int th_path_open_parent(const char *path, size_t begin)
{
    return begin ? th_path_open(AT_FDCWD, path, begin, O_PATH | O_DIRECTORY)
                 : th_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
}

bool th_path_folder_lies_within(int fd, dev_t dev, ino_t ino)
{
    struct stat here, before = {0};
    int at = dup(fd);
    bool found = false;
    while (at >= 0 && fstat(at, &here) == 0) {
        found = here.st_dev == dev && here.st_ino == ino;
        /* ".." of the root is the root. */
        if (found || (here.st_dev == before.st_dev && here.st_ino == before.st_ino)) break;
        before = here;
        int up = th_openat(at, "..", O_PATH | O_DIRECTORY, 0);
        close(at);
        at = up;
    }
    if (at >= 0) close(at);
    return found;
}

/* The path that the kernel knows an open file by; false without /proc, or where it is too long for
 * the buffer. */
static bool path_of_fd(int fd, char *path, size_t size)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, size - 1);
    if (n <= 0 || (size_t)n >= size - 1) return false;
    path[n] = '\0';
    return *path == '/';
}

bool th_path_file_lies_within(int at, const char *name, dev_t dev, ino_t ino)
{
    char path[PATH_MAX];
    size_t len;
    int fd = th_path_open(at, name, strlen(name), O_PATH);
    if (fd < 0) return false;
    bool known = path_of_fd(fd, path, sizeof path);
    close(fd);
    if (!known && at == AT_FDCWD) known = realpath(name, path) != NULL; /* without /proc */
    if (!known) return false;
    int parent = th_path_open_parent(path, th_path_last_part(path, &len));
    bool within = parent >= 0 && th_path_folder_lies_within(parent, dev, ino);
    if (parent >= 0) close(parent);
    return within;
}

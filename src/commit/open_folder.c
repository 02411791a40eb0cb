/* SPDX-License-Identifier: MIT */
#include "commit/open_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/sys.h"
#include "naming/safe_path.h"

#define MOST_TRIES 100 /* to make what somebody else removes at the same moment */

#define STEPPING_STONE (O_PATH | O_DIRECTORY) /* a folder on the way: needs no right to list it */

/* ---- errors ---- */

static void add_bytes(struct th_bytes *text, uint64_t blocks, uint64_t block_size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    uint64_t n;
    size_t i = 0;
    if (__builtin_mul_overflow(blocks, block_size, &n)) n = UINT64_MAX;
    for (; n >= 10240 && i + 1 < sizeof units / sizeof *units; i++)
        n /= 1024;
    th_bytes_addf(text, "%llu %s", (unsigned long long)n, units[i]);
}

/* What is left where the disk, or what it has for files, or a quota is used up. Nothing if that
 * cannot be told. */
static void add_free_space(struct th_bytes *text, int fd, int os_errno)
{
    struct statvfs fs;
    if (fstatvfs(fd, &fs) < 0) return;
    th_bytes_adds(text, " (");
    if (os_errno == EDQUOT)
        th_bytes_adds(text, "the quota is used up; on the disk: ");
    else if (fs.f_files > 0 && fs.f_favail == 0)
        th_bytes_addf(text, "no inodes free of %llu; ", (unsigned long long)fs.f_files);
    add_bytes(text, fs.f_bavail, fs.f_frsize);
    th_bytes_adds(text, " free of ");
    add_bytes(text, fs.f_blocks, fs.f_frsize);
    th_bytes_adds(text, ")");
}

enum thumbs_code th_open_write_error(struct thumbs_error *err, int fd, int os_errno,
                                     const char *what)
{
    struct th_bytes text = {0};
    th_bytes_adds(&text, what);
    if (os_errno == ENOSPC || os_errno == EDQUOT) add_free_space(&text, fd, os_errno);
    enum thumbs_code code = th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, os_errno,
                                        "%s", th_bytes_failed(&text) ? what : th_bytes_str(&text));
    th_bytes_finish(&text);
    return code;
}

/* ---- opening folders part by part ---- */

int th_open_part(int at, const char *name, int flags, bool make, bool *made)
{
    *made = false;
    int fd = th_openat(at, name, flags, 0);
    if (fd < 0 && errno == ENOENT && make) {
        if (th_mkdirat(at, name, 0777) == 0)
            *made = true;
        else if (errno != EEXIST) /* another run was faster */
            return -1;
        fd = th_openat(at, name, flags, 0);
    }
    /* A folder that may be written but not listed is of use all the same: just not to sweep it. */
    if (fd < 0 && errno == EACCES && !(flags & O_PATH)) fd = th_openat(at, name, flags | O_PATH, 0);
    return fd;
}

void th_open_error(struct thumbs_error *err, int at, const char *name, int os_errno)
{
    if (!err) return;
    struct stat st;
    bool is_wrong_kind = os_errno == ENOTDIR || os_errno == ELOOP;
    if (is_wrong_kind && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        const char *what = S_ISLNK(st.st_mode) ? "is a symbolic link" : "is not a folder";
        th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, "'%.120s' %s", name, what);
        err->os_errno = os_errno;
    } else {
        char what[128];
        snprintf(what, sizeof what, "cannot make or open the folder '%.80s'", name);
        th_open_write_error(err, at, os_errno, what);
    }
}

struct way {
    int base; /* where the path begins; borrowed */
    bool make, follow;
    bool *made; /* of the last part */
};

/* The folder at the end of `path`, which has at least one part. */
static int open_way(const struct way *way, const char *path, size_t len, struct thumbs_error *err)
{
    int at = way->base, nofollow = way->follow ? 0 : O_NOFOLLOW;
    for (;;) {
        const char *slash = memchr(path, '/', len);
        size_t part_len = slash ? (size_t)(slash - path) : len;
        char name[NAME_MAX + 1] = "";
        int fd = -1;
        bool is_last = !slash;
        memcpy(name, path, part_len < sizeof name ? part_len : sizeof name - 1);
        /* ".." could lead out of DEST, which no name of ours ever holds. */
        if (!way->follow && (part_len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
            errno = EINVAL;
        else if (part_len > NAME_MAX)
            errno = ENAMETOOLONG;
        else
            fd = th_open_part(at, part_len ? name : ".",
                              (is_last ? TH_OPEN_FOLDER : STEPPING_STONE) | nofollow, way->make,
                              way->made);
        int os_errno = errno;
        if (fd < 0) th_open_error(err, at, name, os_errno);
        if (at != way->base) th_close(at);
        errno = os_errno;
        if (fd < 0 || is_last) return fd;
        at = fd;
        path += part_len + 1;
        len -= part_len + 1;
    }
}

/* Folders that are empty may be removed just when they were made, or on the way to what is in them:
 * by a user who clears up, or by the end of another run. Then they are made again. */
static int open_way_again(const struct way *way, const char *path, size_t len,
                          struct thumbs_error *err)
{
    int fd = open_way(way, path, len, err);
    for (int tries = 1; fd < 0 && errno == ENOENT && way->make && tries < MOST_TRIES; tries++) {
        if (err) *err = (struct thumbs_error){0};
        fd = open_way(way, path, len, err);
    }
    return fd;
}

enum thumbs_code th_open_root(const char *path, bool make, int *out, struct thumbs_error *err)
{
    bool made, is_absolute = *path == '/';
    int fd = th_open_part(AT_FDCWD, path, TH_OPEN_FOLDER, false, &made), os_errno = errno;
    if (fd < 0 && os_errno == ENOTDIR) {
        th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, "'%.120s' is not a folder",
                     path);
        err->os_errno = os_errno;
        return err->code;
    }
    th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, os_errno,
                "cannot open the folder '%.80s'", path);
    if (fd < 0 && *path && (os_errno == ENAMETOOLONG || (os_errno == ENOENT && make))) {
        int base = is_absolute ? th_openat(AT_FDCWD, "/", STEPPING_STONE, 0) : AT_FDCWD;
        struct way way = {.base = base, .make = make, .follow = true, .made = &made};
        fd = open_way(&way, path + is_absolute, strlen(path) - is_absolute, err);
        os_errno = errno;
        if (base >= 0) th_close(base);
    }
    if (fd < 0 && (make || os_errno != ENOENT)) return err->code;
    *err = (struct thumbs_error){0};
    *out = fd;
    return THUMBS_OK;
}

int th_open_below(int base, const char *path, size_t len, bool make, bool *made,
                  struct thumbs_error *err)
{
    struct way way = {.base = base, .make = make, .made = made};
    *made = false;
    if (base < 0) {
        errno = ENOENT;
        th_open_error(err, base, "", errno);
        return -1;
    }
    if (len > 0) return open_way_again(&way, path, len, err);
    int fd = th_open_part(base, ".", TH_OPEN_FOLDER, false, made);
    int os_errno = errno;
    if (fd < 0) th_open_error(err, base, ".", os_errno);
    errno = os_errno;
    return fd;
}

int th_open_state(int dest_fd, bool make, bool *made)
{
    bool ignored;
    return th_open_part(dest_fd, TH_STATE_DIR, TH_OPEN_FOLDER | O_NOFOLLOW, make,
                        made ? made : &ignored);
}

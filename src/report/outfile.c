/* SPDX-License-Identifier: MIT */
/*
 * outfile.c - write beside the name, rename at the end.
 *
 * The name of the temporary follows from the name of the file, so that what a killed run has left
 * is found by the next one, which removes it, and by who wants to read how far the run came. A run
 * holds a lock on its own (F_OFD_SETLK: the kernel drops it whatever kills the process), which
 * tells a temporary of a living run from a stale one; where a file system has no locks it is taken
 * for a living one. A few runs may write one report at a time: the last one wins.
 */
#include "report/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/path.h"
#include "base/sys.h"

#define MAX_PARTS 9
#define LONG_NAME (NAME_MAX - 16) /* what is longer has no room for prefix and ending */
#define MODE_BITS 0777u

/* ---- temporaries ----------------------------------------------------------------------------- */

static void name_part(struct th_outfile *file, unsigned i)
{
    const char ending[2] = {i > 1 ? (char)('0' + i) : '\0', '\0'}; /* MAX_PARTS has one digit */
    const size_t len = strlen(file->last);
    if (len <= LONG_NAME)
        snprintf(file->part, sizeof file->part, ".thumbs-%.*s.part%s", (int)LONG_NAME, file->last,
                 ending);
    else
        snprintf(file->part, sizeof file->part, ".thumbs-%016llx.part%s",
                 (unsigned long long)th_hash64(file->last, len, 0), ending);
}

static bool lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static bool is_still_named(const struct th_outfile *file, int fd)
{
    struct stat open, named;
    return fstat(fd, &open) == 0 &&
           fstatat(file->folder_fd, file->part, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* Remove it if nobody holds it any more. A file of others that has such a name stays. */
static bool remove_stale(const struct th_outfile *file)
{
    const int fd = th_openat(file->folder_fd, file->part, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    const bool stale =
        fd >= 0 && lock(fd) && th_outfile_is_leftover(file, fd) && is_still_named(file, fd);
    const bool removed = stale && unlinkat(file->folder_fd, file->part, 0) == 0;
    if (fd >= 0) close(fd);
    errno = EEXIST; /* if it was not removed */
    return removed;
}

/* Of this name. False with errno. Another run may take a new one for stale before it is locked: it
 * is then gone. */
static bool make_part(struct th_outfile *file)
{
    for (int tries = 0; tries < 3; tries++) {
        const int fd =
            th_openat(file->folder_fd, file->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
        if (fd < 0) {
            if (errno != EEXIST || !remove_stale(file)) return false;
            continue;
        }
        (void)lock(fd); /* where there are no locks, nobody removes it either */
        if (is_still_named(file, fd)) {
            file->fd = fd;
            file->has_part = true;
            return true;
        }
        close(fd);
    }
    errno = EEXIST;
    return false;
}

static enum thumbs_code open_part(struct th_outfile *file, struct thumbs_error *err)
{
    for (unsigned i = 1; i <= MAX_PARTS; i++) {
        name_part(file, i);
        remove_stale(file);
    }
    for (unsigned i = 1; i <= MAX_PARTS; i++) {
        name_part(file, i);
        if (make_part(file)) {
            /* Who kept the old one to himself wants the same of the new one. */
            if (file->exists && S_ISREG(file->mode)) (void)fchmod(file->fd, file->mode & MODE_BITS);
            return THUMBS_OK;
        }
        if (errno != EEXIST) break;
    }
    const int os_errno = errno;
    return th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE,
                        "cannot make its temporary '%.60s': %s", file->part, strerror(os_errno));
}

/* ---- begin ----------------------------------------------------------------------------------- */

static enum thumbs_code plan_descriptor(struct th_outfile *file, struct thumbs_error *err)
{
    struct stat st;
    file->kind = TH_OUTFILE_DESCRIPTOR;
    if (!th_fd_is_open_for(file->number, O_WRONLY))
        return th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE,
                            "is closed, or not open for writing");
    file->fd = fcntl(file->number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (file->fd < 0 || fstat(file->fd, &st) != 0) return th_outfile_cannot(err, errno);
    return th_outfile_check_target(file->guard, &st, err);
}

enum thumbs_code th_outfile_plan(struct th_outfile *file, const char *name, const char *what,
                                 bool (*is_ours)(const char *head, size_t len),
                                 const struct th_outfile_guard *guard, struct thumbs_error *err)
{
    *file = (struct th_outfile){.name = name,
                                .what = what,
                                .is_ours = is_ours,
                                .guard = guard,
                                .number = th_outfile_descriptor(name),
                                .fd = -1,
                                .folder_fd = -1};
    return file->number >= 0 ? plan_descriptor(file, err) : th_outfile_look(file, true, err);
}

static bool is_same_folder(int a, int b)
{
    struct stat x, y;
    return a >= 0 && b >= 0 && fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

bool th_outfile_is_same(const struct th_outfile *a, const struct th_outfile *b)
{
    if (a->kind == TH_OUTFILE_NONE || a->kind != b->kind) return false;
    if (a->kind == TH_OUTFILE_DESCRIPTOR) return a->number == b->number;
    if (a->kind == TH_OUTFILE_STREAM && S_ISCHR(a->mode)) return false;
    if (a->exists && b->exists && a->dev == b->dev && a->ino == b->ino) return true;
    if (strcmp(a->name, b->name) == 0) return true;
    return is_same_folder(a->folder_fd, b->folder_fd) && strcmp(a->last, b->last) == 0;
}

enum thumbs_code th_outfile_open(struct th_outfile *file, struct thumbs_error *err)
{
    if (file->kind == TH_OUTFILE_DESCRIPTOR) return THUMBS_OK;
    const enum thumbs_code code = th_outfile_look(file, false, err);
    if (code != THUMBS_OK) return code;
    if (file->kind == TH_OUTFILE_REGULAR) return open_part(file, err);
    file->fd = th_openat(file->folder_fd, file->last, O_WRONLY | O_APPEND | O_NOCTTY, 0);
    if (file->fd >= 0) return THUMBS_OK;
    return th_outfile_cannot(err, errno);
}

/* ---- end ------------------------------------------------------------------------------------- */

/* Some file systems report a full disk only on close. A second descriptor holds the lock until the
 * name is given. */
static int close_written(struct th_outfile *file, int *lock_fd)
{
    const int fd = file->fd;
    *lock_fd = file->has_part ? fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
    file->fd = -1;
    return th_close(fd);
}

static enum thumbs_code give_name(struct th_outfile *file, struct thumbs_error *err)
{
    struct thumbs_error why = {0};
    enum thumbs_code code = th_outfile_look(file, false, &why); /* hours may have passed */
    if (code == THUMBS_OK && file->kind != TH_OUTFILE_REGULAR)
        code = th_error_set(&why, THUMBS_USAGE, THUMBS_STAGE_NONE, "has become a stream");
    if (code == THUMBS_OK &&
        th_renameat(file->folder_fd, file->part, file->folder_fd, file->last) != 0)
        code = th_outfile_cannot(&why, errno);
    file->has_part = false; /* in either case it is none of ours to remove */
    if (code == THUMBS_OK) return code;
    return th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE, "%.90s; it stays in '%.40s'",
                        why.message, file->part);
}

enum thumbs_code th_outfile_commit(struct th_outfile *file, struct thumbs_error *err)
{
    int lock_fd = -1;
    enum thumbs_code code = THUMBS_OK;
    if (file->fd >= 0 && close_written(file, &lock_fd) != 0) code = th_outfile_cannot(err, errno);
    if (code == THUMBS_OK && file->has_part) code = give_name(file, err);
    if (lock_fd >= 0) close(lock_fd);
    th_outfile_finish(file);
    return code;
}

void th_outfile_finish(struct th_outfile *file)
{
    if (file->kind == TH_OUTFILE_NONE && !file->name) return;
    if (file->has_part) unlinkat(file->folder_fd, file->part, 0);
    if (file->fd >= 0) close(file->fd);
    if (file->folder_fd >= 0) close(file->folder_fd);
    *file = (struct th_outfile){.fd = -1, .folder_fd = -1};
}

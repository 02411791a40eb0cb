/* SPDX-License-Identifier: MIT */
/* outfile_rules.c - which names the run may write to. Nothing here changes a file. */
#include "report/outfile_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sys.h"

#define STATE_DIR ".thumbs" /* what DEST holds is no name for a file, wherever it lies */
#define HEAD_LEN  65536u    /* the longest name there is fits, however it is escaped */

static enum thumbs_code refuse(struct thumbs_error *err, const char *why)
{
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s", why);
}

enum thumbs_code th_outfile_cannot(struct thumbs_error *err, int os_errno)
{
    return th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE, "%s", strerror(os_errno));
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* Skip the part, and the slashes and "." before it; NULL: another part comes. */
static const char *skip_part(const char *path, const char *part)
{
    const size_t len = strlen(part);
    if (*path != '/') return NULL;
    while (*path == '/' || (*path == '.' && (path[1] == '/' || !path[1])))
        path++;
    if (strncmp(path, part, len) != 0 || (path[len] != '/' && path[len])) return NULL;
    return path + len;
}

/* What follows these parts, without a slash before it, if it is one part more. */
static const char *behind(const char *path, const char *const *parts)
{
    for (; path && *parts; parts++)
        path = skip_part(path, *parts);
    if (!path || *path != '/') return NULL;
    while (*path == '/' || (*path == '.' && path[1] == '/'))
        path++;
    return path;
}

int th_outfile_descriptor(const char *name)
{
    static const char *const dev[] = {"dev", NULL}, *const fds[] = {"dev", "fd", NULL},
                             *const self[] = {"proc", "self", "fd", NULL},
                             *const thread[] = {"proc", "thread-self", "fd", NULL};
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    if (strcmp(name, "-") == 0) return STDOUT_FILENO;
    const char *last = behind(name, dev);
    for (int i = 0; last && i < 3; i++) {
        if (strcmp(last, streams[i]) == 0) return i;
    }
    const char *number = behind(name, fds);
    uint64_t n;
    if (!number) number = behind(name, self);
    if (!number) number = behind(name, thread);
    return number && th_parse_u64(number, 0, INT_MAX, &n) ? (int)n : -1;
}

/* ---- what must stay -------------------------------------------------------------------------- */

static bool look_at(const char *path, struct stat *st)
{
    const int fd = th_path_open(AT_FDCWD, path, strlen(path), O_PATH);
    const bool found = fd >= 0 && fstat(fd, st) == 0;
    if (fd >= 0) close(fd);
    return found;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_list(const char *list, const struct stat *st)
{
    struct stat theirs;
    if (!list) return false;
    const bool is_stdin = strcmp(list, "-") == 0;
    return (is_stdin ? fstat(STDIN_FILENO, &theirs) == 0 : look_at(list, &theirs)) &&
           is_same(&theirs, st);
}

enum thumbs_code th_outfile_check_target(const struct th_outfile_guard *guard,
                                         const struct stat *st, struct thumbs_error *err)
{
    struct stat source;
    if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
        return THUMBS_OK; /* a terminal, /dev/null */
    for (size_t i = 0; i < guard->n_sources; i++) {
        if (look_at(guard->sources[i], &source) && is_same(&source, st))
            return refuse(err, "is a SOURCE, which is never written to");
    }
    if (is_list(guard->list, st))
        return refuse(err, "is the list of --files-from, which is only read");
    return THUMBS_OK;
}

/* Is DEST a part of this source, and the folder one of DEST? */
static bool is_in_dest(const char *dest, int folder_fd, const struct stat *source)
{
    struct stat st;
    const int fd = dest ? th_path_open(AT_FDCWD, dest, strlen(dest), O_PATH | O_DIRECTORY) : -1;
    const bool inside = fd >= 0 && fstat(fd, &st) == 0 &&
                        th_path_folder_lies_within(fd, source->st_dev, source->st_ino) &&
                        th_path_folder_lies_within(folder_fd, st.st_dev, st.st_ino);
    if (fd >= 0) close(fd);
    return inside;
}

static bool is_in_source(const struct th_outfile_guard *guard, int folder_fd)
{
    struct stat st;
    for (size_t i = 0; i < guard->n_sources; i++) {
        if (look_at(guard->sources[i], &st) && S_ISDIR(st.st_mode) &&
            th_path_folder_lies_within(folder_fd, st.st_dev, st.st_ino) &&
            !is_in_dest(guard->dest, folder_fd, &st))
            return true;
    }
    return false;
}

/* ---- a regular file -------------------------------------------------------------------------- */

enum owner { OURS, FOREIGN, PICTURE, UNREADABLE };

/* Only the formats that photos come in: what nobody would write a report over on purpose. */
static bool is_photo(const char *head, size_t len)
{
    static const struct {
        const char *bytes;
        size_t at, len;
    } magics[] = {{"\xff\xd8\xff", 0, 3}, {"\x89PNG", 0, 4}, {"GIF8", 0, 4}, {"WEBP", 8, 4},
                  {"II*\0", 0, 4},        {"MM\0*", 0, 4},   {"ftyp", 4, 4}};
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (len >= magics[i].at + magics[i].len &&
            memcmp(head + magics[i].at, magics[i].bytes, magics[i].len) == 0)
            return true;
    }
    return false;
}

/* An empty file, as mktemp makes it, is nobody's. UNREADABLE: and errno. */
static enum owner find_owner(const struct th_outfile *file, const struct stat *st)
{
    enum owner owner = UNREADABLE;
    if (st->st_size == 0) return OURS;
    const int fd =
        th_openat(file->folder_fd, file->last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    char *head = fd >= 0 ? th_alloc(HEAD_LEN + 1) : NULL;
    const ssize_t len = head ? th_read_full(fd, head, HEAD_LEN) : -1;
    const int os_errno = errno;
    if (len >= 0) {
        head[len] = '\0';
        owner = file->is_ours(head, (size_t)len) ? OURS
                : is_photo(head, (size_t)len)    ? PICTURE
                                                 : FOREIGN;
    }
    free(head);
    if (fd >= 0) close(fd);
    errno = os_errno;
    return owner;
}

bool th_outfile_is_leftover(const struct th_outfile *file, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    if (st.st_size == 0) return true;
    char *head = th_alloc(HEAD_LEN + 1);
    const ssize_t len = head ? th_read_full(fd, head, HEAD_LEN) : -1;
    if (len >= 0) head[len] = '\0';
    const bool ours = len >= 0 && file->is_ours(head, (size_t)len);
    free(head);
    return ours;
}

/* A file that is mounted by itself, as into a container, cannot be replaced by renaming. */
static bool is_mounted(const struct th_outfile *file)
{
    struct statx stx;
    return statx(file->folder_fd, file->last, AT_SYMLINK_NOFOLLOW, 0, &stx) == 0 &&
           (stx.stx_attributes_mask & stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static enum thumbs_code check_link(const struct th_outfile *file, bool in_source,
                                   struct thumbs_error *err)
{
    if (in_source) return refuse(err, "is a symbolic link in a SOURCE, which is never changed");
    if (file->guard->overwrite) return THUMBS_OK;
    return refuse(err,
                  "is a symbolic link: name the file itself, or let --overwrite replace the link");
}

static enum thumbs_code check_owner(const struct th_outfile *file, const struct stat *st,
                                    bool in_source, struct thumbs_error *err)
{
    const enum owner owner = find_owner(file, st);
    const int os_errno = errno;
    /* An empty file is nobody's, but in a SOURCE it is a source. */
    if (owner == OURS && !(in_source && st->st_size == 0)) return THUMBS_OK;
    if (in_source) return refuse(err, "lies in a SOURCE, whose files are only read");
    if (owner == PICTURE)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                            "is a picture, not a %s (was the name of the %s left out?)", file->what,
                            file->what);
    if (file->guard->overwrite) return THUMBS_OK;
    if (owner == UNREADABLE)
        return th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE,
                            "exists, and cannot be read to see whether thumbs wrote it: %s",
                            strerror(os_errno));
    return th_error_set(
        err, THUMBS_USAGE, THUMBS_STAGE_NONE,
        "exists and is not a %s that thumbs wrote (was the name of the %s left out?); --overwrite "
        "replaces it",
        file->what, file->what);
}

static enum thumbs_code check_existing(const struct th_outfile *file, const struct stat *st,
                                       bool in_source, struct thumbs_error *err)
{
    if (S_ISLNK(st->st_mode)) return check_link(file, in_source, err);
    enum thumbs_code code = th_outfile_check_target(file->guard, st, err);
    if (code == THUMBS_OK) code = check_owner(file, st, in_source, err);
    if (code != THUMBS_OK) return code;
    if (is_mounted(file))
        return refuse(err, "is a mount point, so it cannot be replaced: mount its folder");
    return faccessat(file->folder_fd, file->last, W_OK, AT_EACCESS) == 0
               ? THUMBS_OK
               : th_outfile_cannot(err, errno);
}

/* Will a folder of that name be made? */
static bool is_dest(const struct th_outfile *file)
{
    struct stat here, there;
    size_t len;
    const char *dest = file->guard->dest;
    if (!dest || file->exists || fstat(file->folder_fd, &here) != 0) return false;
    const size_t begin = th_path_last_part(dest, &len);
    if (len != strlen(file->last) || memcmp(dest + begin, file->last, len) != 0) return false;
    const int fd = th_path_open_parent(dest, begin);
    const bool same = fd >= 0 && fstat(fd, &there) == 0 && is_same(&here, &there);
    if (fd >= 0) close(fd);
    return same;
}

/* A new file in a folder that is walked would be a source of the next run. The names of a list are
 * given one by one. */
static enum thumbs_code check_place(const struct th_outfile *file, bool in_source,
                                    struct thumbs_error *err)
{
    if (!in_source || file->guard->overwrite || file->guard->list) return THUMBS_OK;
    return refuse(err,
                  "lies in a SOURCE: take another folder, or DEST; --overwrite writes it there");
}

/* ---- what there is --------------------------------------------------------------------------- */

static bool is_in_proc(int folder_fd)
{
    struct statfs fs;
    return fstatfs(folder_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* A link like /dev/stdout, by another name. */
static bool leads_to_proc(const struct th_outfile *file)
{
    char target[16];
    return readlinkat(file->folder_fd, file->last, target, sizeof target) > 6 &&
           memcmp(target, "/proc/", 6) == 0;
}

/* st: what stands there, st_mode 0 if nothing does. */
static enum thumbs_code find_kind(struct th_outfile *file, const struct stat *st,
                                  struct thumbs_error *err)
{
    struct stat end = *st;
    if (S_ISLNK(st->st_mode) && fstatat(file->folder_fd, file->last, &end, 0) != 0) end = *st;
    file->kind = TH_OUTFILE_REGULAR;
    if (S_ISDIR(end.st_mode)) return refuse(err, "is a folder");
    if (S_ISBLK(end.st_mode)) return refuse(err, "is a block device, which would be overwritten");
    if (S_ISSOCK(end.st_mode)) return refuse(err, "is a socket, which cannot be opened");
    const bool proc = is_in_proc(file->folder_fd) || (S_ISLNK(st->st_mode) && leads_to_proc(file));
    if (!S_ISCHR(end.st_mode) && !S_ISFIFO(end.st_mode) && !proc) return THUMBS_OK;
    file->kind = TH_OUTFILE_STREAM;
    return th_outfile_check_target(file->guard, &end, err);
}

static bool is_name(const char *part, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(part, name, len) == 0;
}

/* Open the folder, split off the last part. */
static enum thumbs_code find_folder(struct th_outfile *file, bool may_miss,
                                    struct thumbs_error *err)
{
    size_t len;
    const char *name = file->name;
    const size_t begin = th_path_last_part(name, &len);
    if (len == 0 || name[begin + len] == '/') return refuse(err, "is a folder");
    if (len > NAME_MAX) return th_outfile_cannot(err, ENAMETOOLONG);
    if (is_name(name + begin, len, STATE_DIR))
        return refuse(err, "is the name that thumbs uses for its records");
    memcpy(file->last, name + begin, len);
    file->last[len] = '\0';
    if (file->folder_fd < 0) file->folder_fd = th_path_open_parent(name, begin);
    if (file->folder_fd >= 0 || (may_miss && errno == ENOENT)) return THUMBS_OK;
    return th_outfile_cannot(err, errno);
}

enum thumbs_code th_outfile_look(struct th_outfile *file, bool may_miss, struct thumbs_error *err)
{
    struct stat st = {0};
    file->kind = TH_OUTFILE_REGULAR;
    enum thumbs_code code = find_folder(file, may_miss, err);
    if (code != THUMBS_OK || file->folder_fd < 0) return code;
    file->exists = fstatat(file->folder_fd, file->last, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!file->exists && errno != ENOENT) return th_outfile_cannot(err, errno);
    if (!file->exists) st = (struct stat){0};
    file->mode = st.st_mode;
    file->dev = st.st_dev;
    file->ino = st.st_ino;
    code = find_kind(file, &st, err);
    if (code != THUMBS_OK || file->kind != TH_OUTFILE_REGULAR) return code;
    if (is_dest(file)) return refuse(err, "is DEST, which is a folder");
    const bool in_source = is_in_source(file->guard, file->folder_fd);
    if (file->exists) code = check_existing(file, &st, in_source, err);
    return code == THUMBS_OK ? check_place(file, in_source, err) : code;
}

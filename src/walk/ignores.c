/* SPDX-License-Identifier: MIT */
#include "walk/ignores.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sys.h"

#define MAX_FILE_BYTES ((size_t)64 << 10)
#define MAX_ALL_BYTES  ((size_t)1 << 20)

static enum thumbs_code refuse(struct thumbs_error *err, const char *why)
{
    return th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "its " TH_IGNORE_FILE_NAME " %s",
                        why);
}

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK,
                        "no memory for its " TH_IGNORE_FILE_NAME);
}

/* -1 with code OK: there is no such file. That is the usual case, so it costs no descriptor. A
 * folder that may be listed but not searched gives out none of its files; each of those says so
 * itself. */
static enum thumbs_code open_file(int fd, bool follow, int *out, struct thumbs_error *err)
{
    struct stat st;
    *out = -1;
    if (fstatat(fd, TH_IGNORE_FILE_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT || errno == EACCES) return THUMBS_OK;
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                           "cannot look at its " TH_IGNORE_FILE_NAME);
    }
    if (S_ISLNK(st.st_mode) && !follow)
        return refuse(err, "is a symbolic link, which only --follow follows");
    /* O_NONBLOCK: should it be a FIFO by now, nobody waits for it. */
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    const int file = th_openat(fd, TH_IGNORE_FILE_NAME, flags, 0);
    if (file < 0)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                           "cannot open its " TH_IGNORE_FILE_NAME);
    if (fstat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
        th_close(file);
        return refuse(err, "is no regular file");
    }
    *out = file;
    return THUMBS_OK;
}

static bool grow(struct th_ignores *ignores)
{
    struct th_ignores_level *levels =
        th_grow(ignores->levels, &ignores->cap, ignores->n + 1, sizeof *levels);
    if (levels) ignores->levels = levels;
    return levels != NULL;
}

/* Take what an open file holds. */
static enum thumbs_code read_file(struct th_ignores *ignores, int file, size_t path_len,
                                  struct thumbs_error *err)
{
    struct th_ignores_level level = {.path_len = path_len};
    enum thumbs_code code = THUMBS_OK;
    char *text = th_alloc(MAX_FILE_BYTES + 1);
    if (!text || !grow(ignores)) {
        free(text);
        return no_memory(err);
    }
    const ssize_t len = th_read_full(file, text, MAX_FILE_BYTES + 1);
    if (len < 0) {
        code = th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                           "cannot read its " TH_IGNORE_FILE_NAME);
    } else if ((size_t)len > MAX_FILE_BYTES) {
        code = refuse(err, "is larger than 64K");
    } else if ((size_t)len > MAX_ALL_BYTES - ignores->bytes) {
        code = refuse(err, "and those above it are larger than 1M");
    } else if (!(level.file = th_ignore_file_create(text, (size_t)len))) {
        code = no_memory(err);
    } else {
        level.bytes = (size_t)len;
        ignores->bytes += level.bytes;
        ignores->levels[ignores->n++] = level;
    }
    free(text);
    return code;
}

enum thumbs_code th_ignores_enter(struct th_ignores *ignores, int fd, size_t path_len, bool follow,
                                  struct thumbs_error *err)
{
    int file;
    enum thumbs_code code = open_file(fd, follow, &file, err);
    if (code || file < 0) return code;
    code = read_file(ignores, file, path_len, err);
    th_close(file);
    return code;
}

void th_ignores_truncate(struct th_ignores *ignores, size_t n)
{
    while (ignores->n > n) {
        const struct th_ignores_level *level = &ignores->levels[--ignores->n];
        ignores->bytes -= level->bytes;
        th_ignore_file_destroy(level->file);
    }
}

void th_ignores_finish(struct th_ignores *ignores)
{
    th_ignores_truncate(ignores, 0);
    free(ignores->levels);
    *ignores = (struct th_ignores){0};
}

bool th_ignores_leave_out(const struct th_ignores *ignores, const char *path, bool folder)
{
    for (size_t i = ignores->n; i > 0; i--) {
        const struct th_ignores_level *level = &ignores->levels[i - 1];
        const char *below = path + level->path_len + (level->path_len > 0);
        const enum th_verdict verdict = th_ignore_file_judge(level->file, below, folder);
        if (verdict != TH_VERDICT_NONE) return verdict == TH_VERDICT_LEFT_OUT;
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
#include "load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/content.h"
#include "base/error.h"
#include "base/sys.h"
#include "buffers/buffers.h"
#include "load/load_internal.h"

int th_load_open_flags(const struct th_loader *loader)
{
    /* O_NONBLOCK: should the name have become a FIFO since the walk saw a file, the open must not
     * wait for a writer. */
    return O_RDONLY | O_NONBLOCK | O_NOCTTY | (loader->follow ? 0 : O_NOFOLLOW);
}

bool th_load_same_state(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

enum thumbs_code th_load_check_kind(const struct stat *st, struct thumbs_error *err)
{
    if (S_ISREG(st->st_mode)) return THUMBS_OK;
    return th_error_set(err, THUMBS_VANISHED, THUMBS_STAGE_LOAD, "is no longer a regular file");
}

enum thumbs_code th_load_check_size(const struct th_loader *loader, const struct stat *st,
                                    struct thumbs_error *err)
{
    uint64_t bytes = (uint64_t)st->st_size;
    if (bytes <= loader->max_bytes && bytes <= SIZE_MAX / 2) {
        if (!loader->memory_bytes || bytes <= loader->memory_bytes) return THUMBS_OK;
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD,
                            "its %llu MB are more than the %llu MB of memory for a file",
                            (unsigned long long)(bytes >> 20),
                            (unsigned long long)(loader->memory_bytes >> 20));
    }
    return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_LOAD,
                        "%lld bytes, but --max-bytes allows %llu", (long long)st->st_size,
                        (unsigned long long)loader->max_bytes);
}

enum thumbs_code th_load_check_first(const struct th_loader *loader, const char *name,
                                     const uint8_t *first, size_t n_first, struct thumbs_error *err)
{
    if (!loader->judge) return THUMBS_OK;
    return loader->judge(loader->judge_user, name, first, n_first, err);
}

enum thumbs_code th_load_cannot_open(struct thumbs_error *err, int os_errno)
{
    return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_LOAD, os_errno, "cannot open");
}

enum thumbs_code th_load_cannot_stat(struct thumbs_error *err, int os_errno)
{
    return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_LOAD, os_errno, "cannot stat");
}

enum thumbs_code th_load_cannot_read(struct thumbs_error *err, int os_errno)
{
    return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_LOAD, os_errno, "cannot read");
}

bool th_load_is_in_flux(int code)
{
    return code == TH_LOAD_CHANGED || code == TH_LOAD_ODD_LENGTH;
}

enum thumbs_code th_load_give_up(int code, struct thumbs_error *err)
{
    if (code == TH_LOAD_ODD_LENGTH)
        return th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_LOAD,
                            "its length is not what the file system says");
    return th_error_set(err, THUMBS_VANISHED, THUMBS_STAGE_LOAD, "keeps changing while it is read");
}

static enum thumbs_code open_source(const struct th_loader *loader, int dirfd, const char *name,
                                    int *out, struct stat *st, struct thumbs_error *err)
{
    if (loader->latency_ms) usleep(loader->latency_ms * 1000);
    int fd = th_openat(dirfd, name, th_load_open_flags(loader), 0);
    if (fd < 0) return th_load_cannot_open(err, errno);
    enum thumbs_code code =
        fstat(fd, st) == 0 ? th_load_check_kind(st, err) : th_load_cannot_stat(err, errno);
    if (code == THUMBS_OK) {
        *out = fd;
    } else {
        close(fd);
    }
    return code;
}

static enum thumbs_code peek(const struct th_loader *loader, int fd, const char *name,
                             uint8_t *first, size_t *n_first, struct thumbs_error *err)
{
    ssize_t n = th_read_full(fd, first, TH_LOAD_PEEK);
    if (n < 0) return th_load_cannot_read(err, errno);
    *n_first = (size_t)n;
    return th_load_check_first(loader, name, first, (size_t)n, err);
}

/* The rest of the file, straight into the buffer. */
static int read_rest(int fd, struct th_buffer *buffer, const uint8_t *first, size_t n_first,
                     size_t size, struct thumbs_error *err)
{
    memcpy(buffer->data, first, n_first);
    ssize_t n = size > n_first ? th_read_full(fd, buffer->data + n_first, size - n_first) : 0;
    if (n < 0) return (int)th_load_cannot_read(err, errno);
    buffer->len = n_first + (size_t)n;
    return buffer->len == size ? (int)THUMBS_OK : TH_LOAD_ODD_LENGTH;
}

static void tell(const struct th_loader *loader, enum th_load_at at)
{
    if (loader->at) loader->at(loader->at_user, at);
}

static int read_all(const struct th_loader *loader, int fd, const char *name,
                    struct th_buffer **buffer, const struct stat *st, struct thumbs_error *err)
{
    uint8_t first[TH_LOAD_PEEK];
    size_t n_first = 0, size = (size_t)st->st_size;
    int code = (int)peek(loader, fd, name, first, &n_first, err);
    if (code != THUMBS_OK || !loader->buffers) return code;
    if (n_first > size) return TH_LOAD_ODD_LENGTH;
    tell(loader, TH_LOAD_WAITS_FOR_BUFFER);
    code = (int)th_buffers_take(loader->buffers, size, buffer, err);
    tell(loader, TH_LOAD_READING);
    return code == THUMBS_OK ? read_rest(fd, *buffer, first, n_first, size, err) : code;
}

/* `code`, if what was read is what the name stands for now as well: not half an old file and half a
 * new one, nor one that has been replaced since. By name, since a file that has lost its name does
 * not change any more. */
static int unless_changed(const struct th_loader *loader, int dirfd, const char *name,
                          const struct stat *st, int code, struct thumbs_error *err)
{
    struct stat now;
    bool was_judged = code == THUMBS_OK || code == THUMBS_NOT_IMAGE || code == THUMBS_UNSUPPORTED;
    if (!was_judged && code != TH_LOAD_ODD_LENGTH) return code;
    if (fstatat(dirfd, name, &now, loader->follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
        return th_load_same_state(st, &now) ? code : TH_LOAD_CHANGED;
    /* Without its name the second try will tell. */
    return errno == ENOENT ? TH_LOAD_CHANGED : (int)th_load_cannot_read(err, errno);
}

static int load_once(const struct th_loader *loader, int dirfd, const char *name,
                     struct th_buffer **out, struct stat *st, struct thumbs_error *err)
{
    int fd = -1;
    struct th_buffer *buffer = NULL;
    int code = (int)open_source(loader, dirfd, name, &fd, st, err);
    if (code != THUMBS_OK) return code;
    code = (int)th_load_check_size(loader, st, err);
    if (code == THUMBS_OK) code = read_all(loader, fd, name, &buffer, st, err);
    code = unless_changed(loader, dirfd, name, st, code, err);
    close(fd);
    if (code == THUMBS_OK) {
        *out = buffer;
    } else if (buffer) {
        th_buffers_give(loader->buffers, buffer);
    }
    return code;
}

enum thumbs_code th_load_file(const struct th_loader *loader, int dirfd, const char *name,
                              struct th_buffer **buffer, struct stat *st, struct thumbs_error *err)
{
    int code = load_once(loader, dirfd, name, buffer, st, err);
    if (th_load_is_in_flux(code)) code = load_once(loader, dirfd, name, buffer, st, err);
    return th_load_is_in_flux(code) ? th_load_give_up(code, err) : (enum thumbs_code)code;
}

uint64_t th_load_content(const struct th_loader *loader, int dirfd, const char *name, bool follow,
                         const struct stat *st)
{
    struct th_content content;
    struct stat now;
    uint8_t part[1 << 16];
    uint64_t left = (uint64_t)st->st_size;
    int flags = th_load_open_flags(loader) & (follow ? ~O_NOFOLLOW : ~0);
    int fd = th_openat(dirfd, name, flags, 0);
    if (fd < 0) return 0;
    th_content_begin(&content);
    while (left > 0) {
        size_t most = left < sizeof part ? (size_t)left : sizeof part;
        ssize_t n = th_read_full(fd, part, most);
        if (n != (ssize_t)most) break;
        th_content_add(&content, part, most);
        left -= most;
    }
    bool same = fstat(fd, &now) == 0 && th_load_same_state(st, &now);
    close(fd);
    return same && left == 0 ? th_content_end(&content) : 0;
}

struct th_pool {
    bool (*step)(void *user);
    void *user;
    unsigned n_threads;
    pthread_t threads[];
};

static void *pool_thread(void *arg)
{
    struct th_pool *pool = arg;
    while (pool->step(pool->user)) {
    }
    return NULL;
}

enum thumbs_code th_pool_create(unsigned n_threads, bool (*step)(void *user), void *user,
                                struct th_pool **out, struct thumbs_error *err)
{
    struct th_pool *pool = th_calloc(1, sizeof *pool + n_threads * sizeof *pool->threads);
    if (!pool)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD, "no memory for %u I/O threads",
                            n_threads);
    pool->step = step;
    pool->user = user;
    int failed = 0;
    for (unsigned i = 0; i < n_threads && !failed; i++) {
        failed = th_thread_start(&pool->threads[i], pool_thread, pool);
        if (!failed) pool->n_threads++;
    }
    if (pool->n_threads == 0) {
        free(pool);
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD, failed,
                           "cannot start one I/O thread");
    }
    *out = pool;
    return THUMBS_OK;
}

unsigned th_pool_threads(const struct th_pool *pool)
{
    return pool->n_threads;
}

void th_pool_join(struct th_pool *pool)
{
    if (!pool) return;
    for (unsigned i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    free(pool);
}

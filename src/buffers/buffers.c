/* SPDX-License-Identifier: MIT */
#include "buffers/buffers.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/filelimit.h"
#include "base/num.h"
#include "base/sys.h"

static const size_t grain_bytes = (size_t)64
                                  << 10; /* mappings grow in these, so small files share one size */

struct waiter {
    pthread_cond_t wake;
    struct waiter *next;
};

struct th_buffers {
    bool shared;
    unsigned n_buffers;
    uint64_t budget;

    /* Taken twice a file for a few dozen nanoseconds, never while calling out or mapping memory. */
    pthread_mutex_t lock;
    uint64_t in_use;
    uint64_t kept; /* resident beyond what is charged: in buffers that are free, or hold a smaller
                      file */
    struct th_buffer *free; /* last in, first out: the warmest pages */
    struct waiter *first, **last;
    bool cancelled;
    struct th_buffer *all;
};

enum thumbs_code th_buffers_create(unsigned n_buffers, uint64_t budget_bytes, bool shared,
                                   struct th_buffers **out, struct thumbs_error *err)
{
    if (n_buffers < 1 || n_buffers > TH_BUFFERS_MAX || budget_bytes < 1)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_LOAD, "%u buffers are not possible",
                            n_buffers);
    struct th_buffers *s = th_calloc(1, sizeof *s);
    struct th_buffer *all = s ? th_calloc(n_buffers, sizeof *all) : NULL;
    if (!all) {
        free(s);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD, "no memory for %u file buffers",
                            n_buffers);
    }
    s->shared = shared;
    s->n_buffers = n_buffers;
    s->budget = budget_bytes;
    s->all = all;
    s->last = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    for (unsigned i = n_buffers; i-- > 0;) {
        all[i] = (struct th_buffer){.id = i, .fd = -1, .write_fd = -1, .next_free = s->free};
        s->free = &all[i];
    }
    *out = s;
    return THUMBS_OK;
}

static void release_memory(struct th_buffer *buffer)
{
    if (buffer->data) munmap(buffer->data, buffer->cap);
    if (buffer->fd >= 0 && buffer->fd != buffer->write_fd) close(buffer->fd);
    if (buffer->write_fd >= 0) close(buffer->write_fd);
    buffer->data = NULL;
    buffer->cap = 0;
    buffer->fd = buffer->write_fd = -1;
}

void th_buffers_destroy(struct th_buffers *s)
{
    if (!s) return;
    for (unsigned i = 0; i < s->n_buffers; i++)
        release_memory(&s->all[i]);
    pthread_mutex_destroy(&s->lock);
    free(s->all);
    free(s);
}

/* A descriptor of the same memory that can only be mapped for reading: a worker that a hostile file
 * has taken over must not change the bytes of the next file of another worker. Without /proc the
 * writable one has to do. */
static int read_only_fd(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int ro = open(path, O_RDONLY | O_CLOEXEC);
    return ro >= 0 ? ro : fd;
}

static bool make_memfd(struct th_buffer *buffer)
{
    if (buffer->write_fd >= 0) return true;
    buffer->write_fd =
        th_fault(TH_FAULT_MMAP) ? -1 : memfd_create("thumbs-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (buffer->write_fd < 0) return false;
    /* It only grows. Nobody can make reading it fault, even where the worker has got the writable
     * one. */
    (void)fcntl(buffer->write_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL);
    buffer->fd = read_only_fd(buffer->write_fd);
    return true;
}

/* Shared memory is a file to the kernel. False, with EFBIG: `bytes` are more than one may have. */
static bool fit_file_limit(size_t bytes, size_t *cap)
{
    uint64_t most = th_file_limit();
    if (*cap <= most) return true;
    *cap = bytes;
    errno = EFBIG;
    return bytes <= most;
}

/* Make room for `bytes`. On failure the buffer is as it was, or without memory. */
static bool grow(struct th_buffers *s, struct th_buffer *buffer, size_t bytes)
{
    size_t cap;
    if (bytes <= buffer->cap) return true;
    if (!th_add_size(bytes, grain_bytes - 1, &cap)) return false;
    cap -= cap % grain_bytes;
    if (s->shared) {
        if (!fit_file_limit(bytes, &cap) || !make_memfd(buffer) ||
            ftruncate(buffer->write_fd, (off_t)cap) != 0)
            return false;
    }
    if (th_fault(TH_FAULT_MMAP)) return false;
    void *data;
    if (buffer->data) {
        data = mremap(buffer->data, buffer->cap, cap, MREMAP_MAYMOVE);
    } else if (s->shared) {
        data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->write_fd, 0);
    } else {
        data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (data == MAP_FAILED) return false;
    buffer->data = data;
    buffer->cap = cap;
    return true;
}

/* Give the memory behind the first `keep` bytes back to the system. */
static void trim(const struct th_buffers *s, struct th_buffer *buffer, size_t keep)
{
    /* MADV_REMOVE punches a hole into the memfd, which frees its pages for every process that maps
     * it. */
    madvise(buffer->data + keep, buffer->cap - keep, s->shared ? MADV_REMOVE : MADV_DONTNEED);
    buffer->touched = keep;
}

/* With the lock held: how much of a buffer that comes back may stay warm. */
static size_t may_keep(const struct th_buffers *s)
{
    uint64_t most = s->budget / 8;
    uint64_t room = s->kept < most ? most - s->kept : 0;
    size_t keep = room < TH_BUFFER_KEEP_BYTES ? (size_t)room : TH_BUFFER_KEEP_BYTES;
    return keep - keep % grain_bytes;
}

static bool has_room(const struct th_buffers *s, uint64_t bytes)
{
    if (!s->free) return false;
    return s->in_use == 0 || (bytes <= s->budget && s->in_use <= s->budget - bytes);
}

/* Wait at the end of the line until it is our turn and there is room. Called and left with the lock
 * held. */
static void wait_in_line(struct th_buffers *s, uint64_t bytes)
{
    struct waiter me = {.next = NULL};
    pthread_cond_init(&me.wake, NULL);
    *s->last = &me;
    s->last = &me.next;
    while (!s->cancelled && (s->first != &me || !has_room(s, bytes)))
        pthread_cond_wait(&me.wake, &s->lock);
    /* Cancelled waiters leave in any order. */
    struct waiter **link = &s->first;
    while (*link != &me)
        link = &(*link)->next;
    *link = me.next;
    if (s->last == &me.next) s->last = link;
    pthread_cond_destroy(&me.wake);
}

static void wake_first(struct th_buffers *s)
{
    if (s->first) pthread_cond_signal(&s->first->wake);
}

static bool must_wait(const struct th_buffers *s, uint64_t bytes)
{
    return !s->cancelled && (s->first || !has_room(s, bytes));
}

static struct th_buffer *take_locked(struct th_buffers *s, uint64_t bytes)
{
    if (must_wait(s, bytes)) wait_in_line(s, bytes);
    if (s->cancelled) return NULL;
    struct th_buffer *buffer = s->free;
    s->free = buffer->next_free;
    s->kept -= buffer->touched;
    s->in_use += bytes;
    buffer->charged = bytes;
    if (buffer->touched > bytes) s->kept += buffer->touched - bytes;
    wake_first(s); /* there may be room for the next in line as well */
    return buffer;
}

/* What take_locked() gave, made ready to hold `bytes`. Outside the lock, since it may map
 * memory. */
static enum thumbs_code make_ready(struct th_buffers *s, struct th_buffer *buffer, size_t bytes,
                                   struct th_buffer **out, struct thumbs_error *err)
{
    if (!buffer) return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_LOAD, "the run was stopped");
    buffer->len = 0;
    if (!grow(s, buffer, bytes ? bytes : 1)) {
        int os_errno = errno;
        th_buffers_give(s, buffer);
        if (os_errno == EFBIG)
            return th_error_set(
                err, THUMBS_MEMORY, THUMBS_STAGE_LOAD,
                "its %zu bytes are more than ulimit -f allows, which counts for memory shared with "
                "workers; --mode=threads shares none",
                bytes);
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD, os_errno,
                           "no memory for a file of %zu bytes", bytes);
    }
    *out = buffer;
    return THUMBS_OK;
}

enum thumbs_code th_buffers_take(struct th_buffers *s, size_t bytes, struct th_buffer **out,
                                 struct thumbs_error *err)
{
    pthread_mutex_lock(&s->lock);
    struct th_buffer *buffer = take_locked(s, bytes);
    pthread_mutex_unlock(&s->lock);
    return make_ready(s, buffer, bytes, out, err);
}

bool th_buffers_try_take(struct th_buffers *s, size_t bytes, struct th_buffer **out,
                         enum thumbs_code *code, struct thumbs_error *err)
{
    struct th_buffer *buffer = NULL;
    pthread_mutex_lock(&s->lock);
    bool wait = must_wait(s, bytes);
    if (!wait) buffer = take_locked(s, bytes);
    pthread_mutex_unlock(&s->lock);
    if (wait) return false;
    *code = make_ready(s, buffer, bytes, out, err);
    return true;
}

/* With the lock held: what the buffer holds beyond its charge is not counted any more, and it may
 * keep this much. What it will keep is taken from the room at once, before others ask. */
static size_t settle(struct th_buffers *s, struct th_buffer *buffer)
{
    uint64_t charged = buffer->charged;
    if (buffer->touched > charged) {
        s->kept -= buffer->touched - charged;
    } else {
        buffer->touched = charged < buffer->cap ? (size_t)charged : buffer->cap;
    }
    size_t keep = may_keep(s);
    if (keep > buffer->touched) keep = buffer->touched;
    s->kept += keep;
    return keep;
}

void th_buffers_give(struct th_buffers *s, struct th_buffer *buffer)
{
    if (!buffer) return;
    pthread_mutex_lock(&s->lock);
    size_t keep = settle(s, buffer);
    if (keep < buffer->touched) {
        pthread_mutex_unlock(&s->lock);
        trim(s, buffer, keep);
        pthread_mutex_lock(&s->lock);
    }
    s->in_use -= buffer->charged;
    buffer->charged = 0;
    buffer->next_free = s->free;
    s->free = buffer;
    wake_first(s);
    pthread_mutex_unlock(&s->lock);
}

void th_buffers_cancel(struct th_buffers *s)
{
    pthread_mutex_lock(&s->lock);
    s->cancelled = true;
    for (struct waiter *w = s->first; w; w = w->next)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&s->lock);
}

uint64_t th_buffers_in_use_bytes(struct th_buffers *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t bytes = s->in_use;
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

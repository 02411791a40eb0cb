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
static const size_t cheap_bytes = (size_t)256 << 10; /* fresh ones that nobody waits to be spared */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct waiter {
    pthread_cond_t wake;
    struct waiter *next;
};

struct th_buffers {
    bool shared;
    unsigned n_buffers;
    unsigned n_eager; /* so many that are out may each have got fresh memory */
    uint64_t budget;

    /* Taken twice a file for a few dozen nanoseconds, never while calling out or mapping memory. */
    pthread_mutex_t lock;
    unsigned n_out;
    uint64_t in_use;
    uint64_t behind;           /* resident behind the ends of files, in buffers that are out */
    uint64_t idle;             /* resident in free buffers */
    struct th_buffer *warmest; /* free ones with pages: taken from this end ... */
    struct th_buffer *coldest; /* ... and trimmed from that */
    struct th_buffer *blank;   /* free ones without, linked by `colder` */
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
    s->n_buffers = s->n_eager = n_buffers;
    s->budget = budget_bytes;
    s->all = all;
    s->last = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    for (unsigned i = n_buffers; i-- > 0;) {
        all[i] = (struct th_buffer){.id = i, .fd = -1, .write_fd = -1, .colder = s->blank};
        s->blank = &all[i];
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

/* The functions from here to take_locked() expect the lock. */

static void put_warm(struct th_buffers *s, struct th_buffer *buffer)
{
    buffer->warmer = NULL;
    buffer->colder = s->warmest;
    *(s->warmest ? &s->warmest->warmer : &s->coldest) = buffer;
    s->warmest = buffer;
}

static void put_cold(struct th_buffers *s, struct th_buffer *buffer)
{
    buffer->colder = NULL;
    buffer->warmer = s->coldest;
    *(s->coldest ? &s->coldest->colder : &s->warmest) = buffer;
    s->coldest = buffer;
}

static void put_blank(struct th_buffers *s, struct th_buffer *buffer)
{
    buffer->colder = s->blank;
    s->blank = buffer;
}

static void remove_warm(struct th_buffers *s, struct th_buffer *buffer)
{
    *(buffer->warmer ? &buffer->warmer->colder : &s->warmest) = buffer->colder;
    *(buffer->colder ? &buffer->colder->warmer : &s->coldest) = buffer->warmer;
}

/* Does `a` serve a file of so many bytes better? The smaller one that needs no fresh memory, so
 * that large files find the larger ones; else the one that needs the least. */
static bool fits_better(const struct th_buffer *a, const struct th_buffer *b, uint64_t bytes)
{
    if (a->touched >= bytes) return b->touched < bytes || a->touched < b->touched;
    return a->touched > b->touched;
}

/* The free buffer with pages that serves such a file best; of equals the warmest. NULL: none. */
static struct th_buffer *find_warm(const struct th_buffers *s, uint64_t bytes)
{
    struct th_buffer *best = s->warmest;
    for (struct th_buffer *one = best; one; one = one->colder) {
        if (fits_better(one, best, bytes)) best = one;
    }
    return best;
}

/* There must be one. */
static struct th_buffer *pop_free(struct th_buffers *s, uint64_t bytes)
{
    struct th_buffer *buffer = find_warm(s, bytes);
    if (buffer) {
        remove_warm(s, buffer);
    } else {
        buffer = s->blank;
        s->blank = buffer->colder;
    }
    return buffer;
}

/* What may be resident in all buffers while `in_use` bytes of files are out. A few large files at
 * rest are no reason to hold the whole budget, so with none out it is the eighth alone. */
static uint64_t most_resident(const struct th_buffers *s, uint64_t in_use)
{
    uint64_t files = in_use > s->budget ? in_use : s->budget;
    return th_add_sat(in_use ? files : 0, s->budget / 8);
}

static uint64_t room_beside(uint64_t held, uint64_t most)
{
    return held < most ? most - held : 0;
}

/* Is it worth fresh memory to have this file beside those that are out? */
static bool is_worth_memory(const struct th_buffers *s, uint64_t bytes)
{
    if (s->n_out < s->n_eager || bytes <= cheap_bytes) return true;
    const struct th_buffer *warm = find_warm(s, bytes);
    return warm && th_add_sat(warm->touched, cheap_bytes) >= bytes;
}

static bool has_room(const struct th_buffers *s, uint64_t bytes)
{
    if ((!s->warmest && !s->blank) || !is_worth_memory(s, bytes)) return false;
    uint64_t held = s->in_use + s->behind;
    if (held == 0) return true;
    return bytes <= room_beside(s->in_use, s->budget) &&
           bytes <= room_beside(held, most_resident(s, s->in_use + bytes));
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

/* Of what the buffer holds beyond its file, keep all there is room for, or nothing. */
static void count_behind(struct th_buffers *s, struct th_buffer *buffer)
{
    size_t bytes = (size_t)buffer->charged;
    buffer->keep = buffer->touched;
    if (buffer->touched <= bytes) return;
    if (buffer->touched - bytes > room_beside(s->in_use + s->behind, most_resident(s, s->in_use))) {
        size_t part = bytes % grain_bytes;
        if (part && grain_bytes - part < buffer->keep - bytes)
            buffer->keep = bytes + (grain_bytes - part);
        if (!part) buffer->keep = bytes;
    }
    s->behind += buffer->keep - bytes;
}

static struct th_buffer *take_locked(struct th_buffers *s, uint64_t bytes)
{
    if (must_wait(s, bytes)) wait_in_line(s, bytes);
    if (s->cancelled) return NULL;
    struct th_buffer *buffer = pop_free(s, bytes);
    s->n_out++;
    s->idle -= buffer->touched;
    s->in_use += bytes;
    buffer->charged = bytes;
    count_behind(s, buffer);
    wake_first(s); /* there may be room for the next in line as well */
    return buffer;
}

/* Free buffers lose pages until what is resident is no more than it may be. The lock is held, and
 * let go for each of them. */
static void cool(struct th_buffers *s)
{
    struct th_buffer *buffer;
    for (;;) {
        uint64_t most = most_resident(s, s->in_use), held = s->in_use + s->behind + s->idle;
        if (held <= most || !(buffer = s->coldest)) return;
        size_t had = buffer->touched, keep = (size_t)room_beside(held - most, had);
        keep -= keep % grain_bytes;
        remove_warm(s, buffer);
        pthread_mutex_unlock(&s->lock);
        trim(s, buffer, keep);
        pthread_mutex_lock(&s->lock);
        s->idle -= had - keep;
        (keep ? put_cold : put_blank)(s, buffer);
        wake_first(s);
    }
}

/* Pages that the file will fill, all at once: one call costs less than a fault for each. It is a
 * hint; what it cannot do (Linux before 5.14), reading does. */
static void populate(const struct th_buffer *buffer, size_t bytes)
{
    size_t from = buffer->touched - buffer->touched % grain_bytes;
    if (bytes <= from || bytes - from < grain_bytes) return;
    (void)madvise(buffer->data + from, bytes - from, MADV_POPULATE_WRITE);
}

/* What take_locked() gave, made ready to hold `bytes`. Outside the lock, since it may map
 * memory. */
static enum thumbs_code make_ready(struct th_buffers *s, struct th_buffer *buffer, size_t bytes,
                                   struct th_buffer **out, struct thumbs_error *err)
{
    if (!buffer) return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_LOAD, "the run was stopped");
    buffer->len = 0;
    if (buffer->touched > buffer->keep) trim(s, buffer, buffer->keep);
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
    populate(buffer, bytes);
    *out = buffer;
    return THUMBS_OK;
}

enum thumbs_code th_buffers_take(struct th_buffers *s, size_t bytes, struct th_buffer **out,
                                 struct thumbs_error *err)
{
    pthread_mutex_lock(&s->lock);
    struct th_buffer *buffer = take_locked(s, bytes);
    cool(s);
    pthread_mutex_unlock(&s->lock);
    return make_ready(s, buffer, bytes, out, err);
}

bool th_buffers_try_take(struct th_buffers *s, size_t bytes, struct th_buffer **out,
                         enum thumbs_code *code, struct thumbs_error *err)
{
    struct th_buffer *buffer = NULL;
    pthread_mutex_lock(&s->lock);
    bool wait = must_wait(s, bytes);
    if (!wait) {
        buffer = take_locked(s, bytes);
        cool(s);
    }
    pthread_mutex_unlock(&s->lock);
    if (wait) return false;
    *code = make_ready(s, buffer, bytes, out, err);
    return true;
}

/* With the lock held: what the buffer holds is not counted as out any more, and it may keep this
 * much. That is taken from the room at once, before others ask. */
static size_t settle(struct th_buffers *s, struct th_buffer *buffer)
{
    uint64_t charged = buffer->charged, rest = s->in_use - charged;
    if (buffer->touched > charged) {
        s->behind -= buffer->touched - charged;
    } else {
        buffer->touched = charged < buffer->cap ? (size_t)charged : buffer->cap;
    }
    uint64_t room = room_beside(rest + s->behind + s->idle, most_resident(s, rest));
    size_t keep = buffer->touched;
    if (keep > room) keep = (size_t)(room - room % grain_bytes);
    s->idle += keep;
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
    s->n_out--;
    s->in_use -= buffer->charged;
    buffer->charged = 0;
    (keep ? put_warm : put_blank)(s, buffer);
    wake_first(s);
    if (s->in_use == 0) cool(s);
    pthread_mutex_unlock(&s->lock);
}

void th_buffers_spare_memory(struct th_buffers *s, unsigned n_eager)
{
    s->n_eager = n_eager > 1 ? n_eager : 1;
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

uint64_t th_buffers_kept_bytes(struct th_buffers *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t bytes = s->behind + s->idle;
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

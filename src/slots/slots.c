#include "slots/slots.h"

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

static const size_t grain_bytes = (size_t)64 << 10; /* mappings grow in these, so small files share one size */

struct waiter {
    pthread_cond_t wake;
    struct waiter *next;
};

struct th_slots {
    bool shared;
    unsigned n_slots;
    uint64_t budget;

    /* Taken twice a file for a few dozen nanoseconds, never while calling out or mapping memory. */
    pthread_mutex_t lock;
    uint64_t in_use;
    uint64_t kept;        /* resident beyond what is charged: in slots that are free, or hold a smaller file */
    struct th_slot *free; /* last in, first out: the warmest pages */
    struct waiter *first, **last;
    bool cancelled;
    struct th_slot *all;
};

enum thumbs_code th_slots_create(unsigned n_slots, uint64_t budget_bytes, bool shared, struct th_slots **out,
                                 struct thumbs_error *err)
{
    if (n_slots < 1 || n_slots > TH_SLOTS_MAX || budget_bytes < 1)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_LOAD, "%u buffers are not possible", n_slots);
    struct th_slots *s = th_calloc(1, sizeof *s);
    struct th_slot *all = s ? th_calloc(n_slots, sizeof *all) : NULL;
    if (!all) {
        free(s);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD, "no memory for %u file buffers", n_slots);
    }
    s->shared = shared;
    s->n_slots = n_slots;
    s->budget = budget_bytes;
    s->all = all;
    s->last = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    for (unsigned i = n_slots; i-- > 0;) {
        all[i] = (struct th_slot){.id = i, .fd = -1, .write_fd = -1, .next_free = s->free};
        s->free = &all[i];
    }
    *out = s;
    return THUMBS_OK;
}

static void release_memory(struct th_slot *slot)
{
    if (slot->data) munmap(slot->data, slot->cap);
    if (slot->fd >= 0 && slot->fd != slot->write_fd) close(slot->fd);
    if (slot->write_fd >= 0) close(slot->write_fd);
    slot->data = NULL;
    slot->cap = 0;
    slot->fd = slot->write_fd = -1;
}

void th_slots_destroy(struct th_slots *s)
{
    if (!s) return;
    for (unsigned i = 0; i < s->n_slots; i++)
        release_memory(&s->all[i]);
    pthread_mutex_destroy(&s->lock);
    free(s->all);
    free(s);
}

/* A descriptor of the same memory that can only be mapped for reading: a worker that a hostile file has taken over
 * must not change the bytes of the next file of another worker. Without /proc the writable one has to do. */
static int read_only_fd(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int ro = open(path, O_RDONLY | O_CLOEXEC);
    return ro >= 0 ? ro : fd;
}

static bool make_memfd(struct th_slot *slot)
{
    if (slot->write_fd >= 0) return true;
    slot->write_fd = th_fault(TH_FAULT_MMAP) ? -1 : memfd_create("thumbs-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (slot->write_fd < 0) return false;
    /* It only grows. Nobody can make reading it fault, even where the worker has got the writable one. */
    (void)fcntl(slot->write_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL);
    slot->fd = read_only_fd(slot->write_fd);
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

/* Make room for `bytes`. On failure the slot is as it was, or without memory. */
static bool grow(struct th_slots *s, struct th_slot *slot, size_t bytes)
{
    size_t cap;
    if (bytes <= slot->cap) return true;
    if (!th_add_size(bytes, grain_bytes - 1, &cap)) return false;
    cap -= cap % grain_bytes;
    if (s->shared) {
        if (!fit_file_limit(bytes, &cap) || !make_memfd(slot) || ftruncate(slot->write_fd, (off_t)cap) != 0)
            return false;
    }
    if (th_fault(TH_FAULT_MMAP)) return false;
    void *data;
    if (slot->data) {
        data = mremap(slot->data, slot->cap, cap, MREMAP_MAYMOVE);
    } else if (s->shared) {
        data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_SHARED, slot->write_fd, 0);
    } else {
        data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (data == MAP_FAILED) return false;
    slot->data = data;
    slot->cap = cap;
    return true;
}

/* Give the memory behind the first `keep` bytes back to the system. */
static void trim(const struct th_slots *s, struct th_slot *slot, size_t keep)
{
    /* MADV_REMOVE punches a hole into the memfd, which frees its pages for every process that maps it. */
    madvise(slot->data + keep, slot->cap - keep, s->shared ? MADV_REMOVE : MADV_DONTNEED);
    slot->touched = keep;
}

/* With the lock held: how much of a slot that comes back may stay warm. */
static size_t may_keep(const struct th_slots *s)
{
    uint64_t most = s->budget / 8;
    uint64_t room = s->kept < most ? most - s->kept : 0;
    size_t keep = room < TH_SLOT_KEEP_BYTES ? (size_t)room : TH_SLOT_KEEP_BYTES;
    return keep - keep % grain_bytes;
}

static bool has_room(const struct th_slots *s, uint64_t bytes)
{
    if (!s->free) return false;
    return s->in_use == 0 || (bytes <= s->budget && s->in_use <= s->budget - bytes);
}

/* Wait at the end of the line until it is our turn and there is room. Called and left with the lock held. */
static void wait_in_line(struct th_slots *s, uint64_t bytes)
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

static void wake_first(struct th_slots *s)
{
    if (s->first) pthread_cond_signal(&s->first->wake);
}

static bool must_wait(const struct th_slots *s, uint64_t bytes)
{
    return !s->cancelled && (s->first || !has_room(s, bytes));
}

static struct th_slot *take_locked(struct th_slots *s, uint64_t bytes)
{
    if (must_wait(s, bytes)) wait_in_line(s, bytes);
    if (s->cancelled) return NULL;
    struct th_slot *slot = s->free;
    s->free = slot->next_free;
    s->kept -= slot->touched;
    s->in_use += bytes;
    slot->charged = bytes;
    if (slot->touched > bytes) s->kept += slot->touched - bytes;
    wake_first(s); /* there may be room for the next in line as well */
    return slot;
}

/* What take_locked() gave, made ready to hold `bytes`. Outside the lock, since it may map memory. */
static enum thumbs_code make_ready(struct th_slots *s, struct th_slot *slot, size_t bytes, struct th_slot **out,
                                   struct thumbs_error *err)
{
    if (!slot) return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_LOAD, "the run was stopped");
    slot->len = 0;
    if (!grow(s, slot, bytes ? bytes : 1)) {
        int os_errno = errno;
        th_slots_give(s, slot);
        if (os_errno == EFBIG)
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD,
                                "its %zu bytes are more than ulimit -f allows, which counts for memory shared with "
                                "workers; --mode=threads shares none",
                                bytes);
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD, os_errno, "no memory for a file of %zu bytes", bytes);
    }
    *out = slot;
    return THUMBS_OK;
}

enum thumbs_code th_slots_take(struct th_slots *s, size_t bytes, struct th_slot **out, struct thumbs_error *err)
{
    pthread_mutex_lock(&s->lock);
    struct th_slot *slot = take_locked(s, bytes);
    pthread_mutex_unlock(&s->lock);
    return make_ready(s, slot, bytes, out, err);
}

bool th_slots_try_take(struct th_slots *s, size_t bytes, struct th_slot **out, enum thumbs_code *code,
                       struct thumbs_error *err)
{
    struct th_slot *slot = NULL;
    pthread_mutex_lock(&s->lock);
    bool wait = must_wait(s, bytes);
    if (!wait) slot = take_locked(s, bytes);
    pthread_mutex_unlock(&s->lock);
    if (wait) return false;
    *code = make_ready(s, slot, bytes, out, err);
    return true;
}

/* With the lock held: what the slot holds beyond its charge is not counted any more, and it may keep this much. What it
 * will keep is taken from the room at once, before others ask. */
static size_t settle(struct th_slots *s, struct th_slot *slot)
{
    uint64_t charged = slot->charged;
    if (slot->touched > charged) {
        s->kept -= slot->touched - charged;
    } else {
        slot->touched = charged < slot->cap ? (size_t)charged : slot->cap;
    }
    size_t keep = may_keep(s);
    if (keep > slot->touched) keep = slot->touched;
    s->kept += keep;
    return keep;
}

void th_slots_give(struct th_slots *s, struct th_slot *slot)
{
    if (!slot) return;
    pthread_mutex_lock(&s->lock);
    size_t keep = settle(s, slot);
    if (keep < slot->touched) {
        pthread_mutex_unlock(&s->lock);
        trim(s, slot, keep);
        pthread_mutex_lock(&s->lock);
    }
    s->in_use -= slot->charged;
    slot->charged = 0;
    slot->next_free = s->free;
    s->free = slot;
    wake_first(s);
    pthread_mutex_unlock(&s->lock);
}

void th_slots_cancel(struct th_slots *s)
{
    pthread_mutex_lock(&s->lock);
    s->cancelled = true;
    for (struct waiter *w = s->first; w; w = w->next)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&s->lock);
}

uint64_t th_slots_in_use_bytes(struct th_slots *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t bytes = s->in_use;
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

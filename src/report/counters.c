/* SPDX-License-Identifier: MIT */
/* counters.c - totals of a run, added to by many threads and read by one now and then. */
#include "report/report.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/sys.h"

/* Two lines of 64 bytes: processors fetch lines in pairs, so neighbours
 * one line apart would still disturb each other. */
#define SHARD_ALIGN 128
#define N_SHARDS    64 /* a power of two */

enum {
    COUNT_STATUS = 0, /* THUMBS_N_STATUSES of them */
    COUNT_FOUND = THUMBS_N_STATUSES,
    COUNT_NAMED_SKIPPED,
    COUNT_OTHER_SHARDS,
    COUNT_REMOVED,
    COUNT_WALK_NS,
    COUNT_BYTES,
    COUNT_PIXELS,
    COUNT_LOAD_NS,
    COUNT_WAIT_NS,
    COUNT_DECODE_NS,
    COUNT_RESIZE_NS,
    COUNT_ENCODE_NS,
    COUNT_WRITE_NS,
    N_COUNTS
};

struct shard {
    _Alignas(SHARD_ALIGN) _Atomic uint64_t count[N_COUNTS];
};

struct th_counters {
    void *memory;         /* what `shards` was cut from */
    struct shard *shards; /* N_SHARDS, aligned */
    atomic_bool walk_done;
    uint64_t start_ns;
};

/* Which shard a thread adds to. State of the process rather than of one th_counters, because a
 * thread has to find its number without a lookup; sharing a shard is slower but never wrong. */
static atomic_uint next_shard;
static _Thread_local unsigned my_shard; /* number + 1, 0 while it has none */

static struct shard *own_shard(struct th_counters *c)
{
    if (my_shard == 0)
        my_shard = atomic_fetch_add_explicit(&next_shard, 1, memory_order_relaxed) % N_SHARDS + 1;
    return &c->shards[my_shard - 1];
}

struct th_counters *th_counters_create(void)
{
    struct th_counters *c = th_calloc(1, sizeof(*c));
    if (!c) return NULL;
    c->memory = th_calloc(1, N_SHARDS * sizeof(struct shard) + SHARD_ALIGN - 1);
    if (!c->memory) {
        free(c);
        return NULL;
    }
    c->shards =
        (struct shard *)(((uintptr_t)c->memory + SHARD_ALIGN - 1) & ~(uintptr_t)(SHARD_ALIGN - 1));
    c->start_ns = th_now_ns();
    return c;
}

void th_counters_destroy(struct th_counters *c)
{
    if (!c) return;
    free(c->memory);
    free(c);
}

static void add(struct shard *shard, int i_count, uint64_t n)
{
    if (n) atomic_fetch_add_explicit(&shard->count[i_count], n, memory_order_relaxed);
}

void th_counters_add(struct th_counters *c, const struct thumbs_event *event)
{
    struct shard *shard = own_shard(c);
    const enum thumbs_status status = event->status;
    const bool made = status == THUMBS_STATUS_DONE || status == THUMBS_STATUS_DAMAGED;
    if ((unsigned)status < THUMBS_N_STATUSES) add(shard, COUNT_STATUS + (int)status, 1);
    add(shard, COUNT_NAMED_SKIPPED, status == THUMBS_STATUS_SKIPPED && event->named);
    /* An up-to-date source was not opened, and of one that is no image at most the first bytes were
     * read. */
    if (made || status == THUMBS_STATUS_FAILED) add(shard, COUNT_BYTES, event->bytes);
    if (made) add(shard, COUNT_PIXELS, (uint64_t)event->width * event->height);
    add(shard, COUNT_LOAD_NS, event->times.load);
    add(shard, COUNT_WAIT_NS, event->times.wait);
    add(shard, COUNT_DECODE_NS, event->times.decode);
    add(shard, COUNT_RESIZE_NS, event->times.resize);
    add(shard, COUNT_ENCODE_NS, event->times.encode);
    add(shard, COUNT_WRITE_NS, event->times.write);
}

void th_counters_found(struct th_counters *c, uint64_t n, uint64_t walk_ns)
{
    struct shard *shard = own_shard(c);
    add(shard, COUNT_FOUND, n);
    add(shard, COUNT_WALK_NS, walk_ns);
}

void th_counters_other_shards(struct th_counters *c, uint64_t n)
{
    add(own_shard(c), COUNT_OTHER_SHARDS, n);
}

void th_counters_removed(struct th_counters *c, uint64_t n)
{
    add(own_shard(c), COUNT_REMOVED, n);
}

void th_counters_walk_done(struct th_counters *c)
{
    /* Released, so that whoever sees it also sees all that was found. */
    atomic_store_explicit(&c->walk_done, true, memory_order_release);
}

void th_counters_read(const struct th_counters *c, struct thumbs_totals *out)
{
    uint64_t sum[N_COUNTS] = {0};
    const bool walk_done = atomic_load_explicit(&c->walk_done, memory_order_acquire);
    for (size_t i_shard = 0; i_shard < N_SHARDS; i_shard++) {
        for (size_t i = 0; i < N_COUNTS; i++)
            sum[i] += atomic_load_explicit(&c->shards[i_shard].count[i], memory_order_relaxed);
    }
    *out = (struct thumbs_totals){
        .named_skipped = sum[COUNT_NAMED_SKIPPED],
        .found = sum[COUNT_FOUND],
        .other_shards = sum[COUNT_OTHER_SHARDS],
        .removed = sum[COUNT_REMOVED],
        .walk_done = walk_done,
        .bytes = sum[COUNT_BYTES],
        .pixels = sum[COUNT_PIXELS],
        .times = {.load = sum[COUNT_LOAD_NS],
                  .wait = sum[COUNT_WAIT_NS],
                  .decode = sum[COUNT_DECODE_NS],
                  .resize = sum[COUNT_RESIZE_NS],
                  .encode = sum[COUNT_ENCODE_NS],
                  .write = sum[COUNT_WRITE_NS]},
        .walk_ns = sum[COUNT_WALK_NS],
        .seconds = (double)(th_now_ns() - c->start_ns) / 1e9,
    };
    for (size_t i = 0; i < THUMBS_N_STATUSES; i++)
        out->by_status[i] = sum[COUNT_STATUS + i];
}

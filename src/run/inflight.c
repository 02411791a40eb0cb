/* SPDX-License-Identifier: MIT */
#include "run/inflight.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "run/found.h"

/* Few enough to be read in a moment, enough that 64 threads seldom meet at one. */
enum { N_SHARDS = 16 };

#define AT_MASK 15u
_Static_assert(TH_N_AT <= AT_MASK + 1, "where a file is fits into the lowest bits of a time");

struct th_shard {
    pthread_mutex_t lock; /* covers all below, and prev and next of the files in it */
    struct th_flight *first;
    uint64_t moved_ns; /* when one that has gone last moved */
    char apart[128];   /* so that two locks never share a line of memory */
};

struct th_walk_flight {
    pthread_mutex_t lock; /* covers path; taken once a folder */
    struct th_bytes path;
    _Atomic uint64_t since_ns; /* of the last begin; the lowest bit: it is still in the walk */
};

struct th_inflight {
    atomic_uint next_shard;
    struct th_shard shards[N_SHARDS];
    struct th_walk_flight walks[TH_N_WALKS];
};

static const struct {
    enum thumbs_stage stage;
    bool queued;
    const char *what;
} places[TH_N_AT] = {
    [TH_AT_FOUND] = {THUMBS_STAGE_QUEUE, true, "waits to be read"},
    [TH_AT_LOOKUP] = {THUMBS_STAGE_LOAD, false, "is compared with what was made before"},
    [TH_AT_LOAD] = {THUMBS_STAGE_LOAD, false, "is opened and read"},
    [TH_AT_WAITS_FOR_BUFFER] = {THUMBS_STAGE_LOAD, true, "waits for room in memory"},
    [TH_AT_QUEUE] = {THUMBS_STAGE_QUEUE, true, "is loaded, waits for a worker"},
    [TH_AT_WAITS_FOR_MEMORY] = {THUMBS_STAGE_QUEUE, true,
                                "is loaded, waits for memory to be decoded"},
    [TH_AT_WAITS_FOR_WORKER] = {THUMBS_STAGE_QUEUE, false,
                                "is loaded, its worker is being started"},
    [TH_AT_AHEAD] = {THUMBS_STAGE_QUEUE, true, "is next in its worker"},
    [TH_AT_WORK] = {THUMBS_STAGE_DECODE, false, "is worked on"},
    [TH_AT_WRITE] = {THUMBS_STAGE_WRITE, false, "its thumbnails are written"},
    [TH_AT_REPORT] = {THUMBS_STAGE_REPORT, false, "its status is being reported"},
};

static const char *const walk_words[TH_N_WALKS] = {
    [TH_WALK_SOURCES] = "the folder, or the list of files, is read",
    [TH_WALK_COUNT_AHEAD] = "the folder is read to count ahead",
    [TH_WALK_CLASHES] = "the folder is read to compare names",
    [TH_WALK_PRUNE] = "the folder is read to find thumbnails whose source is gone",
};

/* That of th_now_ns() as of the last tick, some 4 ms: a fifth of the cost, and it is asked for
 * several times a file. */
static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

struct th_inflight *th_inflight_create(void)
{
    struct th_inflight *w = th_calloc(1, sizeof *w);
    if (!w) return NULL;
    for (size_t i = 0; i < N_SHARDS; i++)
        pthread_mutex_init(&w->shards[i].lock, NULL);
    for (size_t i = 0; i < TH_N_WALKS; i++)
        pthread_mutex_init(&w->walks[i].lock, NULL);
    return w;
}

void th_inflight_destroy(struct th_inflight *w)
{
    if (!w) return;
    for (size_t i = 0; i < N_SHARDS; i++)
        pthread_mutex_destroy(&w->shards[i].lock);
    for (size_t i = 0; i < TH_N_WALKS; i++) {
        pthread_mutex_destroy(&w->walks[i].lock);
        th_bytes_finish(&w->walks[i].path);
    }
    free(w);
}

/* ---- files ---- */

static enum th_at at_of(uint64_t at)
{
    return (enum th_at)(at & AT_MASK);
}

static uint64_t since_of(uint64_t at)
{
    return at & ~(uint64_t)AT_MASK;
}

static void note(struct th_flight *flight, enum th_at at)
{
    atomic_store_explicit(&flight->at, since_of(now_ns()) | (uint64_t)at, memory_order_relaxed);
}

void th_inflight_add(struct th_inflight *w, struct th_flight *flight,
                     const struct th_walk_entry *entry)
{
    unsigned i = atomic_fetch_add_explicit(&w->next_shard, 1, memory_order_relaxed) % N_SHARDS;
    struct th_shard *shard = &w->shards[i];
    flight->entry = entry;
    flight->shard = shard;
    flight->prev = NULL;
    note(flight, TH_AT_FOUND);
    pthread_mutex_lock(&shard->lock);
    flight->next = shard->first;
    if (flight->next) flight->next->prev = flight;
    shard->first = flight;
    pthread_mutex_unlock(&shard->lock);
}

void th_inflight_remove(struct th_flight *flight)
{
    struct th_shard *shard = flight->shard;
    if (!shard) return;
    uint64_t moved_ns = since_of(atomic_load_explicit(&flight->at, memory_order_relaxed));
    pthread_mutex_lock(&shard->lock);
    if (flight->next) flight->next->prev = flight->prev;
    if (flight->prev) {
        flight->prev->next = flight->next;
    } else {
        shard->first = flight->next;
    }
    if (moved_ns > shard->moved_ns) shard->moved_ns = moved_ns;
    pthread_mutex_unlock(&shard->lock);
    flight->shard = NULL;
}

void th_flight_move(struct th_flight *flight, enum th_at at)
{
    if (at_of(atomic_load_explicit(&flight->at, memory_order_relaxed)) != at) note(flight, at);
}

void th_flight_move_to_worker(struct th_flight *flight, enum th_at at, unsigned number, int pid)
{
    uint64_t worker = (uint64_t)number << 32 | (uint32_t)pid;
    bool same = atomic_load_explicit(&flight->worker, memory_order_relaxed) == worker;
    if (same && at_of(atomic_load_explicit(&flight->at, memory_order_relaxed)) == at) return;
    atomic_store_explicit(&flight->worker, worker, memory_order_relaxed);
    note(flight, at);
}

/* ---- walks ---- */

struct th_walk_flight *th_inflight_walk(struct th_inflight *w, enum th_walk_purpose purpose)
{
    return &w->walks[purpose];
}

void th_walk_flight_begin(struct th_walk_flight *walk)
{
    atomic_store_explicit(&walk->since_ns, now_ns() | 1, memory_order_relaxed);
}

void th_walk_flight_end(struct th_walk_flight *walk)
{
    uint64_t since_ns = atomic_load_explicit(&walk->since_ns, memory_order_relaxed);
    atomic_store_explicit(&walk->since_ns, since_ns & ~UINT64_C(1), memory_order_relaxed);
}

void th_walk_flight_folder(void *user, const char *parent, const char *name)
{
    struct th_walk_flight *walk = user;
    pthread_mutex_lock(&walk->lock);
    th_bytes_clear(&walk->path);
    th_bytes_adds(&walk->path, parent);
    if (*parent && *name) th_bytes_addc(&walk->path, '/');
    th_bytes_adds(&walk->path, name);
    pthread_mutex_unlock(&walk->lock);
    th_walk_flight_begin(walk);
}

/* ---- reading ---- */

/* One thing that is waited for. */
struct found {
    uint64_t since_ns;
    bool queued;
    enum thumbs_stage stage;
    const char *what;
    uint64_t worker;
    struct th_bytes path;
};

/* The first `most` of them in order, and how many there were. Sorted by insertion: `most` is small,
 * and nearly all of a long queue falls behind the last. */
struct picks {
    struct found *found;
    size_t n, most, n_all;
};

static bool comes_before(const struct found *a, const struct found *b)
{
    return a->queued != b->queued ? b->queued : a->since_ns < b->since_ns;
}

/* Where this one goes, its path empty and to be filled in; NULL: behind the last. */
static struct found *pick(struct picks *picks, const struct found *one)
{
    struct th_bytes path = {0};
    picks->n_all++;
    if (picks->n == picks->most) {
        if (picks->most == 0 || !comes_before(one, &picks->found[picks->n - 1])) return NULL;
        path = picks->found[--picks->n].path;
        th_bytes_clear(&path);
    }
    size_t i = picks->n++;
    for (; i > 0 && comes_before(one, &picks->found[i - 1]); i--)
        picks->found[i] = picks->found[i - 1];
    picks->found[i] = *one;
    picks->found[i].path = path;
    return &picks->found[i];
}

static void pick_flight(struct picks *picks, const struct th_flight *flight)
{
    uint64_t at = atomic_load_explicit(&flight->at, memory_order_relaxed);
    enum th_at i = at_of(at);
    struct found one = {.since_ns = since_of(at),
                        .stage = places[i].stage,
                        .queued = places[i].queued,
                        .what = places[i].what};
    if (i >= TH_AT_WAITS_FOR_MEMORY)
        one.worker = atomic_load_explicit(&flight->worker, memory_order_relaxed);
    struct found *picked = pick(picks, &one);
    if (picked) th_found_add_path(&picked->path, flight->entry);
}

static void pick_walk(struct picks *picks, struct th_walk_flight *walk, const char *what)
{
    uint64_t since_ns = atomic_load_explicit(&walk->since_ns, memory_order_relaxed);
    if (!(since_ns & 1)) return;
    struct found *picked = pick(
        picks, &(struct found){.since_ns = since_ns, .stage = THUMBS_STAGE_WALK, .what = what});
    if (!picked) return;
    pthread_mutex_lock(&walk->lock);
    th_bytes_adds(&picked->path, walk->path.len ? walk->path.data : ".");
    pthread_mutex_unlock(&walk->lock);
}

static void give(const struct found *one, uint64_t now, thumbs_waiting_fn *on_waiting, void *user)
{
    struct thumbs_waiting waiting = {
        .path = th_bytes_failed(&one->path) ? "(no memory for its name)" : th_bytes_str(&one->path),
        .stage = one->stage,
        .what = one->what,
        .queued = one->queued,
        .worker = (unsigned)(one->worker >> 32),
        .pid = (int)(uint32_t)one->worker,
        .seconds = now > one->since_ns ? (double)(now - one->since_ns) / 1e9 : 0,
    };
    on_waiting(user, &waiting);
}

size_t th_inflight_read(struct th_inflight *w, size_t most, thumbs_waiting_fn *on_waiting,
                        void *user)
{
    struct picks picks = {.most = most};
    if (most) picks.found = th_calloc(most, sizeof *picks.found);
    if (!picks.found) picks.most = 0;
    for (int i = 0; i < TH_N_WALKS; i++)
        pick_walk(&picks, &w->walks[i], walk_words[i]);
    for (size_t i = 0; i < N_SHARDS; i++) {
        struct th_shard *shard = &w->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (const struct th_flight *f = shard->first; f; f = f->next)
            pick_flight(&picks, f);
        pthread_mutex_unlock(&shard->lock);
    }
    uint64_t now = now_ns();
    for (size_t i = 0; i < picks.n; i++) {
        give(&picks.found[i], now, on_waiting, user);
        th_bytes_finish(&picks.found[i].path);
    }
    free(picks.found);
    return picks.n_all;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t th_inflight_moved_ns(struct th_inflight *w)
{
    uint64_t moved_ns = 0;
    for (int i = 0; i < TH_N_WALKS; i++) {
        /* Counting ahead goes on however long all else stands still. */
        if (i != TH_WALK_COUNT_AHEAD)
            moved_ns = later(moved_ns, atomic_load(&w->walks[i].since_ns));
    }
    for (size_t i = 0; i < N_SHARDS; i++) {
        struct th_shard *shard = &w->shards[i];
        pthread_mutex_lock(&shard->lock);
        moved_ns = later(moved_ns, shard->moved_ns);
        for (const struct th_flight *f = shard->first; f; f = f->next)
            moved_ns =
                later(moved_ns, since_of(atomic_load_explicit(&f->at, memory_order_relaxed)));
        pthread_mutex_unlock(&shard->lock);
    }
    return moved_ns;
}

/* SPDX-License-Identifier: MIT */
/*
 * executor.h - what every executor is given and gives back: items, what became of them, the
 * settings of a run.
 */
#ifndef TH_WORK_EXECUTOR_H
#define TH_WORK_EXECUTOR_H

#include "base/budget.h"
#include "buffers/buffers.h"
#include "image/image.h"
#include "queue/queue.h"
#include "thumbs/thumbs.h"

/* One loaded file. The owner embeds it at the beginning of a larger struct of its own. */
struct th_item {
    struct th_buffer *buffer; /* the file; taken back with th_buffers_give() by `finish` */
    bool admitted;            /* decode_bytes is known: th_work_admit() */
    uint64_t decode_bytes;    /* memory that decoding will take at most */
};

/* What became of an item. Everything is borrowed until `finish` returns. */
struct th_outcome {
    enum thumbs_code code;
    const struct th_image_result *result; /* code OK */
    const uint8_t *data;                  /* code OK: result's offsets point into it */
    const struct thumbs_error *error;     /* code not OK */
    bool blameless; /* code CRASHED, but of no doing of the item's: the machinery around it kept
                       failing */
    uint64_t started_ns; /* when work on it began */
};

/* Where an item is that an executor has taken from the queue. */
enum th_item_state {
    TH_ITEM_WAITS_FOR_MEMORY, /* there is no memory to decode it just now */
    TH_ITEM_WAITS_FOR_WORKER, /* its worker process is not there (yet) */
    TH_ITEM_AHEAD,            /* in the worker process, behind another */
    TH_ITEM_BEGUN             /* worked on */
};

/* What a worker process holds besides what its file needs: libraries' data, caches, its sinks.
 * Planned with ... */
#define TH_WORK_PROCESS_BYTES (UINT64_C(32) << 20)
/* ... and what is let pass before it is thought to misbehave: heaps do not give all back between
 * files. */
#define TH_WORK_PROCESS_MOST_BYTES (2 * TH_WORK_PROCESS_BYTES)

/* Of a thread that a decoder starts in a worker process. */
#define TH_WORK_STACK_BYTES ((size_t)1 << 20)
/* What a worker's heap keeps of its fixed part from file to file, as long as they come one after
 * the other; warm_bytes comes on top. */
#define TH_WORK_HEAP_KEEP_BYTES ((size_t)16 << 20)
static inline uint64_t th_work_heap_keep(uint64_t warm_bytes)
{
    return TH_WORK_HEAP_KEEP_BYTES + warm_bytes;
}
/* What a sink keeps from file to file: not the memory of one giant. */
#define TH_WORK_SINK_KEEP_BYTES ((size_t)4 << 20)

struct th_work {
    enum thumbs_mode mode;
    unsigned jobs;
    const struct thumbs_image_options *image;
    uint64_t timeout_ns; /* per file; 0: none */
    struct th_queue *queue;
    unsigned n_buffers;       /* that items come in ... */
    uint64_t file_bytes;      /* ... and the most that one holds */
    struct th_budget *memory; /* for decoding: a file waits until what it will need fits in */
    uint64_t alone_bytes; /* one that needs more than all of that, but no more than this, takes all
                             of it */
    uint64_t warm_bytes;  /* that the heap of a worker keeps beyond TH_WORK_HEAP_KEEP_BYTES */
    const char *worker_program;  /* mode processes */
    enum thumbs_sandbox sandbox; /* mode processes */
    bool no_work;                /* hand each file over and back, make nothing of it */

    /* Takes the item over (frees it, gives its buffer back) and does what is left to do: commit and
     * report. Called by jobs threads at the same time, never twice for one item. */
    void (*finish)(void *user, struct th_item *item, const struct th_outcome *outcome);
    /* Takes the item over as well, undone and without a status: the run was stopped before it was
     * begun. */
    void (*drop)(void *user, struct th_item *item);
    /* The item is in this state now, with the worker of that number (from 1) and process (0: none).
     * Also called where nothing has changed. Only by the thread that owns the item. May be NULL. */
    void (*moved)(void *user, struct th_item *item, enum th_item_state state, unsigned worker,
                  int pid);

    /* Mode processes: how the first worker has been locked up, in a clause; whole: as
     * --sandbox=require wants it. Called once at most, by any thread. */
    void (*tell_sandbox)(void *user, const char *how, bool whole);
    void *user;
};

/* Tell where the item is (th_work.moved). */
static inline void th_work_tell(const struct th_work *work, struct th_item *item,
                                enum th_item_state state, unsigned worker, int pid)
{
    if (work->moved) work->moved(work->user, item, state, worker, pid);
}

#endif

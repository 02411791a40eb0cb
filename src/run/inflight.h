/* SPDX-License-Identifier: MIT */
/*
 * inflight.h - where every source in flight is, so that a run that does not go on can say what it
 * waits for.
 *
 * Each file in flight is in one of a few lists, each with a lock of its own that is taken when the
 * file comes and when it goes; in between, whoever owns the file notes where it is with one store
 * into the file itself. So a reader, which takes the locks one after the other, holds up nobody for
 * long, a file that is being described cannot go away, and there is no lock or counter that all
 * workers meet at. Files in flight are bounded, and so is all of this.
 */
#ifndef TH_RUN_INFLIGHT_H
#define TH_RUN_INFLIGHT_H

#include <stdatomic.h>

#include "thumbs/thumbs.h"
#include "walk/walk.h"

/* Where a source is. At most 16 of them. */
enum th_at {
    TH_AT_FOUND,            /* in the queue of paths */
    TH_AT_LOOKUP,           /* compared with what was made before */
    TH_AT_LOAD,             /* opened and read */
    TH_AT_WAITS_FOR_BUFFER, /* opened, without memory to be read to */
    TH_AT_QUEUE,            /* loaded, in the queue or in front of it */
    TH_AT_WAITS_FOR_MEMORY, /* with a worker, without memory to decode it */
    TH_AT_WAITS_FOR_WORKER, /* with a supervisor that has no worker process (yet) */
    TH_AT_AHEAD,            /* in a worker process, behind another */
    TH_AT_WORK,             /* decoded, resized, encoded */
    TH_AT_WRITE,            /* committed */
    TH_AT_REPORT,           /* its status is reported */
    TH_N_AT
};

/* What a file in flight bears for this. Zero-initialise. */
struct th_flight {
    const struct th_walk_entry *entry;
    struct th_shard *shard; /* NULL: in no list */
    struct th_flight *prev, *next;
    _Atomic uint64_t at;     /* since when, in ns, with an enum th_at in place of the lowest bits */
    _Atomic uint64_t worker; /* number, from 1, in the upper half; pid in the lower */
};

/* The walks of a run. */
enum th_walk_purpose {
    TH_WALK_SOURCES,
    TH_WALK_COUNT_AHEAD,
    TH_WALK_CLASHES,
    TH_WALK_PRUNE,
    TH_N_WALKS
};

struct th_walk_flight; /* one of them */
struct th_inflight;

struct th_inflight *th_inflight_create(void); /* NULL: no memory */
/* No file may be in flight. NULL is fine. */
void th_inflight_destroy(struct th_inflight *inflight);

/* Enter a file that is TH_AT_FOUND. *entry, with its name and folder, must stay as it is until
 * th_inflight_remove(). Any thread, as all below. */
void th_inflight_add(struct th_inflight *inflight, struct th_flight *flight,
                     const struct th_walk_entry *entry);
/* The last call about the file. One that was never added is fine. */
void th_inflight_remove(struct th_flight *flight);

/* Where it is now; only by the owner of the file. It has been there since now, unless it was there
 * already. */
void th_flight_move(struct th_flight *flight, enum th_at at);
/* The same with the worker that has it: its number, from 1, and its process (0: none of its
 * own). */
void th_flight_move_to_worker(struct th_flight *flight, enum th_at at, unsigned number, int pid);

struct th_walk_flight *th_inflight_walk(struct th_inflight *inflight, enum th_walk_purpose purpose);
/* Its thread is in the walk from now on (also: is on to the next entry); has left it. */
void th_walk_flight_begin(struct th_walk_flight *walk);
void th_walk_flight_end(struct th_walk_flight *walk);
/* For th_walk_options.on_folder, user: the th_walk_flight. */
void th_walk_flight_folder(void *walk, const char *parent, const char *name);

/* For thumbs_batch_waiting(). */
size_t th_inflight_read(struct th_inflight *inflight, size_t most, thumbs_waiting_fn *on_waiting,
                        void *user);
/* When anything last moved, on the clock of th_now_ns() (a few ms behind it); 0: nothing has
 * yet. */
uint64_t th_inflight_moved_ns(struct th_inflight *inflight);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * state.h - what the threads of a run share, and who may touch what. Structs only.
 *
 * The files of this room stand on each other as follows; each calls only what stands before it:
 *
 *   notes, batch_options, fit, plan     options and limits, before anything runs
 *   found, shard, inflight, state, stop, file  what is under way
 *   reporter                            the one status of each source
 *   claim, newcomers                    names that are claimed, or were another's
 *   finish, serve_twin, prepare         what is done to a file before and after work
 *   finder, uring_feed, count_ahead, compare_names, pipeline
 *                                       the threads
 *   present, prune                      what is removed after the run
 *   setup, batch                        a batch is put together; the public face
 */
#ifndef TH_RUN_STATE_H
#define TH_RUN_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "buffers/buffers.h"
#include "commit/dest.h"
#include "commit/twins.h"
#include "load/load.h"
#include "load/uring.h"
#include "naming/claims.h"
#include "naming/clashes.h"
#include "naming/template.h"
#include "queue/queue.h"
#include "report/report.h"
#include "run/inflight.h"
#include "run/notes.h"
#include "run/plan.h"
#include "thumbs/thumbs.h"
#include "walk/walk.h"
#include "work/work.h"

/* A source on its way. Owned by exactly one stage: passes on at a successful push, ends in
 * th_file_destroy(). */
struct th_file {
    struct th_item item; /* first: executors know only this part. buffer is NULL until loaded. */
    struct th_walk_entry entry;
    struct stat st;   /* as it was when read */
    uint64_t content; /* th_content_hash() of its bytes, once it is loaded; 0: not known */
    bool is_newcomer; /* see newcomers.h */
    bool may_be_same; /* if it has the content on record, it is up to date */
    uint64_t load_ns;
    uint64_t load_from_ns; /* when the storage was last begun to be waited for */
    uint64_t queued_ns;    /* when it was pushed to `loaded` */
    struct th_flight flight;
};

struct th_newcomers { /* see newcomers.h */
    uint64_t n;
    char first[120];
};

struct thumbs_batch {
    /* Set before the first thread starts, then only read. */
    struct thumbs_options options; /* defaults resolved */
    struct th_plan plan;
    uint64_t fingerprint; /* of the options */
    unsigned n_buffers;
    size_t n_paths; /* that `paths` holds at most */
    struct th_notes notes;
    struct th_walk_options walk_options;
    struct th_loader loader;
    struct th_template *name_template;
    struct th_naming naming;
    struct th_clashes clashes; /* only where the template allows any */
    struct th_claims *claims;  /* NULL where the walk can foresee every clash; safe in any thread */
    thumbs_event_fn *on_event;
    void *user;
    thumbs_removal_fn *on_removal;
    void *removal_user;

    /* Only the thread that finds files: the walker, that of the ring, or in mode sync the only
     * one. */
    struct th_walk *walk;
    struct th_uring
        *uring; /* NULL: files are read by I/O threads, or in the one thread of mode sync */

    /* Only the thread of thumbs_batch_run(), when the others have ended. */
    struct thumbs_error prune_problem;

    /* Any thread; each looks after itself. */
    struct th_queue *paths;  /* th_file without bytes */
    struct th_queue *loaded; /* th_file with bytes */
    struct th_buffers *buffers;
    struct th_budget decode_memory; /* what decoding may take, all workers together */
    struct th_dest *dest;
    struct th_twins *twins; /* NULL: whatever is not up to date is made anew */
    struct th_counters *counters;
    struct th_inflight *inflight; /* where the files in flight are */
    _Atomic uint64_t started_ns;
    _Atomic uint64_t ended_ns;
    _Atomic uint64_t expected;
    atomic_bool stopped, finished;

    /* Any thread, under the lock; after the run without it. */
    pthread_mutex_t lock;
    char sandbox[300]; /* how workers are locked up; "" if not known */
    bool sandbox_whole;
    struct th_newcomers newcomers;
    struct thumbs_error fatal; /* the first reason why the run cannot go on */
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * supervision.h - what supervisors are made of, and what they share. Structs only.
 *
 *   process_pool      starts the supervisors and keeps the fork server alive for them
 *   supervisor        the life of one: files in, answers out, another worker where one is gone
 *   reap              what a worker that failed has done, and which file pays for it
 *   answer            waits for a message of the worker and checks it
 *   sent              the files that the worker has been sent
 *   worker_link       the worker process itself and the socket to it
 *
 * Each of these includes only what is below it.
 */
#ifndef TH_WORK_SUPERVISION_H
#define TH_WORK_SUPERVISION_H

#include <pthread.h>
#include <stdatomic.h>

#include "work/executor.h"
#include "work/fork_client.h"
#include "work/hold.h"
#include "work/requeue.h"
#include "work/shared.h"
#include "work/taken.h"
#include "work/wire.h"

#define TH_SUPERVISOR_AHEAD 2 /* files in a worker: the one it is at and the one behind it */
#define TH_SUPERVISOR_LOOK_PAUSE_NS                                                                \
    (100 * 1000 * 1000) /* how often a worker that takes its time is looked after */

/* A file in the worker. */
struct th_sent {
    struct th_item *item;
    uint64_t id;
    uint64_t sent_ns; /* the worker began it after that */
    unsigned n_resends, n_losses;
};

/* What the supervisors of a run share. */
struct th_supervision {
    const struct th_work *work;
    struct th_fork_client *client;
    unsigned n_running; /* supervisors; guarded by the client's lock */
    unsigned most_threads;
    struct th_requeue requeued;
    atomic_bool has_failed; /* a file has, for want of a worker */
    atomic_bool reported_sandbox;
    _Atomic uint32_t preload; /* libraries that pictures have needed so far: new workers get them */
    pthread_mutex_t lock;
    struct thumbs_error error; /* why the last supervisor gave up */
};

struct th_supervisor {
    struct th_supervision *pool;
    unsigned number; /* from 1 */
    pthread_t thread;

    struct th_worker_id worker;
    int sock;           /* -1: no worker */
    uint32_t libraries; /* that it was forked with (enum th_wants) */
    bool greeted;       /* it has said how it is locked up */
    bool hides;         /* at the last look it did not tell its memory */
    struct th_shared shared;
    struct th_taken taken; /* the outputs of the file that was answered last */
    struct th_hold hold;
    uint64_t *knows_buffer; /* bit i: the worker has the descriptor of buffer i */
    size_t n_known_words;

    struct th_sent sent[TH_SUPERVISOR_AHEAD]; /* oldest first */
    unsigned n_sent;
    uint64_t last_id;
    uint64_t began_ns;  /* when the worker began sent[0] */
    uint64_t from_ns;   /* that, moved on by the time in which nobody was running */
    uint64_t looked_ns; /* when it was last seen that somebody is */
    struct th_wire_hello hello;
    struct th_wire_reply reply;
};

#endif

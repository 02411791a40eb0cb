/* SPDX-License-Identifier: MIT */
/*
 * requeue.h - files taken from the queue that have no worker: those of supervisors that had to
 * give up, and those for which memory was short beside their worker's other file. Any supervisor
 * with room takes them, before new ones.
 *
 *   th_requeue_enter()              a supervisor begins
 *   th_requeue_try_take()           before the queue
 *   th_requeue_put()                a file for which it can do nothing now
 *   th_requeue_take()               the queue has ended: wait for what others put here
 *   th_requeue_leave()              it ends
 *
 * It also tells supervisors when to leave: the queue may have ended while another still has files
 * that it may have to put here. All functions are thread-safe.
 */
#ifndef TH_WORK_REQUEUE_H
#define TH_WORK_REQUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "work/executor.h"

struct th_requeue {
    atomic_size_t n; /* looked at without the lock by those who would rather not wait */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct th_item **items; /* oldest first */
    size_t cap;
    unsigned n_busy; /* supervisors that may still put something here */
};

/* Room for `cap` items, which must be as many as there can be. False: no memory. */
bool th_requeue_init(struct th_requeue *requeue, size_t cap);
void th_requeue_finish(struct th_requeue *requeue);

/* A supervisor begins, or leaves. */
void th_requeue_enter(struct th_requeue *requeue);
void th_requeue_leave(struct th_requeue *requeue);

void th_requeue_put(struct th_requeue *requeue, struct th_item *item);
/* The oldest, or NULL. */
struct th_item *th_requeue_try_take(struct th_requeue *requeue);
/* For a supervisor that has nothing and finds the queue ended: the oldest, waiting for one as long
 * as another is busy; NULL: nothing will come any more. */
struct th_item *th_requeue_take(struct th_requeue *requeue);

#endif

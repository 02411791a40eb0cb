/* SPDX-License-Identifier: MIT */
/*
 * supervisor.h - the thread that looks after one worker process.
 *
 *   th_supervisor_init()
 *   th_supervisor_thread()          in a thread of its own, until the queue has ended
 *   th_supervisor_finish()          after the thread
 *   th_supervision_fail_requeued()  after all of them
 *
 * A supervisor owns its worker, the socket to it and the files it has sent there; nothing of that
 * is shared, so there is no dispatcher that 64 workers would queue for. While the worker is at one
 * file the next already waits in its socket, and the supervisor commits the one before: the worker
 * never waits for a round trip.
 */
#ifndef TH_WORK_SUPERVISOR_H
#define TH_WORK_SUPERVISOR_H

#include "work/supervision.h"

/* False: no memory or descriptors; th_supervisor_finish() is due all the same. */
bool th_supervisor_init(struct th_supervisor *supervisor, struct th_supervision *pool,
                        unsigned number);
void th_supervisor_finish(struct th_supervisor *supervisor);

/* Its life, for pthread_create(). th_requeue_enter() has been called for it. */
void *th_supervisor_thread(void *supervisor);

/* The files that nobody was there to take have failed. */
void th_supervision_fail_requeued(struct th_supervision *pool);

#endif

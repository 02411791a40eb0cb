/* SPDX-License-Identifier: MIT */
/*
 * work.h - the executors: loaded files in, encoded thumbnails out, three ways.
 *
 *   th_work_prepare()               first of all
 *   th_work_run()                   until the queue has ended; each item comes back through
 * `finish` or `drop` th_work_one()                   or, in mode sync, for each item
 *
 *   sync       th_work_one() in the caller's thread
 *   threads    an OpenMP team, one parallel region for the whole run, each member takes files from
 * the queue processes  long-lived worker processes, each served by one thread here (its
 * supervisor), which takes files from the queue, keeps one ahead in the worker, and gets thumbnails
 * back through shared memory
 *
 * They differ in nothing else: same items, same th_image_make(), same `finish`. May call image,
 * queue, buffers and base; knows nothing of names, folders or reports.
 */
#ifndef TH_WORK_WORK_H
#define TH_WORK_WORK_H

#include "work/executor.h"
#include "work/sync.h"

/* Call from the first thread before any other is started: undoes what OpenMP may have done to its
 * affinity. */
void th_work_prepare(void);

/* Modes threads and processes: work until the queue is closed and drained, or cancelled. OK; or why
 * no worker at all could be had (MEMORY, INTERNAL): items then stay in the queue. Call from the
 * thread that lives longest, since worker processes are told to die with it. */
enum thumbs_code th_work_run(const struct th_work *work, struct thumbs_error *err);

/* The life of the fork server: what `thumbs --thumbs-fork-server` does. Returns the exit status. */
int th_work_serve(void);

#endif

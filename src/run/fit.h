/* SPDX-License-Identifier: MIT */
/* fit.h - how many files and workers a run may have under way, where descriptors, threads or
 * processes are few. */
#ifndef TH_RUN_FIT_H
#define TH_RUN_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

/* Decided at the beginning of a run. */
struct th_room {
    unsigned jobs, io_jobs;
    uint64_t n_paths;   /* names found and not loaded yet */
    uint64_t n_loaded;  /* files that wait for a worker */
    uint64_t n_buffers; /* files in memory */
};

/* What the options ask for. Expects jobs, io_jobs and queue_items to be set. */
struct th_room th_fit_wanted(const struct thumbs_options *options, bool with_ring);

/* The most descriptors that such a run comes to. */
uint64_t th_fit_descriptors(const struct thumbs_options *options, const struct th_room *room);

/* Files in memory that keep such a run going, whose buffers are worth fresh memory. More are worth
 * having only where memory is warm already. */
unsigned th_fit_eager(const struct th_room *room);

/* Make *room small enough for so many descriptors: first fewer files on their way, then fewer jobs.
 * False: not even one job fits; *room is then the smallest there is. */
bool th_fit_into_descriptors(const struct thumbs_options *options, uint64_t most,
                             struct th_room *room);

/* How many threads and processes such a run starts. */
uint64_t th_fit_tasks(const struct thumbs_options *options);

/* Lower io_jobs, then jobs, so that `most` are enough; both are 1 at least, for which it may be too
 * few all the same. */
void th_fit_into_tasks(struct thumbs_options *options, uint64_t most);

#endif

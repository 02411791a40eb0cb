/* SPDX-License-Identifier: MIT */
/*
 * count_ahead.h - how many files there will be, for a percentage.
 *
 * The queues hold the walk back, so it is never far ahead of the workers; a percentage needs a walk
 * that is not held back. Names only; best effort.
 */
#ifndef TH_RUN_COUNT_AHEAD_H
#define TH_RUN_COUNT_AHEAD_H

#include "run/state.h"

/* Start a thread that sets batch->expected and ends early once batch->finished is set. False: none
 * was wanted, or none could be had. */
bool th_count_ahead_start(struct thumbs_batch *batch, pthread_t *thread);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * reap.h - a worker that failed: how it ended, and which file pays for it.
 */
#ifndef TH_WORK_REAP_H
#define TH_WORK_REAP_H

#include "work/answer.h"

/* End the worker, which has failed in this way: DIED, LATE, VIOLATION or GREEDY. The file that it
 * was at is finished as failed if it is to blame or has met this too often; what stays is for the
 * next worker. */
void th_reap_failed(struct th_supervisor *supervisor, enum th_answer answer);

/* A worker that may not work unless it is locked up, and is not, as an error of the run. Another
 * would be no better off. */
void th_reap_describe_refusal(const struct th_supervisor *supervisor, struct thumbs_error *err);

#endif

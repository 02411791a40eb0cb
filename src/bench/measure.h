/* SPDX-License-Identifier: MIT */
/*
 * measure.h - one run in a child process, timed, with the CPU time and the memory of all processes
 * it starts.
 *
 * A child, because only then do its figures start from nothing and end with it: CPU time comes from
 * wait4(), which adds up a process and all its descendants that were waited for; descendants that
 * outlive the child are adopted (subreaper) and counted too. Peak memory is the largest sample of
 * th_bench_tree_bytes(), taken every 20 ms, or less often where sampling would cost more than a
 * hundredth of the time. A peak between two samples is missed.
 */
#ifndef TH_BENCH_MEASURE_H
#define TH_BENCH_MEASURE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

struct th_measured {
    double seconds; /* wall time from fork to the end of the child */
    double user_seconds, system_seconds;
    uint64_t peak_bytes; /* 0: unknown */
    unsigned n_samples;
    int status;         /* as of waitpid() */
    size_t result_size; /* bytes that the child wrote to result_fd */
};

struct th_measure_job {
    /* Runs in the child, which then ends with the status returned. May write up to result_cap
     * bytes (at most 4096, in one write) to result_fd. */
    int (*run)(void *user, int result_fd);
    void *user;
    double timeout_seconds;            /* 0: none */
    const volatile sig_atomic_t *stop; /* set by a signal handler: kill the run; may be NULL */
};

/* Run a job. Call from a process that has one thread only. STOPPED: *stop was set; TIMEOUT;
 * INTERNAL: it could not be started. In each case nothing of it is left running. How the child
 * ended is in out->status. */
enum thumbs_code th_bench_measure(const struct th_measure_job *job, void *result, size_t result_cap,
                                  struct th_measured *out, struct thumbs_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * bench.h - the same files through the same pipeline in every mode, in turn, and what that says.
 *
 * Calls the public header only, so what is timed is what users run. The ladder of the room: rows.h
 * (figures), advice.h (the conclusion), one_run.h (a run), bench.h (all of them), results.h (words
 * and pictures).
 */
#ifndef TH_BENCH_BENCH_H
#define TH_BENCH_BENCH_H

#include <signal.h>

#include "bench/advice.h"
#include "bench/digest.h"
#include "bench/machine.h"

struct th_bench_config {
    const char *source;
    struct thumbs_options options; /* mode, jobs, io and io_jobs are set from the lists below */
    unsigned n_runs;               /* 1 to TH_BENCH_MAX_RUNS */
    /* The rows: sync once, then every combination of the rest. */
    enum thumbs_mode modes[3];
    size_t n_modes;
    enum thumbs_io ios[2];
    size_t n_ios;
    unsigned jobs[TH_BENCH_MAX_LIST],
        io_jobs[TH_BENCH_MAX_LIST]; /* io_jobs 0: the default of each kind of I/O */
    size_t n_jobs, n_io_jobs;
    const char *scratch_parent;        /* where the scratch folder is made; TMPDIR or /tmp */
    const volatile sig_atomic_t *stop; /* as in th_measure_job */
    void (*progress)(void *user, const char *what); /* "run 2 of 5: threads, 2 jobs"; may be NULL */
    void *user;
};

struct th_bench_result {
    struct th_bench_config config; /* strings still borrowed */
    struct th_machine machine;
    char source_filesystem[24], scratch_filesystem[24];
    struct th_bench_row rows[TH_BENCH_MAX_ROWS];
    size_t n_rows;
    struct th_digest outputs; /* of every run, if identical */
    bool identical;
    char difference[400];  /* not identical: where */
    struct th_bytes notes; /* lines for the user */
    struct th_bench_advice advice;
};

/* Run it all. OK: *out is filled (look at `identical`) and is to be finished by the caller.
 * STOPPED: *config->stop was set. Else why it could not go on: USAGE, UNREADABLE, NOT_WRITABLE
 * (scratch), NO_SPACE, MEMORY, CRASHED, INTERNAL. The scratch folder is gone in every case. Call
 * from a process with one thread. */
enum thumbs_code th_bench_run_all(const struct th_bench_config *config, struct th_bench_result *out,
                                  struct thumbs_error *err);
void th_bench_result_finish(struct th_bench_result *result); /* zeroed is fine */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * rows.h - one row of a bench: a way to run, its runs, and the figures that they come to.
 *
 * Plain data and arithmetic, no clock and no process: tests fill in runs by hand. Not thread-safe.
 */
#ifndef TH_BENCH_ROWS_H
#define TH_BENCH_ROWS_H

#include "base/bytes.h"
#include "bench/statistics.h"
#include "thumbs/thumbs.h"

enum { TH_BENCH_MAX_RUNS = 1000, TH_BENCH_MAX_LIST = 16, TH_BENCH_MAX_ROWS = 128 };

/* A file's way, in order. */
enum th_bench_stage {
    TH_BENCH_WALK = 0,
    TH_BENCH_LOAD,
    TH_BENCH_WAIT, /* loaded, waiting for a worker */
    TH_BENCH_DECODE,
    TH_BENCH_RESIZE,
    TH_BENCH_ENCODE,
    TH_BENCH_COMMIT,
    TH_BENCH_N_STAGES
};
const char *th_bench_stage_name(enum th_bench_stage stage);
const char *th_bench_mode_name(enum thumbs_mode mode);
const char *th_bench_io_name(enum thumbs_io io);

/* One timed run of one row. Plain data: the child sends it through a pipe. */
struct th_bench_run {
    double seconds; /* from the creation of the batch to its end */
    double user_seconds, system_seconds;
    uint64_t peak_bytes;                     /* of all processes together; 0: unknown */
    unsigned n_samples;                      /* that the peak was found in */
    double stage_seconds[TH_BENCH_N_STAGES]; /* sums over files */
    uint64_t by_status[THUMBS_N_STATUSES];
    uint64_t bytes, pixels; /* of sources that were read, that were decoded */
};

/* One way to run, with its runs and what they say together. Shares and rates are of the medians of
 * the runs. */
struct th_bench_row {
    enum thumbs_mode mode;
    enum thumbs_io io; /* of no meaning for sync */
    unsigned jobs, io_jobs;
    struct th_bench_run *runs; /* owned */
    size_t n_runs;
    bool left_out; /* this build or machine cannot */

    struct th_spread images_per_second, seconds;
    double mb_per_second, mpx_per_second; /* 10^6 bytes, pixels of sources */
    double speedup;                       /* over sync; 0: there is no sync */
    double efficiency;                    /* speedup / jobs */
    double cpu_seconds;
    double share[TH_BENCH_N_STAGES]; /* of the time that files spend from being found to being
                                        committed; sum 1 */
    double stage_seconds[TH_BENCH_N_STAGES];
    double queue_depth; /* loaded files that waited, on average (Little's law) */
    double io_busy;     /* how much of their time the I/O threads spent loading, 0 to 1 */
    uint64_t peak_bytes;
};

/* The figures of a row from its runs; sync_row may be NULL. */
void th_bench_row_summarise(struct th_bench_row *row, const struct th_bench_row *sync_row);

/* Append "threads, 2 jobs, 4 I/O threads". Of the kind of I/O only what tells the row from others
 * of the n_rows rows it stands among. */
void th_bench_row_label(const struct th_bench_row *rows, size_t n_rows,
                        const struct th_bench_row *row, struct th_bytes *b);

/* The sync row to compare with; NULL: there is none that was run. */
const struct th_bench_row *th_bench_find_sync(const struct th_bench_row *rows, size_t n_rows);

/* Sources that became thumbnails, damaged ones among them. */
uint64_t th_bench_run_made(const struct th_bench_run *run);

#endif

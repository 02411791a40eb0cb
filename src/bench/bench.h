/*
 * bench.h - the same files through the same pipeline in every mode, in turn, and what that says.
 *
 * bench.c runs (measure.h, digest.h), results.c puts into words and pictures (texttable.h, jsonwriter.h, chart.h),
 * advice.c concludes. Calls the public header only, so what is timed is what users run. May call base and the
 * formatters of the report.
 */
#ifndef TH_BENCH_BENCH_H
#define TH_BENCH_BENCH_H

#include <signal.h>

#include "base/bytes.h"
#include "bench/digest.h"
#include "bench/machine.h"
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

struct th_bench_config {
    const char *source;
    struct thumbs_options options; /* mode, jobs, io and io_jobs are set from the lists below */
    unsigned n_runs;               /* 1 to TH_BENCH_MAX_RUNS */
    /* The rows: sync once, then every combination of the rest. */
    enum thumbs_mode modes[3];
    size_t n_modes;
    enum thumbs_io ios[2];
    size_t n_ios;
    unsigned jobs[TH_BENCH_MAX_LIST], io_jobs[TH_BENCH_MAX_LIST]; /* io_jobs 0: the default of each kind of I/O */
    size_t n_jobs, n_io_jobs;
    const char *scratch_parent;                     /* where the scratch folder is made; TMPDIR or /tmp */
    const volatile sig_atomic_t *stop;              /* as in th_measure_job */
    void (*progress)(void *user, const char *what); /* "run 2 of 5: threads, 2 jobs"; may be NULL */
    void *user;
};

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

/* One way to run, with its runs and what they say together. Shares and rates are of the medians of the runs. */
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
    double share[TH_BENCH_N_STAGES]; /* of the time that files spend from being found to being committed; sum 1 */
    double stage_seconds[TH_BENCH_N_STAGES];
    double queue_depth; /* loaded files that waited, on average (Little's law) */
    double io_busy;     /* how much of their time the I/O threads spent loading, 0 to 1 */
    uint64_t peak_bytes;
};

enum th_bench_bound { TH_BOUND_CPU = 0, TH_BOUND_IO };
struct th_bench_advice {
    enum th_bench_bound bound;
    size_t i_row;   /* the row to use */
    char text[400]; /* one line, without newline */
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

/* Run it all. OK: *out is filled (look at `identical`) and is to be finished by the caller. STOPPED: *config->stop was
 * set. Else why it could not go on: USAGE, UNREADABLE, NOT_WRITABLE (scratch), NO_SPACE, MEMORY, CRASHED, INTERNAL. The
 * scratch folder is gone in every case. Call from a process with one thread. */
enum thumbs_code th_bench_run_all(const struct th_bench_config *config, struct th_bench_result *out,
                                  struct thumbs_error *err);
void th_bench_result_finish(struct th_bench_result *result); /* zeroed is fine */

/* The figures of a row from its runs; sync_row may be NULL. */
void th_bench_row_summarise(struct th_bench_row *row, const struct th_bench_row *sync_row);

/* What to conclude; rows that are left out do not count, one at least must remain. n_cpus: that this machine has. */
void th_bench_advise(const struct th_bench_row *rows, size_t n_rows, unsigned n_cpus, struct th_bench_advice *out);

/* ---- results.c: append to b ---- */

void th_bench_table(const struct th_bench_result *result, struct th_bytes *b);
void th_bench_json(const struct th_bench_result *result, struct th_bytes *b);
void th_bench_csv(const struct th_bench_result *result, struct th_bytes *b); /* a line for each run */
void th_bench_svg(const struct th_bench_result *result, struct th_bytes *b);
/* "threads, 2 jobs, 4 I/O threads" */
void th_bench_row_label(const struct th_bench_result *result, const struct th_bench_row *row, struct th_bytes *b);

#endif

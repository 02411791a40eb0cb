/* SPDX-License-Identifier: MIT */
#include "bench/rows.h"

const char *th_bench_stage_name(enum th_bench_stage stage)
{
    static const char *const names[] = {"walk",   "load",   "wait",  "decode",
                                        "resize", "encode", "commit"};
    return names[stage];
}

const char *th_bench_mode_name(enum thumbs_mode mode)
{
    return mode == THUMBS_MODE_SYNC      ? "sync"
           : mode == THUMBS_MODE_THREADS ? "threads"
                                         : "processes";
}

const char *th_bench_io_name(enum thumbs_io io)
{
    return io == THUMBS_IO_URING ? "uring" : "threads";
}

/* ---- which row it is ---- */

/* Is there a row that reads its files in another way? Only then it is worth naming. */
static bool differs_in_io(const struct th_bench_row *rows, size_t n_rows,
                          const struct th_bench_row *row)
{
    for (size_t i = 0; i < n_rows; i++) {
        const struct th_bench_row *other = &rows[i];
        if (other->left_out || other->mode == THUMBS_MODE_SYNC) continue;
        if (other->io != row->io || other->io_jobs != row->io_jobs) return true;
    }
    return false;
}

void th_bench_row_label(const struct th_bench_row *rows, size_t n_rows,
                        const struct th_bench_row *row, struct th_bytes *b)
{
    th_bytes_adds(b, th_bench_mode_name(row->mode));
    if (row->mode == THUMBS_MODE_SYNC) return;
    th_bytes_addf(b, ", %u job%s", row->jobs, row->jobs == 1 ? "" : "s");
    if (!differs_in_io(rows, n_rows, row)) return;
    th_bytes_addf(b, row->io == THUMBS_IO_URING ? ", io_uring %u" : ", %u I/O threads",
                  row->io_jobs);
}

const struct th_bench_row *th_bench_find_sync(const struct th_bench_row *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].mode == THUMBS_MODE_SYNC && !rows[i].left_out) return &rows[i];
    }
    return NULL;
}

/* ---- what its runs say ---- */

uint64_t th_bench_run_made(const struct th_bench_run *run)
{
    return run->by_status[THUMBS_STATUS_DONE] + run->by_status[THUMBS_STATUS_DAMAGED];
}

static double median_of(const struct th_bench_row *row,
                        double (*value)(const struct th_bench_run *run))
{
    double values[TH_BENCH_MAX_RUNS];
    for (size_t i = 0; i < row->n_runs; i++)
        values[i] = value(&row->runs[i]);
    return th_bench_spread(values, row->n_runs).median;
}

static double per_second(const struct th_bench_run *run, double amount)
{
    return run->seconds > 0 ? amount / run->seconds : 0;
}

static double mb_rate(const struct th_bench_run *run)
{
    return per_second(run, (double)run->bytes / 1e6);
}

static double mpx_rate(const struct th_bench_run *run)
{
    return per_second(run, (double)run->pixels / 1e6);
}

static double cpu_of(const struct th_bench_run *run)
{
    return run->user_seconds + run->system_seconds;
}

static void summarise_stages(struct th_bench_row *row)
{
    double values[TH_BENCH_MAX_RUNS], sum = 0;
    for (size_t stage = 0; stage < TH_BENCH_N_STAGES; stage++) {
        for (size_t i = 0; i < row->n_runs; i++)
            values[i] = row->runs[i].stage_seconds[stage];
        row->stage_seconds[stage] = th_bench_spread(values, row->n_runs).median;
        sum += row->stage_seconds[stage];
    }
    for (size_t stage = 0; stage < TH_BENCH_N_STAGES; stage++)
        row->share[stage] = sum > 0 ? row->stage_seconds[stage] / sum : 0;
    if (!(row->seconds.median > 0)) return;
    row->queue_depth = row->stage_seconds[TH_BENCH_WAIT] / row->seconds.median;
    if (row->io_jobs)
        row->io_busy = row->stage_seconds[TH_BENCH_LOAD] / (row->seconds.median * row->io_jobs);
}

void th_bench_row_summarise(struct th_bench_row *row, const struct th_bench_row *sync_row)
{
    double rates[TH_BENCH_MAX_RUNS], seconds[TH_BENCH_MAX_RUNS];
    if (row->left_out) return;
    for (size_t i = 0; i < row->n_runs; i++) {
        rates[i] = per_second(&row->runs[i], (double)th_bench_run_made(&row->runs[i]));
        seconds[i] = row->runs[i].seconds;
        if (row->runs[i].peak_bytes > row->peak_bytes) row->peak_bytes = row->runs[i].peak_bytes;
    }
    row->images_per_second = th_bench_spread(rates, row->n_runs);
    row->seconds = th_bench_spread(seconds, row->n_runs);
    row->mb_per_second = median_of(row, mb_rate);
    row->mpx_per_second = median_of(row, mpx_rate);
    row->cpu_seconds = median_of(row, cpu_of);
    summarise_stages(row);
    if (!sync_row || !(sync_row->images_per_second.median > 0)) return;
    row->speedup = row->images_per_second.median / sync_row->images_per_second.median;
    row->efficiency = row->jobs ? row->speedup / row->jobs : 0;
}

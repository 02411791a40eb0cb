/* SPDX-License-Identifier: MIT */
#include "bench/advice.h"

#include <stdio.h>

/* Preferred where the figures of two rows overlap: what survives a crash of a decoder first. */
static int rank_of(const struct th_bench_row *row)
{
    static const int ranks[] = {
        [THUMBS_MODE_PROCESSES] = 0, [THUMBS_MODE_THREADS] = 1, [THUMBS_MODE_SYNC] = 2};
    return ranks[row->mode];
}

/* Cheaper to run: fewer workers, fewer files in flight. */
static bool is_preferable(const struct th_bench_row *a, const struct th_bench_row *b)
{
    if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
    if (a->jobs != b->jobs) return a->jobs < b->jobs;
    if (a->io != b->io) return a->io == THUMBS_IO_THREADS;
    return a->io_jobs < b->io_jobs;
}

static size_t find_fastest(const struct th_bench_row *rows, size_t n_rows)
{
    size_t best = n_rows;
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].left_out) continue;
        if (best == n_rows ||
            rows[i].images_per_second.median > rows[best].images_per_second.median)
            best = i;
    }
    return best;
}

static bool is_slower_than(const struct th_bench_row *row, const struct th_bench_row *sync)
{
    return sync && row->images_per_second.median < sync->images_per_second.median;
}

/* Within the spread of the fastest, the one to prefer; but never one that was slower than sync,
 * however little. */
static size_t find_recommended(const struct th_bench_row *rows, size_t n_rows, size_t fastest,
                               const struct th_bench_row *sync)
{
    size_t best = fastest;
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].left_out || is_slower_than(&rows[i], sync)) continue;
        if (!th_bench_spreads_overlap(&rows[i].images_per_second, &rows[fastest].images_per_second))
            continue;
        if (is_preferable(&rows[i], &rows[best])) best = i;
    }
    return best;
}

static double io_share(const struct th_bench_row *row)
{
    return row->share[TH_BENCH_WALK] + row->share[TH_BENCH_LOAD] + row->share[TH_BENCH_COMMIT];
}

static enum th_bench_stage largest_work(const struct th_bench_row *row)
{
    enum th_bench_stage largest = TH_BENCH_DECODE;
    for (enum th_bench_stage s = TH_BENCH_RESIZE; s <= TH_BENCH_ENCODE; s++) {
        if (row->share[s] > row->share[largest]) largest = s;
    }
    return largest;
}

/* In mode sync the time of a file is its stages one after the other and nothing is hidden behind
 * anything: there a workload shows what it is. It is bound by I/O if the one thread mostly waits,
 * and mostly in the stages that do I/O: waiting alone may also come from other programs that take
 * the CPU. */
static enum th_bench_bound judge_sync(const struct th_bench_row *row)
{
    const double cpu = row->seconds.median > 0 ? row->cpu_seconds / row->seconds.median : 1;
    return cpu < 0.6 && io_share(row) > 0.4 ? TH_BOUND_IO : TH_BOUND_CPU;
}

/* Without it: workers that starve while the I/O threads are busy. */
static enum th_bench_bound judge_parallel(const struct th_bench_row *row, unsigned n_cpus)
{
    const unsigned cpus = row->jobs < n_cpus ? row->jobs : n_cpus;
    const double busy =
        row->seconds.median > 0 ? row->cpu_seconds / (row->seconds.median * cpus) : 1;
    return busy < 0.7 && row->io_busy > 0.5 ? TH_BOUND_IO : TH_BOUND_CPU;
}

static int add_bound(char *text, size_t size, const struct th_bench_row *judged,
                     enum th_bench_bound bound, unsigned n_cpus)
{
    const double cpu =
        judged->seconds.median > 0 ? judged->cpu_seconds / judged->seconds.median : 0;
    const bool sync = judged->mode == THUMBS_MODE_SYNC;
    if (bound == TH_BOUND_IO && sync)
        return snprintf(
            text, size,
            "I/O bound: in mode sync the CPU is busy %.0f %% of the time, the rest waits for files",
            100 * cpu);
    if (bound == TH_BOUND_IO)
        return snprintf(text, size, "I/O bound: %.1f of %u CPUs are busy, workers wait for files",
                        cpu, n_cpus);
    const enum th_bench_stage stage = largest_work(judged);
    const double worked = 1 - judged->share[TH_BENCH_WAIT];
    if (judged->share[stage] > 0)
        return snprintf(text, size, "CPU bound: %s takes %.0f %% of the work on a file",
                        th_bench_stage_name(stage),
                        worked > 0 ? 100 * judged->share[stage] / worked : 0);
    return snprintf(text, size, "CPU bound: the pipeline itself is what is measured");
}

static int add_row(char *text, size_t size, const struct th_bench_row *row,
                   enum th_bench_bound bound)
{
    int n = snprintf(text, size, "use --mode=%s", th_bench_mode_name(row->mode));
    if (row->mode == THUMBS_MODE_SYNC) return n;
    n += snprintf(text + n, size - (size_t)n, " --jobs=%u", row->jobs);
    if (row->io != THUMBS_IO_THREADS)
        n += snprintf(text + n, size - (size_t)n, " --io=%s", th_bench_io_name(row->io));
    if (bound == TH_BOUND_IO && row->io_jobs)
        n += snprintf(text + n, size - (size_t)n, " --io-jobs=%u", row->io_jobs);
    if (row->speedup > 0)
        n += snprintf(text + n, size - (size_t)n, " (%.2f times sync)", row->speedup);
    return n;
}

/* The way to run that the measurement does not tell from `use`, since the runs of each differ by
 * more than the two do: sync before others, as it is what all are compared with. NULL: none. */
static const struct th_bench_row *find_rival(const struct th_bench_row *rows, size_t n_rows,
                                             const struct th_bench_row *use,
                                             const struct th_bench_row *sync)
{
    const struct th_bench_row *rival = NULL;
    for (size_t i = 0; i < n_rows; i++) {
        const struct th_bench_row *row = &rows[i];
        if (row->left_out || row->mode == use->mode ||
            !th_bench_spreads_overlap(&row->images_per_second, &use->images_per_second))
            continue;
        if (row == sync) return sync;
        if (!rival || row->images_per_second.median > rival->images_per_second.median) rival = row;
    }
    return rival;
}

static int add_rival(char *text, size_t size, const struct th_bench_row *use,
                     const struct th_bench_row *rival)
{
    const bool faster = rival->images_per_second.median > use->images_per_second.median;
    return snprintf(text, size,
                    "; %s %s: runs differ by more than the two do, so take more than --runs=%zu",
                    th_bench_mode_name(rival->mode),
                    faster ? "is not measurably faster" : "may be as fast", use->n_runs);
}

void th_bench_advise(const struct th_bench_row *rows, size_t n_rows, unsigned n_cpus,
                     struct th_bench_advice *out)
{
    const struct th_bench_row *sync = th_bench_find_sync(rows, n_rows);
    const size_t i_fastest = find_fastest(rows, n_rows),
                 i_use = find_recommended(rows, n_rows, i_fastest, sync);
    const struct th_bench_row *fastest = &rows[i_fastest], *use = &rows[i_use],
                              *rival = find_rival(rows, n_rows, use, sync);
    const struct th_bench_row *judged = sync ? sync : fastest;
    const enum th_bench_bound bound = sync ? judge_sync(sync) : judge_parallel(fastest, n_cpus);
    char *const text = out->text;
    const size_t size = sizeof out->text;
    out->bound = bound;
    out->i_row = i_use;
    int n = add_bound(text, size, judged, bound, n_cpus);
    n += snprintf(text + n, size - (size_t)n, "; ");
    n += add_row(text + n, size - (size_t)n, use, bound);
    if (rival)
        n += add_rival(text + n, size - (size_t)n, use, rival);
    else if (use->mode == THUMBS_MODE_THREADS)
        n += snprintf(text + n, size - (size_t)n,
                      "; only mode processes survives a decoder that crashes");
    if (bound == TH_BOUND_IO && use->mode != THUMBS_MODE_SYNC && use->io_busy > 0.8)
        snprintf(text + n, size - (size_t)n,
                 "; all of them were busy, so more --io-jobs may be faster");
}

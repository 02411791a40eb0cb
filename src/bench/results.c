/* SPDX-License-Identifier: MIT */
/* The result of a bench as a table for people, JSON and CSV for programs, and a chart. */
#include "bench/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "bench/chart.h"
#include "bench/jsonwriter.h"
#include "bench/texttable.h"

/* ---- table ---- */

/* The cells that say which row it is: mode, io, jobs. */
static void add_way(struct th_table *t, const struct th_bench_row *row)
{
    th_table_add(t, "%s", th_bench_mode_name(row->mode));
    if (row->mode == THUMBS_MODE_SYNC)
        th_table_add(t, "-");
    else
        th_table_add(t, "%s %u", th_bench_io_name(row->io), row->io_jobs);
    th_table_add(t, "%u", row->jobs);
}

/* A table whose first three columns are those of add_way(). Each is narrow enough for a terminal of
 * 80 columns, so there are several. */
static void begin_table(struct th_table *t, const char *const *head, size_t n)
{
    static const char *const way[] = {"mode", "io", "jobs"};
    th_table_init(t, 3 + n);
    for (size_t i = 0; i < 3; i++)
        th_table_add(t, "%s", way[i]);
    for (size_t i = 0; i < n; i++)
        th_table_add(t, "%s", head[i]);
}

static void add_speeds(const struct th_bench_result *r, struct th_bytes *b)
{
    static const char *const head[] = {"images/s", "(min", "max)", "MB/s", "Mpx/s", "speed-up"};
    struct th_table t;
    begin_table(&t, head, sizeof head / sizeof *head);
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct th_bench_row *row = &r->rows[i];
        if (row->left_out) continue;
        add_way(&t, row);
        th_table_add(&t, "%.1f", row->images_per_second.median);
        th_table_add(&t, "(%.1f", row->images_per_second.min);
        th_table_add(&t, "%.1f)", row->images_per_second.max);
        th_table_add(&t, "%.1f", row->mb_per_second);
        th_table_add(&t, "%.1f", row->mpx_per_second);
        if (row->speedup > 0)
            th_table_add(&t, "%.2f", row->speedup);
        else
            th_table_add(&t, "-");
    }
    th_table_print(&t, "llrrrrrrr", b);
    th_table_finish(&t);
}

static void add_costs(const struct th_bench_result *r, struct th_bytes *b)
{
    static const char *const head[] = {"efficiency", "CPU s", "peak MB", "queued"};
    struct th_table t;
    begin_table(&t, head, sizeof head / sizeof *head);
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct th_bench_row *row = &r->rows[i];
        if (row->left_out) continue;
        add_way(&t, row);
        if (row->speedup > 0)
            th_table_add(&t, "%.0f %%", 100 * row->efficiency);
        else
            th_table_add(&t, "-");
        th_table_add(&t, "%.2f", row->cpu_seconds);
        if (row->peak_bytes)
            th_table_add(&t, "%.1f", (double)row->peak_bytes / 1e6);
        else
            th_table_add(&t, "-");
        th_table_add(&t, "%.1f", row->queue_depth);
    }
    th_table_print(&t, "llrrrrr", b);
    th_table_finish(&t);
}

static void add_stages(const struct th_bench_result *r, struct th_bytes *b)
{
    const char *head[TH_BENCH_N_STAGES];
    struct th_table t;
    for (int s = 0; s < TH_BENCH_N_STAGES; s++)
        head[s] = th_bench_stage_name((enum th_bench_stage)s);
    begin_table(&t, head, TH_BENCH_N_STAGES);
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct th_bench_row *row = &r->rows[i];
        if (row->left_out) continue;
        add_way(&t, row);
        for (int s = 0; s < TH_BENCH_N_STAGES; s++) {
            const double percent = 100 * row->share[s];
            th_table_add(&t, "%.*f", percent < 9.95 ? 1 : 0, percent);
        }
    }
    th_table_print(&t, "llrrrrrrrr", b);
    th_table_finish(&t);
}

static const struct th_bench_run *any_run(const struct th_bench_result *r)
{
    for (size_t i = 0; i < r->n_rows; i++) {
        if (r->rows[i].n_runs > 0) return &r->rows[i].runs[0];
    }
    return NULL;
}

static unsigned long long made_by(const struct th_bench_run *run)
{
    return th_bench_run_made(run);
}

static void add_workload(const struct th_bench_result *r, struct th_bytes *b)
{
    const struct th_bench_run *run = any_run(r);
    if (!run) return;
    th_bytes_addf(b,
                  "%llu pictures, %.1f MB, %.1f Mpx on %s; %u run%s of each; %u of %u CPUs (%s)\n",
                  made_by(run), (double)run->bytes / 1e6, (double)run->pixels / 1e6,
                  r->source_filesystem, r->config.n_runs, r->config.n_runs == 1 ? "" : "s",
                  r->machine.usable, r->machine.n_cpus, r->machine.cpu);
}

void th_bench_table(const struct th_bench_result *r, struct th_bytes *b)
{
    add_workload(r, b);
    th_bytes_addc(b, '\n');
    add_speeds(r, b);
    th_bytes_addc(b, '\n');
    add_costs(r, b);
    th_bytes_adds(b, "\nWhere the time of a file goes, in %:\n");
    add_stages(r, b);
    th_bytes_addc(b, '\n');
    if (!r->identical)
        th_bytes_addf(b, "OUTPUTS DIFFER: %s\n", r->difference);
    else if (r->outputs.n_files > 0)
        th_bytes_addf(b, "%llu outputs, %.1f MB, the same bytes in every run\n",
                      (unsigned long long)r->outputs.n_files, (double)r->outputs.bytes / 1e6);
    th_bytes_addf(b, "%s\n", r->advice.text);
}

/* ---- JSON ---- */

static void add_spread(struct th_json *j, const char *key, const struct th_spread *spread,
                       unsigned decimals)
{
    th_json_open(j, key, '{');
    th_json_number(j, "median", spread->median, decimals);
    th_json_number(j, "min", spread->min, decimals);
    th_json_number(j, "max", spread->max, decimals);
    th_json_close(j, '}');
}

static void add_by_stage(struct th_json *j, const char *key, const double *values)
{
    th_json_open(j, key, '{');
    for (int s = 0; s < TH_BENCH_N_STAGES; s++)
        th_json_number(j, th_bench_stage_name((enum th_bench_stage)s), values[s], 6);
    th_json_close(j, '}');
}

static void add_peak(struct th_json *j, uint64_t bytes)
{
    if (bytes)
        th_json_u64(j, "peak_bytes", bytes);
    else
        th_json_null(j, "peak_bytes");
}

static void add_run(struct th_json *j, const struct th_bench_run *run)
{
    th_json_open(j, NULL, '{');
    th_json_number(j, "seconds", run->seconds, 6);
    th_json_number(j, "images_per_second",
                   run->seconds > 0 ? (double)made_by(run) / run->seconds : 0, 3);
    th_json_number(j, "user_seconds", run->user_seconds, 6);
    th_json_number(j, "system_seconds", run->system_seconds, 6);
    add_peak(j, run->peak_bytes);
    th_json_u64(j, "memory_samples", run->n_samples);
    add_by_stage(j, "stage_seconds", run->stage_seconds);
    th_json_close(j, '}');
}

static void add_row(struct th_json *j, const struct th_bench_row *row)
{
    const bool sync = row->mode == THUMBS_MODE_SYNC;
    th_json_open(j, NULL, '{');
    th_json_string(j, "mode", th_bench_mode_name(row->mode));
    th_json_string(j, "io", sync ? NULL : th_bench_io_name(row->io));
    th_json_u64(j, "jobs", row->jobs);
    th_json_u64(j, "io_jobs", row->io_jobs);
    add_spread(j, "images_per_second", &row->images_per_second, 3);
    add_spread(j, "seconds", &row->seconds, 6);
    th_json_number(j, "mb_per_second", row->mb_per_second, 3);
    th_json_number(j, "mpx_per_second", row->mpx_per_second, 3);
    if (row->speedup > 0) {
        th_json_number(j, "speedup", row->speedup, 4);
        th_json_number(j, "efficiency", row->efficiency, 4);
    } else {
        th_json_null(j, "speedup");
        th_json_null(j, "efficiency");
    }
    th_json_number(j, "cpu_seconds", row->cpu_seconds, 6);
    add_peak(j, row->peak_bytes);
    add_by_stage(j, "stage_shares", row->share);
    add_by_stage(j, "stage_seconds", row->stage_seconds);
    th_json_number(j, "queue_depth", row->queue_depth, 3);
    th_json_number(j, "io_busy", row->io_busy, 4);
    th_json_open(j, "runs", '[');
    for (size_t i = 0; i < row->n_runs; i++)
        add_run(j, &row->runs[i]);
    th_json_close(j, ']');
    th_json_close(j, '}');
}

static void add_source(const struct th_bench_result *r, struct th_json *j)
{
    const struct th_bench_run *run = any_run(r);
    th_json_open(j, "source", '{');
    th_json_string(j, "path", r->config.source);
    th_json_string(j, "filesystem", r->source_filesystem);
    th_json_string(j, "scratch_filesystem", r->scratch_filesystem);
    if (run) {
        th_json_u64(j, "pictures", made_by(run));
        th_json_u64(j, "failed", run->by_status[THUMBS_STATUS_FAILED]);
        th_json_u64(j, "skipped", run->by_status[THUMBS_STATUS_SKIPPED]);
        th_json_u64(j, "bytes", run->bytes);
        th_json_u64(j, "pixels", run->pixels);
    }
    th_json_close(j, '}');
}

static void add_options(const struct thumbs_options *o, struct th_json *j)
{
    th_json_open(j, "options", '{');
    th_json_open(j, "sizes", '[');
    for (uint32_t i = 0; i < o->image.n_sizes; i++) {
        char text[32];
        snprintf(text, sizeof text, "%ux%u", o->image.sizes[i].width, o->image.sizes[i].height);
        th_json_string(j, NULL, text);
    }
    th_json_close(j, ']');
    th_json_open(j, "formats", '[');
    for (uint32_t i = 0; i < o->image.n_formats; i++)
        th_json_string(j, NULL, thumbs_format_name((enum thumbs_format)o->image.formats[i]));
    th_json_close(j, ']');
    th_json_u64(j, "quality", o->image.quality);
    th_json_u64(j, "io_latency_ms", o->io_latency_ms);
    th_json_bool(j, "no_work", o->no_work);
    th_json_close(j, '}');
}

static void add_outputs(const struct th_bench_result *r, struct th_json *j)
{
    char digest[40];
    snprintf(digest, sizeof digest, "%016llx%016llx", (unsigned long long)r->outputs.sum[0],
             (unsigned long long)r->outputs.sum[1]);
    th_json_open(j, "outputs", '{');
    th_json_bool(j, "identical", r->identical);
    th_json_string(j, "difference", r->identical ? NULL : r->difference);
    th_json_u64(j, "files", r->outputs.n_files);
    th_json_u64(j, "bytes", r->outputs.bytes);
    th_json_string(j, "digest", digest);
    th_json_close(j, '}');
}

static void add_notes(const struct th_bench_result *r, struct th_json *j)
{
    const char *note = th_bytes_str(&r->notes);
    th_json_open(j, "notes", '[');
    while (*note) {
        struct th_bytes line = {0};
        const size_t len = strcspn(note, "\n");
        th_bytes_add(&line, note, len);
        th_json_string(j, NULL, th_bytes_str(&line));
        th_bytes_finish(&line);
        note += len + (note[len] == '\n');
    }
    th_json_close(j, ']');
}

void th_bench_json(const struct th_bench_result *r, struct th_bytes *b)
{
    struct th_json j = {.out = b};
    const struct th_bench_row *advised = &r->rows[r->advice.i_row];
    th_json_open(&j, NULL, '{');
    th_json_string(&j, "schema", "thumbs-bench/1");
    th_machine_json(&r->machine, &j);
    add_source(r, &j);
    add_options(&r->config.options, &j);
    th_json_u64(&j, "runs", r->config.n_runs);
    add_outputs(r, &j);
    th_json_open(&j, "rows", '[');
    for (size_t i = 0; i < r->n_rows; i++) {
        if (!r->rows[i].left_out) add_row(&j, &r->rows[i]);
    }
    th_json_close(&j, ']');
    th_json_open(&j, "advice", '{');
    th_json_string(&j, "bound", r->advice.bound == TH_BOUND_IO ? "io" : "cpu");
    th_json_string(&j, "mode", th_bench_mode_name(advised->mode));
    th_json_u64(&j, "jobs", advised->jobs);
    th_json_string(&j, "text", r->advice.text);
    th_json_close(&j, '}');
    add_notes(r, &j);
    th_json_close(&j, '}');
}

/* ---- CSV ---- */

void th_bench_csv(const struct th_bench_result *r, struct th_bytes *b)
{
    static const char *const head[] = {"mode",      "io",      "jobs",         "io_jobs",
                                       "run",       "seconds", "pictures",     "images_per_second",
                                       "bytes",     "pixels",  "user_seconds", "system_seconds",
                                       "peak_bytes"};
    struct th_table t;
    th_table_init(&t, sizeof head / sizeof *head + TH_BENCH_N_STAGES);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        th_table_add(&t, "%s", head[i]);
    for (int s = 0; s < TH_BENCH_N_STAGES; s++)
        th_table_add(&t, "%s_seconds", th_bench_stage_name((enum th_bench_stage)s));
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct th_bench_row *row = &r->rows[i];
        for (size_t k = 0; k < row->n_runs; k++) {
            const struct th_bench_run *run = &row->runs[k];
            th_table_add(&t, "%s", th_bench_mode_name(row->mode));
            th_table_add(&t, "%s", row->mode == THUMBS_MODE_SYNC ? "" : th_bench_io_name(row->io));
            th_table_add(&t, "%u", row->jobs);
            th_table_add(&t, "%u", row->io_jobs);
            th_table_add(&t, "%zu", k + 1);
            th_table_add(&t, "%.6f", run->seconds);
            th_table_add(&t, "%llu", made_by(run));
            th_table_add(&t, "%.3f", run->seconds > 0 ? (double)made_by(run) / run->seconds : 0);
            th_table_add(&t, "%llu", (unsigned long long)run->bytes);
            th_table_add(&t, "%llu", (unsigned long long)run->pixels);
            th_table_add(&t, "%.6f", run->user_seconds);
            th_table_add(&t, "%.6f", run->system_seconds);
            th_table_add(&t, "%llu", (unsigned long long)run->peak_bytes);
            for (int s = 0; s < TH_BENCH_N_STAGES; s++)
                th_table_add(&t, "%.6f", run->stage_seconds[s]);
        }
    }
    th_table_print_csv(&t, b);
    th_table_finish(&t);
}

/* ---- chart ---- */

static const enum th_bench_stage work_stages[] = {TH_BENCH_WALK,   TH_BENCH_LOAD,
                                                  TH_BENCH_DECODE, TH_BENCH_RESIZE,
                                                  TH_BENCH_ENCODE, TH_BENCH_COMMIT};
enum { N_WORK_STAGES = sizeof work_stages / sizeof *work_stages };

struct bar_texts {
    struct th_bytes label;
    char beside[48];
};

static void fill_bar(const struct th_bench_result *r, const struct th_bench_row *row,
                     struct bar_texts *texts, struct th_chart_bar *bar)
{
    static const unsigned colours[] = {
        [THUMBS_MODE_PROCESSES] = 1, [THUMBS_MODE_THREADS] = 2, [THUMBS_MODE_SYNC] = 0};
    th_bench_row_label(r->rows, r->n_rows, row, &texts->label);
    if (row->speedup > 0 && row->mode != THUMBS_MODE_SYNC)
        snprintf(texts->beside, sizeof texts->beside, "%.2f × sync", row->speedup);
    *bar = (struct th_chart_bar){.label = th_bytes_str(&texts->label),
                                 .value = row->images_per_second.median,
                                 .low = row->images_per_second.min,
                                 .high = row->images_per_second.max,
                                 .colour = colours[row->mode],
                                 .beside = texts->beside[0] ? texts->beside : NULL};
    /* Of the work alone: next to the time that files wait in a full queue all else would be
     * slivers. */
    const double work = 1 - row->share[TH_BENCH_WAIT];
    for (size_t i = 0; i < N_WORK_STAGES; i++)
        bar->parts[i] = work > 0 ? row->share[work_stages[i]] / work : 0;
}

void th_bench_svg(const struct th_bench_result *r, struct th_bytes *b)
{
    struct th_chart_bar *bars = th_calloc(r->n_rows + 1, sizeof *bars);
    struct bar_texts *texts = th_calloc(r->n_rows + 1, sizeof *texts);
    const struct th_bench_run *run = any_run(r);
    struct th_bytes subtitle = {0};
    struct th_chart chart = {.title = "thumbs: pictures per second",
                             .unit = "images/s",
                             .decimals = 1,
                             .bars = bars,
                             .parts_title = "the work on a file",
                             .n_parts = N_WORK_STAGES,
                             .footer = r->advice.text};
    if (!bars || !texts) {
        b->failed = true;
        goto out;
    }
    if (run)
        th_bytes_addf(&subtitle,
                      "%llu pictures, %.0f MB, %.0f Mpx · median of %u runs, whiskers from slowest "
                      "to fastest · %s, %u CPUs",
                      made_by(run), (double)run->bytes / 1e6, (double)run->pixels / 1e6,
                      r->config.n_runs, r->machine.cpu, r->machine.usable);
    chart.subtitle = th_bytes_str(&subtitle);
    for (size_t i = 0; i < N_WORK_STAGES; i++)
        chart.part_names[i] = th_bench_stage_name(work_stages[i]);
    for (size_t i = 0; i < r->n_rows; i++) {
        if (r->rows[i].left_out) continue;
        fill_bar(r, &r->rows[i], &texts[chart.n_bars], &bars[chart.n_bars]);
        chart.n_bars++;
    }
    th_chart_svg(&chart, b);
out:
    for (size_t i = 0; texts && i < r->n_rows; i++)
        th_bytes_finish(&texts[i].label);
    th_bytes_finish(&subtitle);
    free(texts);
    free(bars);
}

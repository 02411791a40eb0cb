/* SPDX-License-Identifier: MIT */
/* What the runs say: a table, JSON, a chart. */
#include "race/score.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "bench/chart.h"
#include "bench/jsonwriter.h"
#include "bench/results.h"
#include "bench/texttable.h"
#include "figures.h"
#include "race/pictures.h"

void summarise(struct race *race)
{
    for (size_t i = 0; i < race->n_peers; i++) {
        struct peer *p = &race->peers[i];
        double seconds[MAX_RUNS], rates[MAX_RUNS], cpu[MAX_RUNS];
        for (unsigned k = 0; k < p->n_runs; k++) {
            seconds[k] = p->runs[k].seconds;
            rates[k] = (double)race->n_names / p->runs[k].seconds;
            cpu[k] = p->runs[k].user_seconds + p->runs[k].system_seconds;
            if (p->runs[k].peak_bytes > p->peak_bytes) p->peak_bytes = p->runs[k].peak_bytes;
        }
        p->seconds = th_bench_spread(seconds, p->n_runs);
        p->images_per_second = th_bench_spread(rates, p->n_runs);
        p->cpu_seconds = th_bench_spread(cpu, p->n_runs).median;
    }
}

static const char *state_of(const struct peer *peer)
{
    return !peer->present ? "missing" : peer->n_runs > 0 ? "ok" : "thrown-out";
}

const struct peer *first_ok(const struct race *race)
{
    for (size_t i = 0; i < race->n_peers; i++) {
        if (race->peers[i].n_runs > 0) return &race->peers[i];
    }
    return NULL;
}

void print_table(const struct race *race)
{
    static const char *const head[] = {"program", "images/s", "(min",   "max)",    "wall s",
                                       "CPU s",   "peak MB",  "out MB", "PSNR dB", "(worst)",
                                       "SSIM",    "(worst)",  "time"};
    const struct peer *base = first_ok(race);
    struct th_table t;
    struct th_bytes b = {0};
    th_table_init(&t, sizeof head / sizeof *head);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        th_table_add(&t, "%s", head[i]);
    for (size_t i = 0; i < race->n_peers; i++) {
        const struct peer *p = &race->peers[i];
        if (p->n_runs == 0) continue;
        th_table_add(&t, "%s", p->label);
        th_table_add(&t, "%.1f", p->images_per_second.median);
        th_table_add(&t, "(%.1f", p->images_per_second.min);
        th_table_add(&t, "%.1f)", p->images_per_second.max);
        th_table_add(&t, "%.2f", p->seconds.median);
        th_table_add(&t, "%.2f", p->cpu_seconds);
        th_table_add(&t, "%.1f", (double)p->peak_bytes / 1e6);
        th_table_add(&t, "%.2f", (double)p->quality.bytes / 1e6);
        th_table_add(&t, "%.2f", p->quality.psnr_mean);
        th_table_add(&t, "(%.2f)", p->quality.psnr_worst);
        th_table_add(&t, "%.4f", p->quality.ssim_mean);
        th_table_add(&t, "(%.4f)", p->quality.ssim_worst);
        th_table_add(&t, "%.2f x", base ? p->seconds.median / base->seconds.median : 1);
    }
    th_bytes_addf(
        &b, "%zu pictures, %.1f MB, to %u pixels at quality %u; %u runs of each; %u CPUs (%s)\n\n",
        race->n_names, (double)race->source_bytes / 1e6, race->settings.side,
        race->settings.quality, race->settings.runs, race->settings.jobs, race->machine.cpu);
    th_table_print(&t, "lrrrrrrrrrrrr", &b);
    for (size_t i = 0; i < race->n_peers; i++) {
        const struct peer *p = &race->peers[i];
        if (p->n_runs == 0) th_bytes_addf(&b, "%s: %s: %s\n", p->label, state_of(p), p->why_not);
    }
    fputs(th_bytes_str(&b), stdout);
    th_bytes_finish(&b);
    th_table_finish(&t);
}

static void json_spread(struct th_json *j, const char *key, const struct th_spread *spread)
{
    th_json_open(j, key, '{');
    th_json_number(j, "median", spread->median, 6);
    th_json_number(j, "min", spread->min, 6);
    th_json_number(j, "max", spread->max, 6);
    th_json_close(j, '}');
}

static const char *path_of(const struct race *race, const char *name)
{
    const size_t number = number_of(name);
    return number < race->n_paths ? race->paths[number] : name;
}

static void json_result(struct th_json *j, const struct race *race, const struct peer *p)
{
    const struct quality *q = &p->quality;
    json_spread(j, "seconds", &p->seconds);
    json_spread(j, "images_per_second", &p->images_per_second);
    th_json_number(j, "cpu_seconds", p->cpu_seconds, 6);
    th_json_u64(j, "peak_bytes", p->peak_bytes);
    th_json_u64(j, "output_bytes", q->bytes);
    th_json_open(j, "psnr", '{');
    th_json_number(j, "mean", q->psnr_mean, 4);
    th_json_number(j, "worst", q->psnr_worst, 4);
    th_json_string(j, "worst_file", path_of(race, q->worst_psnr_file));
    th_json_close(j, '}');
    th_json_open(j, "ssim", '{');
    th_json_number(j, "mean", q->ssim_mean, 6);
    th_json_number(j, "worst", q->ssim_worst, 6);
    th_json_string(j, "worst_file", path_of(race, q->worst_file));
    th_json_close(j, '}');
    th_json_open(j, "runs", '[');
    for (unsigned k = 0; k < p->n_runs; k++) {
        th_json_open(j, NULL, '{');
        th_json_number(j, "seconds", p->runs[k].seconds, 6);
        th_json_number(j, "user_seconds", p->runs[k].user_seconds, 6);
        th_json_number(j, "system_seconds", p->runs[k].system_seconds, 6);
        th_json_u64(j, "peak_bytes", p->runs[k].peak_bytes);
        th_json_close(j, '}');
    }
    th_json_close(j, ']');
}

static void json_peer(struct th_json *j, const struct race *race, const struct peer *p)
{
    struct words words = {.settings = &race->settings, .output = "../output"};
    th_json_open(j, NULL, '{');
    th_json_string(j, "name", p->name);
    th_json_string(j, "label", p->label);
    th_json_string(j, "state", state_of(p));
    th_json_string(j, "reason", p->n_runs > 0 ? NULL : p->why_not);
    th_json_string(j, "version", p->version);
    p->command(p, &words);
    th_json_open(j, "command", '[');
    for (size_t i = 0; i < words.n; i++)
        th_json_string(j, NULL, words.list[i]);
    if (words.all_files) th_json_string(j, NULL, "...");
    th_json_close(j, ']');
    th_json_u64(j, "runs_thrown_out", p->n_thrown_out);
    th_json_open(j, "unfit", '[');
    for (size_t i = 0; i < p->n_unfit; i++)
        th_json_string(j, NULL, race->paths[p->unfit[i]]);
    th_json_close(j, ']');
    if (p->n_runs > 0) json_result(j, race, p);
    th_json_close(j, '}');
}

static void add_json(const struct race *race, struct th_bytes *b)
{
    struct th_json j = {.out = b};
    th_json_open(&j, NULL, '{');
    th_json_string(&j, "schema", "thumbs-peers/1");
    th_machine_json(&race->machine, &j);
    th_json_open(&j, "source", '{');
    th_json_string(&j, "path", race->settings.source);
    th_json_string(&j, "filesystem", race->filesystem);
    th_json_u64(&j, "pictures", race->n_names);
    th_json_u64(&j, "left_out", race->n_left_out);
    th_json_u64(&j, "unfit", race->n_unfit);
    th_json_u64(&j, "bytes", race->source_bytes);
    th_json_close(&j, '}');
    th_json_open(&j, "settings", '{');
    th_json_u64(&j, "size", race->settings.side);
    th_json_u64(&j, "quality", race->settings.quality);
    th_json_u64(&j, "jobs", race->settings.jobs);
    th_json_u64(&j, "runs", race->settings.runs);
    th_json_close(&j, '}');
    th_json_open(&j, "peers", '[');
    for (size_t i = 0; i < race->n_peers; i++)
        json_peer(&j, race, &race->peers[i]);
    th_json_close(&j, ']');
    th_json_close(&j, '}');
}

static void add_svg(const struct race *race, struct th_bytes *b)
{
    struct th_chart_bar bars[MAX_PEERS];
    char beside[MAX_PEERS][48];
    struct th_bytes subtitle = {0};
    struct th_chart chart = {
        .title = "Thumbnails per second",
        .unit = "images/s",
        .decimals = 1,
        .bars = bars,
        .footer = "dB: PSNR of luma against a full decode reduced with Lanczos-3; the higher, the "
                  "closer. Whiskers reach from the slowest to the fastest run."};
    th_bytes_addf(
        &subtitle,
        "%zu pictures, %.0f MB, to %u pixels, JPEG quality %u · median of %u runs · %s, %u CPUs",
        race->n_names, (double)race->source_bytes / 1e6, race->settings.side,
        race->settings.quality, race->settings.runs, race->machine.cpu, race->settings.jobs);
    chart.subtitle = th_bytes_str(&subtitle);
    for (size_t i = 0; i < race->n_peers; i++) {
        const struct peer *p = &race->peers[i];
        if (p->n_runs == 0) continue;
        char *text = beside[chart.n_bars];
        snprintf(text, sizeof beside[0], "%.1f dB", p->quality.psnr_mean);
        bars[chart.n_bars++] = (struct th_chart_bar){.label = p->label,
                                                     .value = p->images_per_second.median,
                                                     .low = p->images_per_second.min,
                                                     .high = p->images_per_second.max,
                                                     .colour = p->is_thumbs ? 1 : 0,
                                                     .beside = text};
    }
    th_chart_svg(&chart, b);
    th_bytes_finish(&subtitle);
}

static bool is_json(const char *head, size_t len)
{
    (void)len;
    return th_bench_is_json_of(head, "thumbs-peers/");
}

/* Before the race, which takes minutes: may all that is to be written be written? */
bool plan_figures(struct race *race)
{
    const struct settings *s = &race->settings;
    race->guard = (struct th_outfile_guard){.sources = &race->settings.source, .n_sources = 1};
    return figures_plan(&race->json, s->json, "JSON of a race", is_json, &race->guard) &&
           figures_plan(&race->svg, s->svg, "chart of a race", th_bench_is_svg, &race->guard);
}

bool write_figures(struct race *race)
{
    struct th_bytes json = {0}, svg = {0};
    add_json(race, &json);
    add_svg(race, &svg);
    const bool done = figures_write(&race->json, &json) && figures_write(&race->svg, &svg);
    th_bytes_finish(&json);
    th_bytes_finish(&svg);
    return done;
}

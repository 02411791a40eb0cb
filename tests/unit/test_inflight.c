/* SPDX-License-Identifier: MIT */
/* What a run waits for: where sources are while they are in flight, and how it is told. */
#include "run/inflight.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "report/report.h"
#include "support/tree.h"

/* Longer than the tick of the clock that is used. */
static void let_time_pass(void)
{
    usleep(30000);
}

static void add_line(void *user, const struct thumbs_waiting *w)
{
    struct th_bytes *text = user;
    cr_expect(w->seconds >= 0 && w->seconds < 10, "%g", w->seconds);
    th_bytes_addf(text, "%s %s %u/%d%s\n", thumbs_stage_name(w->stage), w->path, w->worker, w->pid,
                  w->queued ? " queued" : "");
}

static void expect_told(struct th_inflight *inflight, size_t most, size_t n_all,
                        const char *expected)
{
    struct th_bytes text = {0};
    cr_expect_eq(th_inflight_read(inflight, most, add_line, &text), n_all);
    cr_expect_str_eq(th_bytes_str(&text), expected, "got:\n%s", th_bytes_str(&text));
    th_bytes_finish(&text);
}

#define N 40
static struct th_dir dir = {.path = (char *)"a", .fd = -1};
static char names[N][12];
static struct th_walk_entry entries[N];
static struct th_flight flights[N];

static struct th_inflight *inflight_with(int n)
{
    struct th_inflight *inflight = th_inflight_create();
    cr_assert_not_null(inflight);
    for (int i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "%d", i);
        entries[i] = (struct th_walk_entry){.dir = &dir, .name = names[i]};
        flights[i] = (struct th_flight){0};
        th_inflight_add(inflight, &flights[i], &entries[i]);
    }
    return inflight;
}

Test(inflight, names_the_oldest_that_somebody_is_at_first)
{
    struct th_inflight *inflight = inflight_with(4);
    th_flight_move(&flights[2], TH_AT_LOAD);
    let_time_pass();
    th_flight_move_to_worker(&flights[1], TH_AT_WORK, 3, 1234);
    let_time_pass();
    th_flight_move_to_worker(&flights[0], TH_AT_AHEAD, 3, 1234);
    expect_told(inflight, 10, 4,
                "load a/2 0/0\ndecode a/1 3/1234\nqueue a/3 0/0 queued\nqueue a/0 3/1234 queued\n");
    expect_told(inflight, 3, 4, "load a/2 0/0\ndecode a/1 3/1234\nqueue a/3 0/0 queued\n");
    expect_told(inflight, 1, 4, "load a/2 0/0\n");
    expect_told(inflight, 0, 4, "");
    /* Where it already is, it does not come anew; with another worker it does. */
    let_time_pass();
    th_flight_move(&flights[2], TH_AT_LOAD);
    th_flight_move_to_worker(&flights[1], TH_AT_WORK, 3, 1234);
    th_flight_move(&flights[0], TH_AT_WRITE);
    expect_told(inflight, 3, 4, "load a/2 0/0\ndecode a/1 3/1234\nwrite a/0 3/1234\n");
    let_time_pass();
    th_flight_move_to_worker(&flights[1], TH_AT_WORK, 3, 1235);
    expect_told(inflight, 3, 4, "load a/2 0/0\nwrite a/0 3/1234\ndecode a/1 3/1235\n");
    for (int i = 0; i < 4; i++)
        th_inflight_remove(&flights[i]);
    th_inflight_remove(&flights[0]); /* in no list any more */
    expect_told(inflight, 10, 0, "");
    th_inflight_destroy(inflight);
}

/* Files come and go in any order, many to a list. */
Test(inflight, forgets_who_has_gone)
{
    struct th_inflight *inflight = inflight_with(N);
    for (int i = 0; i < N; i++)
        th_flight_move(&flights[i], i == 33 ? TH_AT_REPORT : TH_AT_QUEUE);
    for (int i = 0, k = 0; i < N; i++, k = (k + 17) % N) { /* 17 and 40 have no factor in common */
        if (k != 33) th_inflight_remove(&flights[k]);
        if (i == 20)
            expect_told(inflight, 1, k == 33 ? 20 : th_inflight_read(inflight, 0, add_line, NULL),
                        "report a/33 0/0\n");
    }
    expect_told(inflight, N, 1, "report a/33 0/0\n");
    th_inflight_remove(&flights[33]);
    expect_told(inflight, N, 0, "");
    th_inflight_destroy(inflight);
}

Test(inflight, names_the_folder_that_is_read)
{
    struct th_inflight *inflight = inflight_with(1);
    struct th_walk_flight *walk = th_inflight_walk(inflight, TH_WALK_SOURCES);
    struct th_walk_flight *ahead = th_inflight_walk(inflight, TH_WALK_COUNT_AHEAD);
    th_walk_flight_begin(walk);
    expect_told(inflight, 1, 2, "walk . 0/0\n");
    th_walk_flight_folder(walk, "", "/net/photos");
    expect_told(inflight, 1, 2, "walk /net/photos 0/0\n");
    th_walk_flight_folder(walk, "b/c", "d");
    expect_told(inflight, 1, 2, "walk b/c/d 0/0\n");
    let_time_pass();
    th_walk_flight_folder(ahead, "b", "");
    expect_told(inflight, 2, 3, "walk b/c/d 0/0\nwalk b 0/0\n");
    th_walk_flight_end(walk);
    th_walk_flight_end(ahead);
    th_flight_move(&flights[0], TH_AT_LOOKUP);
    expect_told(inflight, 2, 1, "load a/0 0/0\n");
    th_inflight_remove(&flights[0]);
    th_inflight_destroy(inflight);
}

static void expect_moved(struct th_inflight *inflight, bool expected, const char *what)
{
    static uint64_t last;
    uint64_t moved_ns = th_inflight_moved_ns(inflight);
    cr_expect_leq(moved_ns, th_now_ns(), "%s", what);
    cr_expect_eq(moved_ns > last, expected, "%s", what);
    last = moved_ns;
    let_time_pass();
}

Test(inflight, knows_when_anything_moved)
{
    struct th_inflight *inflight = th_inflight_create();
    cr_expect_eq(th_inflight_moved_ns(inflight), 0u);
    th_inflight_destroy(inflight);
    inflight = inflight_with(2);
    expect_moved(inflight, true, "found");
    expect_moved(inflight, false, "nothing");
    th_flight_move(&flights[0], TH_AT_LOAD);
    expect_moved(inflight, true, "loaded");
    th_flight_move(&flights[0], TH_AT_LOAD);
    expect_moved(inflight, false, "the same");
    th_flight_move(&flights[0], TH_AT_REPORT);
    th_inflight_remove(&flights[0]);
    expect_moved(inflight, true, "gone");
    expect_moved(inflight, false, "nothing since");
    th_walk_flight_folder(th_inflight_walk(inflight, TH_WALK_SOURCES), "", "x");
    expect_moved(inflight, true, "a folder");
    th_walk_flight_folder(th_inflight_walk(inflight, TH_WALK_COUNT_AHEAD), "", "x");
    expect_moved(inflight, false, "counting ahead does not count");
    th_inflight_remove(&flights[1]);
    th_inflight_destroy(inflight);
}

/* ---- in words ---- */

Test(words, of_what_is_waited_for)
{
    struct th_bytes b = {0};
    struct thumbs_totals totals = {
        .by_status = {[THUMBS_STATUS_DONE] = 118, [THUMBS_STATUS_FAILED] = 2},
        .found = 300,
        .seconds = 12.34};
    struct thumbs_levels levels = {
        .loaded = 8, .most_loaded = 8, .bytes = 64 << 20, .most_bytes = 256 << 20};
    th_report_standing_text(&b, &totals, 0);
    totals.walk_done = true;
    totals.by_status[THUMBS_STATUS_FAILED] = 0;
    th_report_standing_text(&b, &totals, 30.2);
    th_report_waiting_text(&b,
                           &(struct thumbs_waiting){.path = "a\n\x1b[1m.jpg",
                                                    .stage = THUMBS_STAGE_DECODE,
                                                    .what = "is worked on",
                                                    .worker = 3,
                                                    .pid = 1234,
                                                    .seconds = 31},
                           true);
    th_report_waiting_text(
        &b,
        &(struct thumbs_waiting){
            .path = "", .stage = THUMBS_STAGE_WALK, .what = "the folder is read", .seconds = 0.04},
        false);
    th_report_levels_text(&b, &levels);
    levels.most_found = 16;
    levels.decoding = 1 << 20;
    levels.most_decoding = UINT64_C(2) << 30;
    th_report_levels_text(&b, &levels);
    th_report_levels_text(&b, &(struct thumbs_levels){.most_bytes = 1});
    cr_expect_str_eq(
        th_bytes_str(&b),
        "thumbs: still running, 12 s: 120 of 300+ sources, 2 failed; waiting for:\n"
        "thumbs: no progress for 30 s: 118 of 300 sources; waiting for:\n"
        "thumbs:   decode: a\\x0a\\x1b[1m.jpg: is worked on, 31 s, worker 3, process 1234\n"
        "thumbs:   walk: .: the folder is read, 0.0 s\n"
        "thumbs:   queues: 8 of 8 loaded, 64.0 MB of 256 MB in memory\n"
        "thumbs:   queues: 0 of 16 to be read, 8 of 8 loaded, 64.0 MB of 256 MB in memory, "
        "1.0 MB of 2048 MB reserved to decode\n");
    th_bytes_finish(&b);
}

/* ---- in a run ---- */

struct run {
    struct thumbs_batch *batch;
    unsigned jobs;
    atomic_uint n_events, n_worked_on; /* by others, while an event was told */
};

struct search {
    const struct run *run;
    const char *source;
    unsigned n_reported, n_worked_on;
};

static void look_at(void *user, const struct thumbs_waiting *w)
{
    struct search *search = user;
    cr_expect(w->path[0] && w->what[0]);
    cr_expect(w->worker <= search->run->jobs, "worker %u", w->worker);
    search->n_reported += w->stage == THUMBS_STAGE_REPORT && strcmp(w->path, search->source) == 0;
    search->n_worked_on += w->stage == THUMBS_STAGE_DECODE && w->worker > 0;
}

/* Whoever is told a fate finds that source among those that the run is at, once. */
static void on_event(void *user, const struct thumbs_event *event)
{
    struct run *run = user;
    struct search search = {.run = run, .source = event->source};
    struct thumbs_levels levels;
    if (event->status == THUMBS_STATUS_SKIPPED) return;
    atomic_fetch_add(&run->n_events, 1);
    size_t n = thumbs_batch_waiting(run->batch, 1000, look_at, &search);
    cr_expect_eq(search.n_reported, 1u, "%s, of %zu", event->source, n);
    atomic_fetch_add(&run->n_worked_on, search.n_worked_on);
    thumbs_batch_levels(run->batch, &levels);
    cr_expect_leq(levels.found, levels.most_found);
    cr_expect_leq(levels.loaded, levels.most_loaded);
    cr_expect_lt(levels.still_seconds, 20.0);
}

static void not_expected(void *user, const struct thumbs_waiting *w)
{
    (void)user;
    cr_expect_fail("%s: %s", w->path, w->what);
}

static void expect_nothing(struct thumbs_batch *batch)
{
    struct thumbs_levels levels;
    cr_expect_eq(thumbs_batch_waiting(batch, 1000, not_expected, NULL), 0u);
    thumbs_batch_levels(batch, &levels);
    cr_expect_eq(levels.bytes, 0u);
}

static void run_and_look(enum thumbs_mode mode, enum thumbs_io io)
{
    struct run run = {.jobs = 2};
    struct thumbs_options options;
    struct thumbs_error err = {0};
    const char *source = TEST_SAMPLES;
    char *dest = test_folder_make();
    thumbs_options_init(&options);
    options.mode = mode;
    options.io = io;
    options.jobs = run.jobs;
    options.worker_program = TEST_PROGRAM;
    cr_assert_eq(thumbs_batch_create(&options, &source, 1, dest, &run.batch, &err), THUMBS_OK, "%s",
                 err.message);
    expect_nothing(run.batch);
    cr_assert_eq(thumbs_batch_run(run.batch, on_event, &run, &err), THUMBS_OK, "%s", err.message);
    expect_nothing(run.batch);
    thumbs_batch_destroy(run.batch);
    cr_expect_gt(run.n_events, 50u);
    cr_expect_eq(run.n_worked_on > 0, mode != THUMBS_MODE_SYNC);
    test_folder_remove(dest);
}

Test(run, tells_where_it_is_in_every_mode, .timeout = 120)
{
    run_and_look(THUMBS_MODE_SYNC, THUMBS_IO_THREADS);
    run_and_look(THUMBS_MODE_THREADS, THUMBS_IO_THREADS);
    run_and_look(THUMBS_MODE_PROCESSES, THUMBS_IO_THREADS);
    run_and_look(THUMBS_MODE_PROCESSES, THUMBS_IO_URING);
}

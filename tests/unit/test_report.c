/* SPDX-License-Identifier: MIT */
/* Report room: counters, NDJSON, lines for people, progress. */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/format.h"
#include "report/report.h"

/* ---- counters ---- */

#define N_THREADS 8
#define N_ADDS    (700 * THUMBS_N_STATUSES) /* so that each has as many */

static void *add_many(void *arg)
{
    struct th_counters *c = arg;
    for (unsigned i = 0; i < N_ADDS; i++) {
        const struct thumbs_event event = {.source = "a",
                                           .status = (enum thumbs_status)(i % THUMBS_N_STATUSES),
                                           .width = 10,
                                           .height = 20,
                                           .bytes = 3,
                                           .times = {1, 2, 3, 4, 5, 6}};
        th_counters_add(c, &event);
        th_counters_found(c, 2, 7);
    }
    return NULL;
}

Test(counters, threads_lose_nothing, .timeout = 120)
{
    struct th_counters *c = th_counters_create();
    struct thumbs_totals t;
    pthread_t threads[N_THREADS];
    const uint64_t n = (uint64_t)N_THREADS * N_ADDS, share = n / THUMBS_N_STATUSES;
    cr_assert_not_null(c);
    for (int i = 0; i < N_THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, add_many, c), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    th_counters_read(c, &t);
    for (int i = 0; i < THUMBS_N_STATUSES; i++)
        cr_expect_eq(t.by_status[i], share);
    cr_expect_eq(t.found, 2 * n);
    cr_expect_eq(t.walk_ns, 7 * n);
    cr_expect_eq(t.bytes, 3 * 3 * share, "done, damaged and failed were read, the rest was not");
    cr_expect_eq(t.pixels, 2 * 200 * share, "done and damaged were decoded");
    cr_expect_eq(t.times.load, n);
    cr_expect_eq(t.times.wait, 2 * n);
    cr_expect_eq(t.times.decode, 3 * n);
    cr_expect_eq(t.times.resize, 4 * n);
    cr_expect_eq(t.times.encode, 5 * n);
    cr_expect_eq(t.times.write, 6 * n);
    cr_expect(t.seconds > 0 && t.seconds < 30);
    th_counters_destroy(c);
}

Test(counters, walk_is_done_when_said)
{
    struct th_counters *c = th_counters_create();
    struct thumbs_totals t;
    th_counters_read(c, &t);
    cr_expect_not(t.walk_done);
    cr_expect_eq(t.found, 0);
    th_counters_walk_done(c);
    th_counters_read(c, &t);
    cr_expect(t.walk_done);
    th_counters_destroy(c);
    th_counters_destroy(NULL);
}

Test(counters, area_of_a_large_picture_does_not_wrap)
{
    struct th_counters *c = th_counters_create();
    const struct thumbs_event event = {.source = "a", .width = 100000, .height = 100000};
    struct thumbs_totals t;
    th_counters_add(c, &event);
    th_counters_read(c, &t);
    cr_expect_eq(t.pixels, 10000000000u);
    th_counters_destroy(c);
}

/* ---- UTF-8 ---- */

Test(utf8, well_formed_and_not)
{
    const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"a", 1},
        {"", 0},
        {"\x7F", 1},
        {"\xC2\x80", 2},
        {"\xDF\xBF", 2},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xEF\xBF\xBF", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        /* cut short */
        {"\xC3", 0},
        {"\xE2\x82", 0},
        {"\xF0\x9F\x98", 0},
        /* overlong, surrogate, beyond U+10FFFF, lone continuation, bytes that never occur */
        {"\xC0\x80", 0},
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xED\xA0\x80", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\x80", 0},
        {"\xFE", 0},
        {"\xC3(", 0},
        {"\xE2(\xA1", 0},
        {"\xF0\x90(\xBC", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(th_report_utf8_len(cases[i].text), cases[i].len, "case %zu", i);
}

/* ---- numbers ---- */

Test(fixed, is_rounded_and_bounded)
{
    const struct {
        double value;
        unsigned decimals;
        const char *text;
    } cases[] = {{0, 0, "0"},      {1.25, 3, "1.250"},  {0.0005, 3, "0.001"},
                 {0.06, 1, "0.1"}, {9.999, 2, "10.00"}, {23.14, 1, "23.1"},
                 {-1, 2, "0.00"},  {NAN, 1, "0.0"},     {INFINITY, 0, "1000000000000"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct th_bytes b = {0};
        th_report_add_fixed(&b, cases[i].value, cases[i].decimals);
        cr_expect_str_eq(th_bytes_str(&b), cases[i].text);
        th_bytes_finish(&b);
    }
}

/* ---- JSON ---- */

static char *event_json(const struct thumbs_event *event)
{
    struct th_bytes b = {0};
    th_report_event_json(&b, event);
    return th_bytes_steal(&b);
}

Test(json, done)
{
    const struct thumbs_output output = {.path = "a/b.jpg",
                                         .format = THUMBS_FORMAT_JPEG,
                                         .width = 256,
                                         .height = 192,
                                         .bytes = 9120};
    const struct thumbs_event event = {
        .source = "a/b.jpg",
        .status = THUMBS_STATUS_DONE,
        .format = THUMBS_FORMAT_JPEG,
        .width = 4000,
        .height = 3000,
        .bytes = 3512345,
        .outputs = &output,
        .n_outputs = 1,
        .times = {.load = 1200000, .decode = 6000000, .resize = 700499, .write = 501}};
    char *text = event_json(&event);
    cr_expect_str_eq(
        text,
        "{\"source\":\"a/b.jpg\",\"status\":\"done\",\"format\":\"jpeg\",\"width\":4000,"
        "\"height\":3000,\"bytes\":3512345,\"outputs\":[{\"path\":\"a/b.jpg\",\"format\":\"jpeg\","
        "\"width\":256,\"height\":192,\"bytes\":9120}],\"ms\":{\"load\":1.200,\"decode\":6.000,"
        "\"resize\":0.700,\"encode\":0.000,\"write\":0.001}}\n");
    free(text);
}

Test(json, failed_damaged_skipped)
{
    const struct thumbs_error error = {THUMBS_CORRUPT, THUMBS_STAGE_DECODE, 0,
                                       "file \"ends\" early"};
    struct thumbs_event event = {
        .source = "c.png", .status = THUMBS_STATUS_FAILED, .error = &error};
    char *text = event_json(&event);
    cr_expect_str_eq(
        text,
        "{\"source\":\"c.png\",\"status\":\"failed\",\"error\":{\"stage\":\"decode\",\"code\":"
        "\"corrupt\",\"message\":\"file \\\"ends\\\" early\"}}\n");
    free(text);
    event.status = THUMBS_STATUS_DAMAGED;
    text = event_json(&event);
    cr_expect_str_eq(
        text,
        "{\"source\":\"c.png\",\"status\":\"damaged\",\"warning\":\"file \\\"ends\\\" early\"}\n");
    free(text);
    event.status = THUMBS_STATUS_SKIPPED;
    text = event_json(&event);
    cr_expect_str_eq(
        text,
        "{\"source\":\"c.png\",\"status\":\"skipped\",\"reason\":\"file \\\"ends\\\" early\"}\n");
    free(text);
    event.error = NULL;
    text = event_json(&event);
    cr_expect_str_eq(text, "{\"source\":\"c.png\",\"status\":\"skipped\"}\n");
    free(text);
    event.status = THUMBS_STATUS_FAILED;
    text = event_json(&event);
    cr_expect_not_null(strstr(text, "\"code\":\"internal\""), "a failure always says something: %s",
                       text);
    free(text);
}

Test(json, escapes)
{
    const struct thumbs_event event = {
        .source = "q\"b\\s/n\nr\rt\tx\x01\x1f\x7f \xC3\xA9 \xF0\x9F\x98\x80",
        .status = THUMBS_STATUS_UP_TO_DATE};
    char *text = event_json(&event);
    cr_expect_str_eq(
        text,
        "{\"source\":\"q\\\"b\\\\s/n\\nr\\rt\\tx\\u0001\\u001f\x7f \xC3\xA9 \xF0\x9F\x98\x80\","
        "\"status\":\"up-to-date\"}\n");
    free(text);
}

Test(json, names_that_are_not_utf8)
{
    const struct thumbs_output output = {.path = "\xC3.jpg", .format = THUMBS_FORMAT_JPEG};
    const struct thumbs_event event = {
        .source = "caf\xE9\xFF", .status = THUMBS_STATUS_DONE, .outputs = &output, .n_outputs = 1};
    char *text = event_json(&event);
    cr_expect_str_eq(
        text,
        "{\"source\":\"caf\xEF\xBF\xBD\xEF\xBF\xBD\",\"source_base64\":\"Y2Fm6f8=\",\"status\":"
        "\"done\",\"outputs\":[{\"path\":\"\xEF\xBF\xBD.jpg\",\"path_base64\":\"wy5qcGc=\","
        "\"format\":\"jpeg\"}]}\n");
    free(text);
}

Test(json, base64_of_every_remainder)
{
    const struct {
        const char *name, *base64;
    } cases[] = {{"\xFF", "\"/w==\""},
                 {"\xFF\xFE", "\"//4=\""},
                 {"\xFF\xFE\xFD", "\"//79\""},
                 {"\xFB\xEF\xBEz", "\"+++"
                                   "+eg==\""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct thumbs_event event = {.source = cases[i].name};
        char *text = event_json(&event);
        cr_expect_not_null(strstr(text, cases[i].base64), "%s in %s", cases[i].base64, text);
        free(text);
    }
}

Test(json, summary)
{
    const struct thumbs_totals totals = {.by_status = {1, 2, 3, 4, 5}, .seconds = 0.08};
    struct th_bytes b = {0};
    th_report_summary_json(&b, &totals, 0);
    cr_expect_str_eq(th_bytes_str(&b),
                     "{\"summary\":{\"done\":1,\"up_to_date\":2,\"damaged\":3,\"failed\":4,"
                     "\"skipped\":5,\"seconds\":0.080,\"images_per_second\":50.0}}\n");
    th_bytes_clear(&b);
    th_report_summary_json(&b, &totals, 15);
    cr_expect_not_null(strstr(th_bytes_str(&b), ",\"interrupted\":15}}\n"));
    th_bytes_finish(&b);
}

Test(json, does_not_obey_the_locale)
{
    const struct thumbs_totals totals = {.by_status = {1}, .seconds = 0.5};
    struct th_bytes b = {0};
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        cr_skip_test("no locale with a decimal comma is installed");
    th_report_summary_json(&b, &totals, 0);
    cr_expect_not_null(strstr(th_bytes_str(&b), "\"seconds\":0.500,\"images_per_second\":2.0"));
    th_bytes_finish(&b);
}

/* ---- text ---- */

static char *event_text(const struct thumbs_event *event, enum th_text_style style, bool escape)
{
    struct th_bytes b = {0};
    th_report_event_text(&b, event, style, escape);
    return th_bytes_steal(&b);
}

static void expect_text(const struct thumbs_event *event, enum th_text_style style,
                        const char *wanted)
{
    char *text = event_text(event, style, true);
    cr_expect_str_eq(text, wanted);
    free(text);
}

Test(text, every_status_in_every_style)
{
    const struct thumbs_error error = {THUMBS_CORRUPT, THUMBS_STAGE_DECODE, 0, "file ends early"};
    const struct thumbs_output outputs[] = {{.path = "b-256.jpg",
                                             .format = THUMBS_FORMAT_JPEG,
                                             .width = 256,
                                             .height = 192,
                                             .bytes = 9120},
                                            {.path = "b-64.jpg",
                                             .format = THUMBS_FORMAT_JPEG,
                                             .width = 64,
                                             .height = 48,
                                             .bytes = 900}};
    struct thumbs_event event = {.source = "holiday/a.jpg",
                                 .status = THUMBS_STATUS_FAILED,
                                 .outputs = outputs,
                                 .n_outputs = 1,
                                 .times = {.load = 200000, .wait = 9000000, .decode = 7000000},
                                 .error = &error};
    expect_text(&event, TH_TEXT_PROBLEM, "thumbs: decode: holiday/a.jpg: file ends early\n");
    expect_text(&event, TH_TEXT_VERBOSE, "thumbs: decode: holiday/a.jpg: file ends early\n");
    expect_text(&event, TH_TEXT_DRY_RUN, "");
    event.status = THUMBS_STATUS_DAMAGED;
    expect_text(&event, TH_TEXT_PROBLEM, "thumbs: damaged: holiday/a.jpg: file ends early\n");
    expect_text(&event, TH_TEXT_VERBOSE,
                "damaged holiday/a.jpg -> b-256.jpg 256x192 9120 bytes 7.2 ms: file ends early\n");
    event.status = THUMBS_STATUS_SKIPPED;
    expect_text(&event, TH_TEXT_PROBLEM, "");
    expect_text(&event, TH_TEXT_VERBOSE, "skipped holiday/a.jpg: file ends early\n");
    event.error = NULL;
    event.status = THUMBS_STATUS_DONE;
    event.n_outputs = 2;
    expect_text(&event, TH_TEXT_PROBLEM, "");
    expect_text(
        &event, TH_TEXT_VERBOSE,
        "done holiday/a.jpg -> b-256.jpg 256x192 9120 bytes, b-64.jpg 64x48 900 bytes 7.2 ms\n");
    expect_text(&event, TH_TEXT_DRY_RUN, "");
    event.status = THUMBS_STATUS_WOULD_MAKE;
    expect_text(&event, TH_TEXT_DRY_RUN, "would make holiday/a.jpg -> b-256.jpg, b-64.jpg\n");
    event.status = THUMBS_STATUS_KNOWN;
    event.error = &error;
    expect_text(&event, TH_TEXT_PROBLEM, "");
    expect_text(&event, TH_TEXT_VERBOSE, "known holiday/a.jpg: file ends early\n");
    event.error = NULL;
    event.status = THUMBS_STATUS_UP_TO_DATE;
    expect_text(&event, TH_TEXT_VERBOSE, "up-to-date holiday/a.jpg\n");
    expect_text(&event, TH_TEXT_DRY_RUN, "");
}

Test(text, source_itself_has_a_name)
{
    const struct thumbs_error error = {THUMBS_UNREADABLE, THUMBS_STAGE_WALK, 13,
                                       "cannot open: Permission denied"};
    const struct thumbs_event event = {
        .source = "", .status = THUMBS_STATUS_FAILED, .error = &error};
    expect_text(&event, TH_TEXT_PROBLEM, "thumbs: walk: .: cannot open: Permission denied\n");
}

Test(text, a_name_cannot_talk_to_the_terminal)
{
    const struct thumbs_event event = {.source = "a\x1b[2J\x7f\n\r\xC2\x9B\xFF\xC3\xA9",
                                       .status = THUMBS_STATUS_UP_TO_DATE};
    expect_text(&event, TH_TEXT_VERBOSE,
                "up-to-date a\\x1b[2J\\x7f\\x0a\\x0d\\xc2\\x9b\\xff\xC3\xA9\n");
    /* Not a terminal: bytes as they are, but a line stays a line. */
    char *text = event_text(&event, TH_TEXT_VERBOSE, false);
    cr_expect_str_eq(text, "up-to-date a\x1b[2J\x7f\\x0a\\x0d\xC2\x9B\xFF\xC3\xA9\n");
    free(text);
}

Test(text, what_is_not_seen_is_shown)
{
    /* Controls of direction and of the C1 set, a space of no width, a byte order mark, a tag. */
    static const char *const unseen[] = {"\u202e", "\u2066", "\u2069",   "\u200e",
                                         "\u200f", "\u061c", "\u200b",   "\u2028",
                                         "\ufeff", "\u00ad", "\xc2\x9b", "\U000e0041"};
    static const char *const seen[] = {"\u00e4",     "\u05d0", "\u200d", "\u200c",
                                       "\U0001f468", "\u4e00", "\u00a0"};
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
        struct th_bytes b = {0};
        th_report_add_escaped(&b, unseen[i], true);
        cr_expect_eq(b.len, 4 * strlen(unseen[i]), "%zu", i);
        cr_expect_eq(strspn(th_bytes_str(&b), "\\x0123456789abcdef"), b.len);
        th_bytes_clear(&b);
        th_report_add_escaped(&b, unseen[i], false);
        cr_expect_str_eq(th_bytes_str(&b), unseen[i], "no terminal");
        th_bytes_finish(&b);
    }
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        struct th_bytes b = {0};
        th_report_add_escaped(&b, seen[i], true);
        cr_expect_str_eq(th_bytes_str(&b), seen[i]);
        th_bytes_finish(&b);
    }
}

Test(text, long_names_lose_their_middle)
{
    struct thumbs_error error = {
        .code = THUMBS_CORRUPT, .stage = THUMBS_STAGE_DECODE, .message = "why"};
    char name[4001] = "begin/";
    while (strlen(name) + 6 < sizeof(name))
        strcat(name, "\u4e00\u00e4/");
    strcpy(name + strlen(name) - 6, "/end.x");
    struct thumbs_event event = {.source = name, .status = THUMBS_STATUS_FAILED, .error = &error};
    for (int style = TH_TEXT_PROBLEM; style <= TH_TEXT_VERBOSE; style++) {
        char *line = event_text(&event, (enum th_text_style)style, true);
        cr_expect_lt(strlen(line), 450u);
        cr_expect_not_null(strstr(line, "begin/"));
        cr_expect_not_null(strstr(line, "..."));
        cr_expect_not_null(strstr(line, "/end.x: why"));
        cr_expect_null(strstr(line, "\\x"), "a character was cut: %s", line);
        free(line);
    }
    struct th_bytes json = {0};
    th_report_event_json(&json, &event);
    cr_expect_not_null(strstr(th_bytes_str(&json), name), "programs get all of it");
    th_bytes_finish(&json);
}

Test(text, what_was_named_and_skipped_is_a_problem)
{
    struct thumbs_error error = {.stage = THUMBS_STAGE_LOAD, .message = "is a PDF document"};
    struct thumbs_event event = {
        .source = "a.pdf", .status = THUMBS_STATUS_SKIPPED, .error = &error};
    char *line = event_text(&event, TH_TEXT_PROBLEM, false);
    cr_expect_str_eq(line, "");
    free(line);
    event.named = true;
    line = event_text(&event, TH_TEXT_PROBLEM, false);
    cr_expect_str_eq(line, "thumbs: skipped: a.pdf: is a PDF document\n");
    free(line);
}

Test(text, summary)
{
    struct thumbs_totals totals = {.by_status = {12, 3, 0, 1, 2}, .seconds = 0.52};
    struct th_bytes b = {0};
    th_report_summary_text(&b, &totals, false, NULL, false);
    cr_expect_str_eq(
        th_bytes_str(&b),
        "12 done, 3 up to date, 0 damaged, 1 failed, 2 skipped in 0.52 s, 23.1 images/s\n");
    th_bytes_clear(&b);
    th_report_summary_text(&b, &totals, true, NULL, false);
    cr_expect_not_null(strstr(th_bytes_str(&b), "; bound by: nothing was timed\n"));
    th_bytes_clear(&b);
    totals.times = (struct thumbs_times){
        .load = 12, .wait = 8, .decode = 60, .resize = 10, .encode = 7, .write = 3};
    th_report_summary_text(&b, &totals, true, NULL, false);
    cr_expect_str_eq(
        th_bytes_str(&b),
        "12 done, 3 up to date, 0 damaged, 1 failed, 2 skipped in 0.52 s, 23.1 images/s; "
        "bound by: read 12 %, decode 60 %, resize 10 %, encode 7 %, write 3 %, "
        "waiting for a worker 8 %\n");
    th_bytes_clear(&b);
    totals.by_status[THUMBS_STATUS_DONE] = 0;
    totals.by_status[THUMBS_STATUS_WOULD_MAKE] = 12;
    totals.by_status[THUMBS_STATUS_KNOWN] = 4;
    th_report_summary_text(&b, &totals, false, NULL, true);
    cr_expect_str_eq(th_bytes_str(&b),
                     "dry run: 12 to do, 3 up to date, 0 damaged, 1 failed, 2 skipped in 0.52 s; "
                     "known 4 (failed before, not changed since)\n");
    th_bytes_clear(&b);
    totals = (struct thumbs_totals){0};
    th_report_summary_text(&b, &totals, false, NULL, false);
    cr_expect_not_null(strstr(th_bytes_str(&b), " skipped in 0.00 s\n"), "a rate of nothing");
    th_bytes_clear(&b);
    totals = (struct thumbs_totals){.by_status = {0, 7, 0, 1, 0}, .seconds = 3};
    th_report_summary_text(&b, &totals, false, NULL, false);
    cr_expect_null(strstr(th_bytes_str(&b), "images/s"), "nothing was made");
    th_bytes_finish(&b);
}

/* ---- progress ---- */

static void expect_line(const struct thumbs_totals *totals, double pace, unsigned columns,
                        const char *wanted)
{
    struct th_bytes b = {0};
    th_report_progress_line(&b, totals, pace, columns);
    cr_expect_str_eq(th_bytes_str(&b), wanted);
    th_bytes_finish(&b);
}

Test(progress_line, says_what_is_known)
{
    struct thumbs_totals t = {.by_status = {1230, 2, 0, 2, 0}, .found = 5678, .seconds = 5.85};
    expect_line(&t, 200, 0, "1234/5678+ 210.3 images/s 2 failed");
    t.expected = 5678;
    expect_line(&t, 200, 0,
                "1234/5678+ 210.3 images/s 2 failed"); /* the tree has grown since it was counted */
    t.expected = 12340;
    expect_line(&t, 200, 0, "1234/12340 10 % 210.3 images/s ETA 0:56 2 failed");
    t.walk_done = true;
    expect_line(&t, 200, 0, "1234/5678 21 % 210.3 images/s ETA 0:22 2 failed");
    expect_line(&t, 0, 0, "1234/5678 21 % 210.3 images/s 2 failed");
    expect_line(&t, 1, 0, "1234/5678 21 % 210.3 images/s ETA 1:14:04 2 failed");
    t.by_status[THUMBS_STATUS_FAILED] = 0;
    t.found = 1232;
    expect_line(&t, 200, 0, "1232/1232 100 % 210.3 images/s");
    t = (struct thumbs_totals){.walk_done = true};
    expect_line(&t, 0, 0, "0/0");
    t = (struct thumbs_totals){.by_status = {0, 4}, .found = 8, .walk_done = true, .seconds = 1};
    expect_line(&t, 4, 0, "4/8 50 % ETA 0:01");
}

Test(progress_line, fits_every_width)
{
    const struct thumbs_totals t = {
        .by_status = {50, 0, 0, 1, 0}, .found = 102, .walk_done = true, .seconds = 1};
    expect_line(&t, 51, 60, "[#######.......] 51/102 50 % 50.0 images/s ETA 0:01 1 failed");
    for (unsigned columns = 1; columns < 200; columns++) {
        struct th_bytes b = {0};
        th_report_progress_line(&b, &t, 51, columns);
        cr_expect_leq(b.len, columns);
        th_bytes_finish(&b);
    }
}

static void read_some(void *user, struct thumbs_totals *out)
{
    (void)user;
    *out = (struct thumbs_totals){.by_status = {3}, .found = 4, .walk_done = true, .seconds = 1};
}

/* What th_progress_* wrote to a pipe that is closed now. */
static size_t drain(int fd, char *buf, size_t cap)
{
    size_t len = 0;
    ssize_t n;
    while (len < cap - 1 && (n = read(fd, buf + len, cap - 1 - len)) > 0)
        len += (size_t)n;
    buf[len] = '\0';
    close(fd);
    return len;
}

Test(progress, in_a_log_ends_with_a_plain_line, .timeout = 120)
{
    struct th_progress *p = NULL;
    struct thumbs_error err = {0};
    char text[4096];
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(th_progress_create(fds[1], false, read_some, NULL, &p, &err), THUMBS_OK);
    th_progress_print(p, fds[1], "hello\n", 6);
    th_progress_destroy(p);
    close(fds[1]);
    drain(fds[0], text, sizeof(text));
    cr_expect_str_eq(text, "hello\nthumbs: 3/4 75 % 3.0 images/s ETA 0:00\n");
}

/* What a terminal and its scrollback shows: finished lines, then the line in the making. One that
 * is longer than the terminal is wide stands in several rows, and is wrapped anew when that
 * changes. */
struct screen {
    char shown[16384], line[512];
    size_t at; /* in the line */
};

static void replay(struct screen *screen, const char *text, size_t columns)
{
    for (; *text; text++) {
        if (*text == '\r') {
            screen->at -= screen->at % columns;
        } else if (strncmp(text, "\033[J", 3) == 0) {
            screen->line[screen->at] = '\0';
            text += 2;
        } else if (*text == '\n') {
            const size_t len = strlen(screen->shown);
            snprintf(screen->shown + len, sizeof screen->shown - len, "%s\n", screen->line);
            screen->line[0] = '\0';
            screen->at = 0;
        } else {
            if (!screen->line[screen->at]) screen->line[screen->at + 1] = '\0';
            screen->line[screen->at++] = *text;
        }
    }
}

Test(progress, on_a_terminal_tears_no_message, .timeout = 120)
{
    struct th_progress *p = NULL;
    struct thumbs_error err = {0};
    char text[16384];
    struct screen screen = {0};
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(th_progress_create(fds[1], true, read_some, NULL, &p, &err), THUMBS_OK);
    /* The first message comes when something is drawn, however busy the machine is. */
    for (int waiting = 0, tries = 0; waiting == 0 && tries < 10000; tries++) {
        usleep(1000);
        cr_assert_eq(ioctl(fds[0], FIONREAD, &waiting), 0);
    }
    for (int i = 0; i < 6; i++) {
        usleep(60000);
        th_progress_print(p, fds[1], "a message\n", 10);
    }
    th_progress_destroy(p);
    close(fds[1]);
    drain(fds[0], text, sizeof(text));
    cr_expect_not_null(strstr(text, "] 3/4 75 % 3.0 images/s"), "it was drawn");
    replay(&screen, text, 80);
    cr_expect_str_eq(screen.shown,
                     "a message\na message\na message\na message\na message\na message\n");
    cr_expect_str_eq(screen.line, "");
}

/* Draws once, then only when it may. */
struct once {
    atomic_uint n_asked;
    atomic_bool open;
};

static void read_once(void *user, struct thumbs_totals *out)
{
    struct once *once = user;
    if (atomic_fetch_add(&once->n_asked, 1) > 0)
        while (!atomic_load(&once->open))
            usleep(1000);
    read_some(NULL, out);
}

static void set_columns(int fd, unsigned short columns)
{
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    cr_assert_eq(ioctl(fd, TIOCSWINSZ, &size), 0);
}

/* What comes out of the terminal, up to its end or, if there is one, the first `last`. */
static void read_terminal(int fd, const char *last, char *text, size_t cap)
{
    size_t len = 0;
    ssize_t n;
    text[0] = '\0';
    while (len < cap - 1 && !(last && strstr(text, last)) &&
           (n = read(fd, text + len, cap - 1 - len)) > 0)
        text[len += (size_t)n] = '\0';
}

Test(progress, a_terminal_that_gets_narrower_keeps_no_old_bar, .timeout = 120)
{
    struct th_progress *p = NULL;
    struct thumbs_error err = {0};
    struct once once = {0};
    struct screen screen = {0};
    char text[8192];
    int outer, inner;
    if (openpty(&outer, &inner, NULL, NULL, NULL) != 0) cr_skip_test("no terminals here");
    set_columns(outer, 90);
    cr_assert_eq(th_progress_create(inner, true, read_once, &once, &p, &err), THUMBS_OK);
    read_terminal(outer, "\033[J\r", text, sizeof text);
    cr_assert_not_null(strstr(text, "3/4 75 %"));
    replay(&screen, text, 90);
    set_columns(outer, 20);
    th_progress_print(p, inner, "a message\n", 10);
    atomic_store(&once.open, true);
    th_progress_destroy(p);
    close(inner);
    read_terminal(outer, NULL, text, sizeof text);
    replay(&screen, text, 20);
    cr_expect_str_eq(screen.shown, "a message\n");
    cr_expect_str_eq(screen.line, "");
    close(outer);
}

/* Between the passes of --watch: nothing is asked or drawn, what is printed comes out. */
Test(progress, ends_before_it_goes, .timeout = 120)
{
    struct th_progress *p = NULL;
    struct thumbs_error err = {0};
    struct once once = {.open = true};
    char text[4096];
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(th_progress_create(fds[1], false, read_once, &once, &p, &err), THUMBS_OK);
    th_progress_end(p);
    const unsigned n_asked = once.n_asked;
    th_progress_print(p, fds[1], "hello\n", 6);
    th_progress_end(p);
    th_progress_destroy(p);
    close(fds[1]);
    drain(fds[0], text, sizeof(text));
    cr_expect_str_eq(text, "thumbs: 3/4 75 % 3.0 images/s ETA 0:00\nhello\n");
    cr_expect_eq(once.n_asked, n_asked);
}

Test(progress, without_one_is_a_plain_write)
{
    char text[64];
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    th_progress_print(NULL, fds[1], "x\n", 2);
    th_progress_destroy(NULL);
    close(fds[1]);
    drain(fds[0], text, sizeof(text));
    cr_expect_str_eq(text, "x\n");
}

/* ---- addresses ---- */

Test(url, every_byte_of_a_path_is_carried_over)
{
    struct th_bytes b = {0};
    th_report_add_url(&b, "a/B-._~9 :?#%&\"<\xff\n\x01");
    cr_expect_str_eq(th_bytes_str(&b), "a/B-._~9%20%3A%3F%23%25%26%22%3C%FF%0A%01");
    th_bytes_finish(&b);
}

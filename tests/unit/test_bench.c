/* SPDX-License-Identifier: MIT */
/* The bench room: statistics, the scalability law, digests, texts, the chart, one measured child,
 * the advice. */
#include <criterion/criterion.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/remove_tree.h"
#include "base/sys.h"
#include "bench/chart.h"
#include "bench/jsonwriter.h"
#include "bench/measure.h"
#include "bench/results.h"
#include "bench/statistics.h"
#include "bench/texttable.h"
#include "bench/tree_memory.h"
#include "usl.h"

/* ---- statistics ------------------------------------------------------------------------------ */

Test(statistics, median_of_odd_and_even_counts)
{
    double odd[] = {5, 1, 9}, even[] = {4, 1, 3, 10}, one[] = {7};
    struct th_spread s = th_bench_spread(odd, 3);
    cr_assert(s.median == 5 && s.min == 1 && s.max == 9);
    s = th_bench_spread(even, 4);
    cr_assert(s.median == 3.5 && s.min == 1 && s.max == 10);
    s = th_bench_spread(one, 1);
    cr_assert(s.median == 7 && s.min == 7 && s.max == 7);
    s = th_bench_spread(one, 0);
    cr_assert(s.median == 0 && s.min == 0 && s.max == 0);
}

Test(statistics, spreads_overlap)
{
    const struct th_spread a = {.median = 5, .min = 4, .max = 6},
                           b = {.median = 6.5, .min = 6, .max = 7},
                           c = {.median = 8, .min = 7.5, .max = 9};
    cr_assert(th_bench_spreads_overlap(&a, &b) && th_bench_spreads_overlap(&b, &a));
    cr_assert_not(th_bench_spreads_overlap(&a, &c));
    cr_assert_not(th_bench_spreads_overlap(&c, &b));
}

/* ---- universal scalability law --------------------------------------------------------------- */

static const double usl_workers[] = {1, 2, 4, 8, 16, 32, 64};
enum { N_USL = 7 };

static void fill(const struct th_usl *usl, double *out)
{
    for (size_t i = 0; i < N_USL; i++)
        out[i] = th_bench_usl_predict(usl, usl_workers[i]);
}

Test(usl, finds_the_law_that_made_the_points)
{
    const struct th_usl laws[] = {{.lambda = 1000, .sigma = 0.02, .kappa = 0.0005},
                                  {.lambda = 3, .sigma = 0, .kappa = 0},
                                  {.lambda = 5e6, .sigma = 0.4, .kappa = 0},
                                  {.lambda = 70, .sigma = 0, .kappa = 0.001}};
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        double rates[N_USL];
        struct th_usl found;
        fill(&laws[i], rates);
        cr_assert(th_bench_usl_fit(usl_workers, rates, N_USL, &found));
        cr_expect_float_eq(found.lambda / laws[i].lambda, 1, 1e-6);
        cr_expect_float_eq(found.sigma, laws[i].sigma, 1e-6);
        cr_expect_float_eq(found.kappa, laws[i].kappa, 1e-8);
        cr_expect_lt(found.worst_error, 1e-6);
    }
}

Test(usl, noise_moves_it_little_and_never_below_zero)
{
    const struct th_usl law = {.lambda = 100, .sigma = 0.05, .kappa = 0.0002};
    const double noise[N_USL] = {1.02, 0.98, 1.03, 0.99, 0.97, 1.01, 1.0};
    const double superlinear[N_USL] = {100, 210, 430, 900, 1900, 4000, 8200};
    double rates[N_USL];
    struct th_usl found;
    fill(&law, rates);
    for (size_t i = 0; i < N_USL; i++)
        rates[i] *= noise[i];
    cr_assert(th_bench_usl_fit(usl_workers, rates, N_USL, &found));
    cr_expect_float_eq(found.lambda / law.lambda, 1, 0.05);
    cr_expect_float_eq(th_bench_usl_predict(&found, 64) / th_bench_usl_predict(&law, 64), 1, 0.05);
    cr_assert(th_bench_usl_fit(usl_workers, superlinear, N_USL, &found));
    cr_expect(found.sigma >= 0 && found.kappa >= 0);
}

Test(usl, refuses_what_cannot_be_fitted)
{
    const double same[] = {2, 2, 2}, rates[] = {1, 1, 1}, zero[] = {1, 0, 1};
    struct th_usl found;
    cr_assert_not(th_bench_usl_fit(same, rates, 3, &found));
    cr_assert_not(th_bench_usl_fit(usl_workers, zero, 3, &found));
    cr_assert_not(th_bench_usl_fit(usl_workers, rates, 2, &found));
}

Test(usl, peak_is_where_the_prediction_is_largest)
{
    const struct th_usl law = {.lambda = 10, .sigma = 0.1, .kappa = 0.001}, flat = {.lambda = 1};
    const double peak = th_bench_usl_peak(&law);
    cr_expect_float_eq(peak, 30, 1e-9);
    cr_expect_gt(th_bench_usl_predict(&law, peak), th_bench_usl_predict(&law, peak + 2));
    cr_expect_gt(th_bench_usl_predict(&law, peak), th_bench_usl_predict(&law, peak - 2));
    cr_expect_eq(th_bench_usl_peak(&flat), 0);
}

/* ---- digests --------------------------------------------------------------------------------- */

static char scratch[64];

static void make_scratch(void)
{
    snprintf(scratch, sizeof scratch, "/tmp/thumbs-test-bench.XXXXXX");
    cr_assert_not_null(mkdtemp(scratch));
}

static void remove_scratch(void)
{
    cr_assert_eq(th_remove_tree(scratch), 0);
    cr_assert_eq(access(scratch, F_OK), -1);
}

static const char *below(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(below(name), "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void make_folder(const char *name)
{
    cr_assert_eq(mkdir(below(name), 0777), 0);
}

static struct th_digest digest_of(const char *name)
{
    struct th_digest digest;
    cr_assert_eq(th_bench_digest_tree(below(name), &digest), 0, "%s", strerror(errno));
    return digest;
}

static bool same(const char *a, const char *b)
{
    const struct th_digest x = digest_of(a), y = digest_of(b);
    return th_bench_digests_equal(&x, &y);
}

static void expect_difference(const char *expected)
{
    char a[512];
    snprintf(a, sizeof a, "%s", below("a"));
    char *found = th_bench_first_difference(a, below("b"));
    if (expected)
        cr_expect_str_eq(found, expected);
    else
        cr_expect_null(found);
    free(found);
}

/* Two equal trees whose files were made in different order. */
static void make_twins(void)
{
    make_scratch();
    for (const char *top = "ab"; *top; top++) {
        const char name[2] = {*top, '\0'};
        char path[64];
        make_folder(name);
        snprintf(path, sizeof path, "%s/sub", name);
        make_folder(path);
    }
    put("a/1", "one"), put("a/sub/2", "two"), put("a/empty", "");
    put("b/empty", ""), put("b/sub/2", "two"), put("b/1", "one");
}

Test(digest, depends_on_paths_and_bytes_alone, .init = make_twins, .fini = remove_scratch)
{
    const struct th_digest digest = digest_of("a");
    cr_expect_eq(digest.n_files, 3);
    cr_expect_eq(digest.bytes, 6);
    cr_expect(same("a", "b"));
    expect_difference(NULL);
}

Test(digest, sees_one_byte, .init = make_twins, .fini = remove_scratch)
{
    put("b/sub/2", "twp");
    cr_expect_not(same("a", "b"));
    expect_difference("sub/2");
}

Test(digest, sees_contents_that_changed_places, .init = make_twins, .fini = remove_scratch)
{
    put("b/1", "two");
    put("b/sub/2", "one");
    cr_expect_not(same("a", "b"));
    expect_difference("1");
}

Test(digest, sees_a_file_more_or_less, .init = make_twins, .fini = remove_scratch)
{
    put("b/sub/3", "");
    cr_expect_not(same("a", "b"));
    expect_difference("sub/3");
    cr_assert_eq(unlink(below("b/sub/3")), 0);
    cr_assert_eq(unlink(below("b/empty")), 0);
    cr_expect_not(same("a", "b"));
    expect_difference("empty");
}

Test(digest, passes_over_the_memory_of_thumbs, .init = make_twins, .fini = remove_scratch)
{
    make_folder("b/.thumbs");
    put("b/.thumbs/made", "whatever");
    cr_expect(same("a", "b"));
    expect_difference(NULL);
}

Test(digest, says_why_it_cannot, .init = make_scratch, .fini = remove_scratch)
{
    struct th_digest digest;
    cr_expect_eq(th_bench_digest_tree(below("nothing"), &digest), -1);
    cr_expect_eq(errno, ENOENT);
    cr_expect_eq(th_remove_tree(below("nothing")), 0);
}

/* ---- tables and JSON ------------------------------------------------------------------------- */

static void fill_table(struct th_table *t)
{
    th_table_init(t, 3);
    const char *const cells[] = {"mode", "n", "x", "é", "10", "a,b", "threads", "9", "say \"no\""};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        th_table_add(t, "%s", cells[i]);
}

Test(table, aligns_by_characters)
{
    struct th_table t;
    struct th_bytes b = {0};
    fill_table(&t);
    th_table_print(&t, "lrl", &b);
    cr_expect_str_eq(th_bytes_str(&b), "mode      n  x\n"
                                       "é        10  a,b\n"
                                       "threads   9  say \"no\"\n");
    th_bytes_finish(&b);
    th_table_finish(&t);
}

Test(table, quotes_csv)
{
    struct th_table t;
    struct th_bytes b = {0};
    fill_table(&t);
    th_table_print_csv(&t, &b);
    cr_expect_str_eq(th_bytes_str(&b),
                     "mode,n,x\r\né,10,\"a,b\"\r\nthreads,9,\"say \"\"no\"\"\"\r\n");
    th_bytes_finish(&b);
    th_table_finish(&t);
}

Test(json, nests_and_escapes)
{
    struct th_bytes b = {0};
    struct th_json j = {.out = &b};
    th_json_open(&j, NULL, '{');
    th_json_string(&j, "text", "a\"b\\c\n\xff\xc3\xa9");
    th_json_open(&j, "empty", '[');
    th_json_close(&j, ']');
    th_json_open(&j, "list", '[');
    th_json_number(&j, NULL, -1.5, 2);
    th_json_number(&j, NULL, NAN, 2);
    th_json_u64(&j, NULL, UINT64_MAX);
    th_json_close(&j, ']');
    th_json_bool(&j, "yes", true);
    th_json_string(&j, "none", NULL);
    th_json_close(&j, '}');
    cr_expect_str_eq(th_bytes_str(&b), "{\n"
                                       "  \"text\": \"a\\\"b\\\\c\\n\xEF\xBF\xBDé\",\n"
                                       "  \"empty\": [],\n"
                                       "  \"list\": [\n"
                                       "    -1.50,\n"
                                       "    null,\n"
                                       "    18446744073709551615\n"
                                       "  ],\n"
                                       "  \"yes\": true,\n"
                                       "  \"none\": null\n"
                                       "}\n");
    th_bytes_finish(&b);
}

/* ---- chart ----------------------------------------------------------------------------------- */

static const char *skip_name(const char *p)
{
    while (isalnum((unsigned char)*p) || *p == '-' || *p == ':')
        p++;
    return p;
}

/* Attributes up to '>' or '/': name="value" each, no '<' in a value. NULL: not well-formed. */
static const char *skip_attributes(const char *p)
{
    for (;;) {
        p += strspn(p, " \n");
        if (*p == '>' || *p == '/') return p;
        const char *end = skip_name(p);
        if (end == p || end[0] != '=' || end[1] != '"') return NULL;
        p = end + 2 + strcspn(end + 2, "\"<");
        if (*p++ != '"') return NULL;
    }
}

static const char *skip_entity(const char *p)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    for (size_t i = 0; i < 4; i++) {
        if (strncmp(p, entities[i], strlen(entities[i])) == 0) return p + strlen(entities[i]);
    }
    return NULL;
}

/* The part of XML that the chart uses: elements, attributes, text, entities; every element closed
 * in order. */
static bool is_well_formed(const char *p)
{
    const char *open[32];
    size_t len[32], depth = 0, n_roots = 0;
    while (p && *p) {
        if (*p == '&') {
            p = skip_entity(p);
        } else if (*p != '<') {
            if ((unsigned char)*p < 0x20 && *p != '\n') return false;
            p++;
        } else if (p[1] == '/') {
            const char *end = skip_name(p + 2);
            if (depth == 0 || *end != '>' || (size_t)(end - p - 2) != len[depth - 1]) return false;
            if (memcmp(p + 2, open[depth - 1], len[depth - 1]) != 0) return false;
            depth--;
            p = end + 1;
        } else {
            const char *name = p + 1, *end = skip_name(name);
            if (end == name || depth == 32) return false;
            n_roots += depth == 0;
            if (!(p = skip_attributes(end))) return false;
            if (*p == '/') {
                if (*++p != '>') return false;
            } else {
                open[depth] = name;
                len[depth++] = (size_t)(end - name);
            }
            p++;
        }
    }
    return p && depth == 0 && n_roots == 1;
}

Test(chart, checker_tells_bad_from_good)
{
    cr_expect(is_well_formed("<a b=\"c\"><d/>x &amp; y</a>\n"));
    const char *const bad[] = {"<a>",      "<a></b>",      "<a b=c></a>", "<a>&</a>",
                               "<a/><b/>", "<a b=\"<\"/>", "<a></a",      "<a><b></a></b>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(is_well_formed(bad[i]), "%s", bad[i]);
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

Test(chart, is_well_formed_whatever_the_texts)
{
    const struct th_chart_bar bars[] = {
        {.label = "a <b> & \"c\" \xff\x01",
         .value = 12.5,
         .low = 10,
         .high = 14,
         .colour = 1,
         .parts = {0.5, 0.5}},
        {.label = "zero", .value = 0, .colour = 7, .beside = "1 < 2", .parts = {1, 0}},
        {.label = "é", .value = 1e9, .parts = {0}}};
    const struct th_chart chart = {.title = "A & B",
                                   .subtitle = "<none>",
                                   .unit = "n/s",
                                   .bars = bars,
                                   .n_bars = 3,
                                   .parts_title = "parts",
                                   .part_names = {"x", "y"},
                                   .n_parts = 2,
                                   .footer = "a long line that is longer than what fits in one "
                                             "line of the chart, which is why it is to be "
                                             "cut at a blank, and ends here <&>"};
    struct th_bytes b = {0};
    th_chart_svg(&chart, &b);
    cr_assert(is_well_formed(th_bytes_str(&b)));
    cr_expect_eq(count_of(th_bytes_str(&b), "<rect class=\"c"), 3);
    cr_expect_eq(count_of(th_bytes_str(&b), "<rect class=\"p0"),
                 3); /* legend and two bars; 0 is left out */
    cr_expect_eq(count_of(th_bytes_str(&b), "prefers-color-scheme:dark"), 1);
    th_bytes_finish(&b);
}

Test(chart, without_bars_is_still_a_picture)
{
    const struct th_chart chart = {.title = "nothing"};
    struct th_bytes b = {0};
    th_chart_svg(&chart, &b);
    cr_expect(is_well_formed(th_bytes_str(&b)));
    th_bytes_finish(&b);
}

/* ---- whose file is it? ---- */

typedef bool is_ours_fn(const char *head, size_t len);

static bool says(is_ours_fn *is_ours, const char *head)
{
    return is_ours(head, strlen(head));
}

Test(ours, a_chart_is_known_again)
{
    const struct th_chart chart = {.title = "nothing"};
    struct th_bytes b = {0};
    th_chart_svg(&chart, &b);
    cr_expect(th_bench_is_svg(b.data, b.len));
    th_bytes_finish(&b);
    cr_expect_not(
        says(th_bench_is_svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\">\n"));
    cr_expect_not(says(th_bench_is_svg, "<svg>\n data-made-by=\"thumbs\""),
                  "only the first line counts");
    cr_expect_not(says(th_bench_is_svg, "<?xml version=\"1.0\"?>\n<svg data-made-by=\"thumbs\">"));
}

Test(ours, figures_are_known_by_their_first_words)
{
    cr_expect(says(th_bench_is_json, "{\n  \"schema\": \"thumbs-bench/1\",\n"));
    cr_expect(says(th_bench_is_json, "{\"schema\":\"thumbs-bench/2\"}"));
    cr_expect_not(says(th_bench_is_json, "{\"schema\":\"thumbs-peers/1\"}"));
    cr_expect_not(says(th_bench_is_json, "{\"x\":1,\"schema\":\"thumbs-bench/1\"}"));
    cr_expect_not(says(th_bench_is_json, "{"));
    cr_expect_not(says(th_bench_is_json, ""));
    cr_expect(says(th_bench_is_csv, "mode,io,jobs,io_jobs,run,seconds,pictures\r\n"));
    cr_expect_not(says(th_bench_is_csv, "mode,io,jobs\r\n"));
    cr_expect_not(says(th_bench_is_csv, "\xff\xd8\xff\xe0"));
}

Test(chart, marks_are_round_numbers)
{
    cr_expect_float_eq(th_chart_step(57.3, 6), 10, 1e-9);
    cr_expect_float_eq(th_chart_step(61, 6), 20, 1e-9);
    cr_expect_float_eq(th_chart_step(0.013, 6), 0.005, 1e-12);
    cr_expect_float_eq(th_chart_step(114059, 6), 20000, 1e-6);
    cr_expect_float_eq(th_chart_step(0, 6), 1, 1e-9);
}

/* ---- one measured child ---------------------------------------------------------------------- */

enum { BALLAST = 48 << 20 };

/* A child of the child: its memory and its CPU time have to be found too. */
static int burn(void *user, int result_fd)
{
    const pid_t pid = fork();
    (void)user;
    if (pid == 0) {
        char *p = mmap(NULL, BALLAST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) _exit(1);
        memset(p, 1, BALLAST);
        struct timespec t;
        do {
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        } while (t.tv_sec == 0 && t.tv_nsec < 200000000);
        usleep(500000); /* memory is looked at now and then: a busy machine may miss the burning */
        _exit(0);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || status != 0) return 9;
    return write(result_fd, "done", 4) == 4 ? 3 : 8;
}

Test(measure, counts_the_memory_and_cpu_of_descendants, .timeout = 120)
{
    const struct th_measure_job job = {.run = burn, .timeout_seconds = 30};
    struct th_measured m = {0};
    struct thumbs_error err = {0};
    char result[16];
    cr_assert_eq(th_bench_measure(&job, result, sizeof result, &m, &err), THUMBS_OK, "%s",
                 err.message);
    cr_assert(WIFEXITED(m.status));
    cr_expect_eq(WEXITSTATUS(m.status), 3);
    cr_expect_eq(m.result_size, 4);
    cr_expect_eq(memcmp(result, "done", 4), 0);
    cr_expect_geq(m.seconds, 0.2);
    cr_expect_geq(m.user_seconds + m.system_seconds, 0.19);
    if (m.peak_bytes == 0) cr_skip_test("this kernel does not list the children of processes");
    cr_expect_geq(m.peak_bytes, (uint64_t)BALLAST);
    cr_expect_lt(m.peak_bytes, 8 * (uint64_t)BALLAST);
}

static int hang(void *user, int result_fd)
{
    (void)user, (void)result_fd;
    if (fork() == 0) sleep(60); /* one that outlives its parent */
    sleep(60);
    return 0;
}

Test(measure, ends_a_run_that_takes_too_long, .timeout = 120)
{
    const struct th_measure_job job = {.run = hang, .timeout_seconds = 0.2};
    struct th_measured m = {0};
    struct thumbs_error err = {0};
    cr_expect_eq(th_bench_measure(&job, NULL, 0, &m, &err), THUMBS_TIMEOUT);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_expect_eq(errno, ECHILD);
}

Test(measure, ends_a_run_when_told, .timeout = 120)
{
    volatile sig_atomic_t stop = 1;
    const struct th_measure_job job = {.run = hang, .stop = &stop};
    struct th_measured m = {0};
    struct thumbs_error err = {0};
    cr_expect_eq(th_bench_measure(&job, NULL, 0, &m, &err), THUMBS_STOPPED);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static int die(void *user, int result_fd)
{
    (void)user, (void)result_fd;
    raise(SIGKILL);
    return 0;
}

Test(measure, tells_how_the_child_died, .timeout = 120)
{
    const struct th_measure_job job = {.run = die};
    struct th_measured m = {0};
    struct thumbs_error err = {0};
    cr_assert_eq(th_bench_measure(&job, NULL, 0, &m, &err), THUMBS_OK);
    cr_assert(WIFSIGNALED(m.status));
    cr_expect_eq(WTERMSIG(m.status), SIGKILL);
}

/* ---- figures and advice ---------------------------------------------------------------------- */

/* A row of three runs around `rate` images/s with so much of its time on the CPU and in I/O; 100
 * files. */
static struct th_bench_row make_row(enum thumbs_mode mode, unsigned jobs, double rate,
                                    double spread, double cpu, double io_share)
{
    struct th_bench_row row = {
        .mode = mode, .jobs = jobs, .io_jobs = mode == THUMBS_MODE_SYNC ? 0 : 4, .n_runs = 3};
    row.runs = calloc(3, sizeof *row.runs);
    cr_assert_not_null(row.runs);
    for (size_t i = 0; i < 3; i++) {
        struct th_bench_run *run = &row.runs[i];
        run->seconds = 100 / (rate * (1 + spread * ((double)i - 1)));
        run->user_seconds = cpu * run->seconds;
        run->by_status[THUMBS_STATUS_DONE] = 99;
        run->by_status[THUMBS_STATUS_DAMAGED] = 1;
        run->bytes = 200000000;
        run->pixels = 1000000000;
        run->peak_bytes = 1000 * (i + 1);
        run->stage_seconds[TH_BENCH_LOAD] = io_share * jobs * run->seconds;
        run->stage_seconds[TH_BENCH_DECODE] = (1 - io_share) * jobs * run->seconds;
    }
    return row;
}

static void finish_rows(struct th_bench_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(rows[i].runs);
}

Test(figures, follow_from_the_runs)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.1, 0.95, 0.25),
                                  make_row(THUMBS_MODE_THREADS, 2, 80, 0.1, 1.9, 0.25)};
    th_bench_row_summarise(&rows[0], NULL);
    th_bench_row_summarise(&rows[1], &rows[0]);
    cr_expect_float_eq(rows[1].images_per_second.median, 80, 1e-6);
    cr_expect_float_eq(rows[1].images_per_second.min, 72, 1e-6);
    cr_expect_float_eq(rows[1].images_per_second.max, 88, 1e-6);
    cr_expect_float_eq(rows[1].mb_per_second, 160, 1e-6);
    cr_expect_float_eq(rows[1].mpx_per_second, 800, 1e-6);
    cr_expect_float_eq(rows[1].speedup, 1.6, 1e-6);
    cr_expect_float_eq(rows[1].efficiency, 0.8, 1e-6);
    cr_expect_float_eq(rows[1].cpu_seconds, 1.9 * 100 / 80, 1e-6);
    cr_expect_float_eq(rows[1].share[TH_BENCH_LOAD], 0.25, 1e-6);
    cr_expect_float_eq(rows[1].io_busy, 0.25 * 2 / 4, 1e-6);
    cr_expect_eq(rows[1].peak_bytes, 3000);
    cr_expect_eq(rows[0].speedup, 0);
    finish_rows(rows, 2);
}

static struct th_bench_advice advise(struct th_bench_row *rows, size_t n)
{
    struct th_bench_advice advice;
    const struct th_bench_row *sync = rows[0].mode == THUMBS_MODE_SYNC ? &rows[0] : NULL;
    for (size_t i = 0; i < n; i++)
        th_bench_row_summarise(&rows[i], i > 0 ? sync : NULL);
    th_bench_advise(rows, n, 2, &advice);
    return advice;
}

static void expect_text(const struct th_bench_advice *advice, const char *part)
{
    cr_expect_not_null(strstr(advice->text, part), "no '%s' in: %s", part, advice->text);
    cr_expect_null(strchr(advice->text, '\n'));
}

Test(advice, cpu_bound_and_processes_are_as_fast_within_the_spread)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.02, 0.98, 0.02),
                                  make_row(THUMBS_MODE_THREADS, 2, 97, 0.03, 1.95, 0.02),
                                  make_row(THUMBS_MODE_PROCESSES, 2, 94, 0.03, 1.95, 0.02)};
    const struct th_bench_advice advice = advise(rows, 3);
    cr_expect_eq(advice.bound, TH_BOUND_CPU);
    cr_expect_eq(advice.i_row, 2);
    expect_text(&advice, "CPU bound: decode");
    expect_text(&advice, "--mode=processes --jobs=2");
    expect_text(&advice, "threads is not measurably faster: runs differ by more than the two do");
    expect_text(&advice, "take more than --runs=3");
    finish_rows(rows, 3);
}

/* What was slower than sync is no advice, however well it can be told; where it cannot, more runs
 * are. */
Test(advice, never_slower_than_sync)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.1, 0.98, 0.02),
                                  make_row(THUMBS_MODE_THREADS, 2, 48, 0.1, 1.95, 0.02),
                                  make_row(THUMBS_MODE_PROCESSES, 2, 30, 0.01, 1.95, 0.02)};
    const struct th_bench_advice advice = advise(rows, 3);
    cr_expect_eq(advice.i_row, 0);
    expect_text(&advice, "use --mode=sync");
    expect_text(&advice, "; threads may be as fast: runs differ");
    finish_rows(rows, 3);
}

Test(advice, asks_for_more_runs_where_sync_may_be_as_fast)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.1, 0.98, 0.02),
                                  make_row(THUMBS_MODE_PROCESSES, 2, 52, 0.1, 1.95, 0.02)};
    struct th_bench_advice advice = advise(rows, 2);
    cr_expect_eq(advice.i_row, 1);
    expect_text(&advice, "; sync may be as fast: runs differ");
    finish_rows(rows, 2);
    struct th_bench_row apart[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.01, 0.98, 0.02),
                                   make_row(THUMBS_MODE_PROCESSES, 2, 90, 0.01, 1.95, 0.02)};
    advice = advise(apart, 2);
    cr_expect_null(strstr(advice.text, "--runs"));
    finish_rows(apart, 2);
}

Test(advice, threads_where_they_are_clearly_faster)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.01, 0.98, 0.02),
                                  make_row(THUMBS_MODE_THREADS, 2, 99, 0.01, 1.95, 0.02),
                                  make_row(THUMBS_MODE_PROCESSES, 2, 70, 0.01, 1.95, 0.02)};
    const struct th_bench_advice advice = advise(rows, 3);
    cr_expect_eq(advice.i_row, 1);
    expect_text(&advice, "--mode=threads --jobs=2 (1.98 times sync)");
    expect_text(&advice, "only mode processes survives");
    finish_rows(rows, 3);
}

Test(advice, io_bound_where_sync_waits_for_files)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 40, 0.01, 0.05, 0.97),
                                  make_row(THUMBS_MODE_PROCESSES, 2, 160, 0.01, 0.2, 0.97)};
    struct th_bench_advice advice = advise(rows, 2);
    cr_expect_eq(advice.bound, TH_BOUND_IO);
    expect_text(&advice, "I/O bound: in mode sync the CPU is busy 5 %");
    expect_text(&advice, "--mode=processes --jobs=2 --io-jobs=4 (4.00 times sync)");
    finish_rows(rows, 2);
}

/* A busy neighbour makes sync wait too, but not for files. */
Test(advice, a_busy_machine_does_not_make_it_io_bound)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 40, 0.01, 0.5, 0.02)};
    const struct th_bench_advice advice = advise(rows, 1);
    cr_expect_eq(advice.bound, TH_BOUND_CPU);
    expect_text(&advice, "use --mode=sync");
    finish_rows(rows, 1);
}

Test(advice, without_sync_starving_workers_tell)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_THREADS, 4, 160, 0.01, 0.2, 0.9)};
    rows[0].runs[0].stage_seconds[TH_BENCH_LOAD] = rows[0].runs[1].stage_seconds[TH_BENCH_LOAD] =
        rows[0].runs[2].stage_seconds[TH_BENCH_LOAD] = 0.95 * 4 * rows[0].runs[1].seconds;
    const struct th_bench_advice advice = advise(rows, 1);
    cr_expect_eq(advice.bound, TH_BOUND_IO);
    expect_text(&advice, "more --io-jobs may be faster");
    finish_rows(rows, 1);
}

Test(advice, passes_over_rows_that_are_left_out)
{
    struct th_bench_row rows[] = {make_row(THUMBS_MODE_SYNC, 1, 50, 0.01, 0.98, 0.02),
                                  make_row(THUMBS_MODE_PROCESSES, 2, 500, 0.01, 1.9, 0.02)};
    rows[1].left_out = true;
    const struct th_bench_advice advice = advise(rows, 2);
    cr_expect_eq(advice.i_row, 0);
    finish_rows(rows, 2);
}

/* bench_options.c - the options of `thumbs bench`: its own, and which of the others it takes. */
#include <string.h>

#include "base/num.h"
#include "cli/options.h"
#include "cli/values.h"

#define MAX_LATENCY_MS 60000u

static bool set_runs(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return cli_set_number(value, 1, TH_BENCH_MAX_RUNS, &settings->bench.n_runs);
}

/* A list of different words with commas to values; false if it is longer than max. */
static bool set_words(const struct cli_word *words, const char *value, unsigned *out, size_t max, size_t *n_out,
                      struct cli_problem *problem)
{
    const char *item;
    size_t len, n = 0;
    while (cli_next_item(&value, &item, &len)) {
        unsigned word;
        if (!cli_find_word(words, item, len, &word, problem)) return false;
        for (size_t i = 0; i < n; i++) {
            if (out[i] != word) continue;
            problem->why = "a word is given twice";
            return false;
        }
        if (n == max) return false;
        out[n++] = word;
    }
    *n_out = n;
    return true;
}

static bool set_modes(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {{"sync", THUMBS_MODE_SYNC, true},
                                            {"threads", THUMBS_MODE_THREADS, true},
                                            {"processes", THUMBS_MODE_PROCESSES, true},
                                            {0}};
    unsigned modes[3];
    size_t n;
    if (!set_words(words, value, modes, 3, &n, problem)) return false;
    for (size_t i = 0; i < n; i++)
        settings->bench.modes[i] = (enum thumbs_mode)modes[i];
    settings->bench.n_modes = n;
    return true;
}

static bool set_ios(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {
        {"threads", THUMBS_IO_THREADS, true}, {"uring", THUMBS_IO_URING, true}, {0}};
    unsigned ios[2];
    size_t n;
    if (!set_words(words, value, ios, 2, &n, problem)) return false;
    for (size_t i = 0; i < n; i++)
        settings->bench.ios[i] = (enum thumbs_io)ios[i];
    settings->bench.n_ios = n;
    return true;
}

/* Up to TH_BENCH_MAX_LIST numbers with commas. */
static bool set_numbers(const char *value, unsigned *out, size_t *n_out, struct cli_problem *problem)
{
    unsigned numbers[TH_BENCH_MAX_LIST];
    const char *item;
    size_t len, n = 0;
    while (cli_next_item(&value, &item, &len)) {
        char text[16];
        if (len >= sizeof text) return false;
        memcpy(text, item, len);
        text[len] = '\0';
        if (n == TH_BENCH_MAX_LIST) {
            problem->why = "more than 16 numbers";
            return false;
        }
        if (!cli_set_number(text, 1, THUMBS_MAX_JOBS, &numbers[n])) return false;
        for (size_t i = 0; i < n; i++) {
            if (numbers[i] != numbers[n]) continue;
            problem->why = "a number is given twice";
            return false;
        }
        n++;
    }
    memcpy(out, numbers, n * sizeof *out);
    *n_out = n;
    return true;
}

static bool set_jobs(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    return set_numbers(value, settings->bench.jobs, &settings->bench.n_jobs, problem);
}

static bool set_io_jobs(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    return set_numbers(value, settings->bench.io_jobs, &settings->bench.n_io_jobs, problem);
}

static bool set_latency(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return cli_set_number(value, 0, MAX_LATENCY_MS, &settings->options.io_latency_ms);
}

static bool set_json(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    settings->bench_json = value;
    return *value != '\0';
}

static bool set_csv(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    settings->bench_csv = value;
    return *value != '\0';
}

static bool set_svg(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    settings->bench_svg = value;
    return *value != '\0';
}

static bool set_no_work(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.no_work = true;
    return true;
}

#define ALLOWED_FILE "a file name, or - for standard output"

const struct cli_option cli_bench_options[] = {
    {"runs", 0, "N", "a number from 1 to 1000", NULL,
     "Timed runs of each mode, in turn (A B C A B C ...), after one that is not timed. Default: 5.", CLI_GROUP_BENCH,
     set_runs},
    {"modes", 0, "MODE[,MODE]...", "one or several, with commas, of sync, threads, processes", NULL,
     "Which modes to time. Speed-up is told over sync, if that is among them. Default: sync,threads,processes.",
     CLI_GROUP_BENCH, set_modes},
    {"jobs", 'j', "N[,N]...", "up to 16 numbers from 1 to 1024, with commas", NULL,
     "Compute workers; with several numbers each is timed. Default: the CPUs this process may use.", CLI_GROUP_BENCH,
     set_jobs},
    {"io", 0, "IO[,IO]", "threads, uring, or both with a comma", NULL,
     "How files are read. What does not work here is left out, with a note. Default: threads,uring.", CLI_GROUP_BENCH,
     set_ios},
    {"io-jobs", 0, "N[,N]...", "up to 16 numbers from 1 to 1024, with commas", NULL,
     "I/O threads, for uring files in flight; with several numbers each is timed. Default: 4, for uring 64.",
     CLI_GROUP_BENCH, set_io_jobs},
    {"io-latency", 0, "MS", "a number of milliseconds from 0 to 60000", NULL,
     "Let each open of a source wait that long, to stand for network storage. Default: 0.", CLI_GROUP_BENCH,
     set_latency},
    {"json", 0, "FILE", ALLOWED_FILE, NULL, "Write all figures, those of every run too, as JSON.", CLI_GROUP_BENCH,
     set_json},
    {"csv", 0, "FILE", ALLOWED_FILE, NULL, "Write a line for every run as CSV.", CLI_GROUP_BENCH, set_csv},
    {"svg", 0, "FILE", ALLOWED_FILE, NULL, "Write a chart as SVG.", CLI_GROUP_BENCH, set_svg},
    /* Times the pipeline without pictures; of use to its developers only, so it has no help. */
    {"no-work", 0, NULL, NULL, NULL, NULL, CLI_GROUP_BENCH, set_no_work},
};
const size_t cli_n_bench_options = sizeof(cli_bench_options) / sizeof(cli_bench_options[0]);

/* Options of a run that matter to what is timed. */
const char *const cli_bench_shared[] = {
    "size",    "fit",       "gravity",         "background", "enlarge",    "format",    "quality",
    "linear",  "fast",      "metadata",        "pages",      "include",    "exclude",   "hidden",
    "follow",  "queue",     "queue-bytes",     "timeout",    "max-pixels", "max-bytes", "memory",
    "sandbox", "on-damage", "one-file-system", "overwrite",  "quiet",      "help",      "version",
};
const size_t cli_n_bench_shared = sizeof(cli_bench_shared) / sizeof(cli_bench_shared[0]);

/* SPDX-License-Identifier: MIT */
/* bench_options.c - the options of `thumbs bench`: its own, and which of the others it takes. */
#include "cli/option_table.h"

#define MAX_LATENCY_MS 60000u

static const struct cli_list modes = {
    .words = cli_mode_words, .most = 3, .twice = "a word is given twice"};
static const struct cli_list ios = {
    .words = cli_io_words, .most = 2, .twice = "a word is given twice"};
static const struct cli_list jobs = {.max = THUMBS_MAX_JOBS,
                                     .most = TH_BENCH_MAX_LIST,
                                     .twice = "a number is given twice",
                                     .too_many = "more than 16 numbers"};

#define ALLOWED_FILE "a file name, or - for standard output"

const struct cli_option cli_bench_options[] = {
    {"runs", 0, "N", "a number from 1 to 1000", NULL,
     "Timed runs of each mode, in turn (A B C A B C ...), after one untimed run. Default: 5.",
     CLI_GROUP_BENCH, CLI_TO_NUMBER(bench.n_runs, 1, TH_BENCH_MAX_RUNS)},
    {"modes", 0, "MODE[,MODE]...", "one or more of sync, threads, processes, separated by commas",
     NULL,
     "Which modes to time. Speed-up is relative to sync, if that is included. Default: "
     "sync,threads,processes.",
     CLI_GROUP_BENCH, CLI_TO_LIST(bench.modes, bench.n_modes, &modes)},
    {"jobs", 'j', "N[,N]...", "up to 16 numbers from 1 to 1024, separated by commas", NULL,
     "Compute workers; each of several numbers is timed. Default: the CPUs this process may use.",
     CLI_GROUP_BENCH, CLI_TO_LIST(bench.jobs, bench.n_jobs, &jobs)},
    {"io", 0, "IO[,IO]", "threads, uring, or both separated by a comma", NULL,
     "How files are read. What does not work here is left out, with a note. Default: "
     "threads,uring.",
     CLI_GROUP_BENCH, CLI_TO_LIST(bench.ios, bench.n_ios, &ios)},
    {"io-jobs", 0, "N[,N]...", "up to 16 numbers from 1 to 1024, separated by commas", NULL,
     "I/O threads, or with uring files in flight; each of several numbers is timed. Default: 4, "
     "with uring 64.",
     CLI_GROUP_BENCH, CLI_TO_LIST(bench.io_jobs, bench.n_io_jobs, &jobs)},
    {"io-latency", 0, "MS", "a number of milliseconds from 0 to 60000", NULL,
     "Delay each open of a source by this much, to simulate network storage. Default: 0.",
     CLI_GROUP_BENCH, CLI_TO_NUMBER(options.io_latency_ms, 0, MAX_LATENCY_MS)},
    {"json", 0, "FILE", ALLOWED_FILE, NULL,
     "Write all figures as JSON, including those of every run.", CLI_GROUP_BENCH,
     CLI_TO_TEXT(bench_json)},
    {"csv", 0, "FILE", ALLOWED_FILE, NULL, "Write a line per run as CSV.", CLI_GROUP_BENCH,
     CLI_TO_TEXT(bench_csv)},
    {"svg", 0, "FILE", ALLOWED_FILE, NULL, "Write a chart as SVG.", CLI_GROUP_BENCH,
     CLI_TO_TEXT(bench_svg)},
    /* Times the pipeline without pictures; of use to its developers only, so it has no help. */
    {"no-work", 0, NULL, NULL, NULL, NULL, CLI_GROUP_BENCH, CLI_TO_FLAG(options.no_work)},
};
const size_t cli_n_bench_options = sizeof(cli_bench_options) / sizeof(cli_bench_options[0]);

/* Options of a run that matter to what is timed. */
const char *const cli_bench_shared[] = {
    "size",     "fit",         "gravity",         "background", "enlarge",   "format",
    "quality",  "progressive", "max-size",        "linear",     "fast",      "embedded",
    "metadata", "pages",       "include",         "exclude",    "hidden",    "follow",
    "queue",    "queue-bytes", "timeout",         "max-pixels", "max-bytes", "memory",
    "sandbox",  "on-damage",   "one-file-system", "overwrite",  "quiet",     "help",
    "version",
};
const size_t cli_n_bench_shared = sizeof(cli_bench_shared) / sizeof(cli_bench_shared[0]);

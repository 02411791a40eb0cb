/* SPDX-License-Identifier: MIT */
/* help_pages.c - what the help of each command says besides its options. */
#include "cli/help_pages.h"

const char *const cli_group_titles[CLI_N_GROUPS] = {
    [CLI_GROUP_BENCH] = "The benchmark", [CLI_GROUP_MERGE] = "Merging",
    [CLI_GROUP_PICTURE] = "Thumbnails",  [CLI_GROUP_FILES] = "Files",
    [CLI_GROUP_RUN] = "The run",         [CLI_GROUP_OUTPUT] = "Output",
};

static const struct cli_help_pair exit_statuses[] = {
    {"0", "everything is done or up to date"},
    {"1", "some sources failed, or were skipped although named; the rest is done"},
    {"2", "usage error, nothing was done"},
    {"3", "the run could not go on: DEST not writable, disk full, no memory"},
    {"128+N", "ended by signal N (SIGINT, SIGTERM, SIGHUP)"},
    {0}};

static const struct cli_help_pair signals[] = {
    {"INT, TERM, HUP", "finish what is being written, then stop; a second: at once"},
    {"USR1", "say what the run waits for, as after 30 s without progress"},
    {0}};

static const struct cli_help_pair examples[] = {
    {"thumbs photos thumbnails", "a tree of thumbnails, 256 pixels"},
    {"thumbs -s 128,512 -f webp photos out", "two sizes, from one decode"},
    {"thumbs --report=run.ndjson photos out", "a report for programs"},
    {"... | thumbs --files-from=- photos out", "the files that a program names"},
    {0}};

static const struct cli_help_pair bench_exit_statuses[] = {
    {"0", "all runs gave the same thumbnails"},
    {"1", "two runs differ in a byte"},
    {"2", "usage error, nothing was timed"},
    {"3", "it could not go on: scratch folder not writable, disk full, crash"},
    {"128+N", "ended by signal N (SIGINT, SIGTERM, SIGHUP)"},
    {0}};

static const struct cli_help_pair bench_examples[] = {
    {"thumbs bench photos", "find the fastest mode"},
    {"thumbs bench -j1,2,4,8 --svg=scale.svg photos", "draw how it scales"},
    {"thumbs bench --io-latency=20 --io-jobs=4,64 photos", "simulate a network disk"},
    {0}};

static const struct cli_help_pair merge_exit_statuses[] = {
    {"0", "every shard is there and complete, and nothing failed"},
    {"1", "a source failed, a shard is missing, or a report is cut off"},
    {"2", "usage error, nothing was read"},
    {"3", "standard output could not be written"},
    {0}};

static const struct cli_help_pair merge_examples[] = {
    {"thumbs merge run-*.ndjson > all.ndjson", "expect what the reports say"},
    {"thumbs merge --expect=16 run-*.ndjson", "expect 16 shards, list missing ones"},
    {0}};

static const char about[] =
    "SOURCE is a folder, which is walked, or a file. DEST is a folder, which is made if it is "
    "missing. The tree of one SOURCE folder is mirrored straight under DEST, those of several "
    "under DEST/<last part of the name>; a run says so if DEST was laid out the other way. "
    "Options may stand anywhere; -- ends them. A source is never changed, and a thumbnail "
    "appears whole or not at all. Calls with different sizes and names may share one DEST; the "
    "last 16 such recipes are remembered, and none remakes what another made. An unchanged "
    "thumbnail is removed if a folder needs its name. Folders that hold .thumbs are DESTs and "
    "are not walked.";

static const char bench_about[] =
    "Times the same pipeline on the same files in every mode: one run to warm up, then some "
    "runs of each mode in turn. Thumbnails go to a scratch folder below TMPDIR that is removed. "
    "Prints speed, CPU time, memory and where the time goes; the last line says what limits this "
    "workload and which mode to use.";

static const char merge_about[] =
    "Joins the reports of the shards of one job. Each REPORT is a file written by --report (- is "
    "standard input); one file may hold several. Writes NDJSON to standard output: the line of "
    "every source that failed, then a summary with totals, the longest time of a shard, and "
    "which shards are missing. An interrupted shard counts if a report of its next run is given "
    "too.";

const struct cli_help_page cli_help_pages[CLI_N_COMMANDS] = {
    [CLI_COMMAND_RUN] = {.synopsis = {"thumbs [OPTION]... SOURCE... DEST",
                                      "thumbs bench [OPTION]... SOURCE",
                                      "thumbs merge [OPTION]... REPORT...",
                                      "thumbs [OPTION]... - -"},
                         .about = about,
                         .exit_statuses = exit_statuses,
                         .signals = signals,
                         .examples = examples,
                         .example_width = 38},
    [CLI_COMMAND_BENCH] = {.synopsis = {"thumbs bench [OPTION]... SOURCE"},
                           .about = bench_about,
                           .exit_statuses = bench_exit_statuses,
                           .examples = bench_examples,
                           .example_width = 50},
    [CLI_COMMAND_MERGE] = {.synopsis = {"thumbs merge [OPTION]... REPORT..."},
                           .about = merge_about,
                           .exit_statuses = merge_exit_statuses,
                           .examples = merge_examples,
                           .example_width = 38},
};

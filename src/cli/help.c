/* SPDX-License-Identifier: MIT */
/* help.c - the option table as text. */
#include <string.h>

#include "cli/option_table.h"
#include "cli/options.h"

#define COLUMNS 80

static const char *const group_titles[CLI_N_GROUPS] = {
    [CLI_GROUP_BENCH] = "The benchmark", [CLI_GROUP_MERGE] = "Joining",
    [CLI_GROUP_PICTURE] = "Thumbnails",  [CLI_GROUP_FILES] = "Files",
    [CLI_GROUP_RUN] = "The run",         [CLI_GROUP_OUTPUT] = "What it says",
};

static const char usage[] = "Usage: thumbs [OPTION]... SOURCE... DEST\n"
                            "       thumbs bench [OPTION]... SOURCE\n"
                            "       thumbs merge [OPTION]... REPORT...\n";
static const char bench_usage[] = "Usage: thumbs bench [OPTION]... SOURCE\n";

static const char merge_usage[] = "Usage: thumbs merge [OPTION]... REPORT...\n";

static const char about[] = "SOURCE is a folder, which is walked, or a file. DEST is a folder; it "
                            "is made where it is missing. The tree of one "
                            "SOURCE folder is mirrored straight under DEST, that of several under "
                            "DEST/<last part of the name>. Options may "
                            "stand anywhere; -- ends them. A source is never changed, and a "
                            "thumbnail appears whole or not at all. Several "
                            "calls "
                            "with sizes and names of their own may share one DEST; the last 16 "
                            "such recipes are remembered. Folders that hold "
                            ".thumbs are DESTs and are not walked.";

static const char bench_about[] =
    "Times the same pipeline on the same files in every mode: once to warm up, then some runs of "
    "each in turn. "
    "Thumbnails go to a scratch folder below TMPDIR that is removed. Prints speed, CPU time, "
    "memory and where the time "
    "goes, and in the last line what this workload is bound by and which mode to use.";

static const char merge_about[] =
    "Joins the reports of the shards of one job. Each REPORT is a file that --report has written "
    "(- is standard input); one file may hold several. To standard output goes NDJSON: the line of "
    "every source that failed, then a summary with totals, the longest time of a shard, and which "
    "shards are missing. A shard that was interrupted counts when a report of its next run is "
    "there too.";

static const char *const merge_exit_statuses[][2] = {
    {"0", "every shard is there and came to its end, and nothing failed"},
    {"1", "a source failed, a shard is missing, or a report is cut or not whole"},
    {"2", "usage error, nothing was read"},
    {"3", "standard output could not be written"},
};

static const char *const merge_examples[][2] = {
    {"thumbs merge run-*.ndjson > all.ndjson", "as many as the reports say"},
    {"thumbs merge --expect=16 run-*.ndjson", "16 shards, or which are missing"},
};

static const char *const bench_exit_statuses[][2] = {
    {"0", "all runs gave the same thumbnails"},
    {"1", "two runs differ in a byte"},
    {"2", "usage error, nothing was timed"},
    {"3", "it could not go on: scratch folder not writable, disk full, crash"},
    {"128+N", "ended by signal N (SIGINT, SIGTERM, SIGHUP)"},
};

static const char *const bench_examples[][2] = {
    {"thumbs bench photos", "which mode is fastest"},
    {"thumbs bench -j1,2,4,8 --svg=scale.svg photos", "how it scales, as a chart"},
    {"thumbs bench --io-latency=20 --io-jobs=4,64 photos", "as from a network disk"},
};

static const char *const exit_statuses[][2] = {
    {"0", "all done or up to date"},
    {"1", "some sources failed, or were named and skipped; the rest is done"},
    {"2", "usage error, nothing was done"},
    {"3", "the run could not go on: DEST not writable, disk full, no memory"},
    {"128+N", "ended by signal N (SIGINT, SIGTERM, SIGHUP)"},
};

static const char *const signals[][2] = {
    {"INT, TERM, HUP", "finish what is being written and stop; the second: at once"},
    {"USR1", "say what the run waits for, as after 30 s without progress"},
};

static const char *const examples[][2] = {
    {"thumbs photos thumbnails", "a tree of thumbnails, 256 pixels"},
    {"thumbs -s 128,512 -f webp photos out", "two sizes, from one decode"},
    {"thumbs --report=run.ndjson photos out", "a report for programs"},
    {"... | thumbs --files-from=- photos out", "what another program names"},
};

/* Append text in lines of at most COLUMNS, each behind `indent` blanks. */
static void add_wrapped(struct th_bytes *b, const char *text, size_t indent)
{
    size_t column = 0;
    while (*text) {
        const size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > COLUMNS) {
            th_bytes_addc(b, '\n');
            column = 0;
        }
        if (column == 0) {
            th_bytes_addf(b, "%*s", (int)indent, "");
            column = indent;
        } else {
            th_bytes_addc(b, ' ');
            column++;
        }
        th_bytes_add(b, text, len);
        column += len;
        text += len + (text[len] == ' ');
    }
    th_bytes_addc(b, '\n');
}

/* "  -j, --jobs=N"; the number of columns it takes. */
static size_t add_option(struct th_bytes *b, const struct cli_option *option)
{
    const size_t start = b->len;
    if (option->letter)
        th_bytes_addf(b, "  -%c, --%s", option->letter, option->name);
    else
        th_bytes_addf(b, "      --%s", option->name);
    if (option->value) th_bytes_addf(b, "%s%s", *option->value == '[' ? "" : "=", option->value);
    return b->len - start;
}

static void add_pairs(struct th_bytes *b, const char *title, const char *const (*pairs)[2],
                      size_t n, int width)
{
    th_bytes_addf(b, "\n%s:\n", title);
    for (size_t i = 0; i < n; i++)
        th_bytes_addf(b, "  %-*s  %s\n", width, pairs[i][0], pairs[i][1]);
}

static void add_brief(struct th_bytes *b)
{
    const size_t text_column = 29;
    th_bytes_adds(b, "Make thumbnails of every picture below SOURCE in DEST.\n\n");
    for (size_t i = 0; i < cli_n_options; i++) {
        const struct cli_option *option = &cli_options[i];
        if (!option->brief) continue;
        const size_t width = add_option(b, option);
        const size_t gap = width + 2 <= text_column ? text_column - width : 2;
        th_bytes_addf(b, "%*s%s\n", (int)gap, "", option->brief);
    }
}

/* Every option of a command explained, by group. */
static void add_options(struct th_bytes *b, enum cli_command command)
{
    const struct cli_option *options[CLI_MAX_OPTIONS];
    const size_t n = cli_options_of(command, options);
    for (int group = 0; group < CLI_N_GROUPS; group++) {
        bool titled = false;
        for (size_t i = 0; i < n; i++) {
            const struct cli_option *option = options[i];
            if (!option->help || option->group != (enum cli_group)group) continue;
            if (!titled) th_bytes_addf(b, "\n%s:\n", group_titles[group]);
            titled = true;
            add_option(b, option);
            th_bytes_addc(b, '\n');
            add_wrapped(b, option->help, 10);
        }
    }
}

static void add_full(struct th_bytes *b)
{
    th_bytes_addc(b, '\n');
    add_wrapped(b, about, 0);
    add_options(b, CLI_COMMAND_RUN);
    add_pairs(b, "Exit status", exit_statuses, sizeof(exit_statuses) / sizeof(exit_statuses[0]), 5);
    add_pairs(b, "Signals", signals, sizeof(signals) / sizeof(signals[0]), 14);
    add_pairs(b, "Examples", examples, sizeof(examples) / sizeof(examples[0]), 38);
}

void cli_help(struct th_bytes *b, bool brief)
{
    th_bytes_adds(b, usage);
    if (brief)
        add_brief(b);
    else
        add_full(b);
}

void cli_bench_help(struct th_bytes *b)
{
    th_bytes_adds(b, bench_usage);
    th_bytes_addc(b, '\n');
    add_wrapped(b, bench_about, 0);
    add_options(b, CLI_COMMAND_BENCH);
    add_pairs(b, "Exit status", bench_exit_statuses,
              sizeof(bench_exit_statuses) / sizeof(bench_exit_statuses[0]), 5);
    add_pairs(b, "Examples", bench_examples, sizeof(bench_examples) / sizeof(bench_examples[0]),
              50);
}

void cli_merge_help(struct th_bytes *b)
{
    th_bytes_adds(b, merge_usage);
    th_bytes_addc(b, '\n');
    add_wrapped(b, merge_about, 0);
    add_options(b, CLI_COMMAND_MERGE);
    add_pairs(b, "Exit status", merge_exit_statuses,
              sizeof(merge_exit_statuses) / sizeof(merge_exit_statuses[0]), 5);
    add_pairs(b, "Examples", merge_examples, sizeof(merge_examples) / sizeof(merge_examples[0]),
              38);
}

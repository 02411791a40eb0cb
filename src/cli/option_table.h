/* SPDX-License-Identifier: MIT */
/*
 * option_table.h - the options of each command. The tables drive the parser, its error messages and
 * the help.
 */
#ifndef THUMBS_CLI_OPTION_TABLE_H
#define THUMBS_CLI_OPTION_TABLE_H

#include "cli/values.h"

enum cli_group {
    CLI_GROUP_BENCH,
    CLI_GROUP_MERGE,
    CLI_GROUP_PICTURE,
    CLI_GROUP_FILES,
    CLI_GROUP_RUN,
    CLI_GROUP_OUTPUT,
    CLI_N_GROUPS
};

/* One option. */
struct cli_option {
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* what the help calls its value; NULL: a flag; "[=N]": may be left out, and
                          then stands only behind '=' */
    const char *allowed; /* what a value may be: "a number from 1 to 100" */
    const char *brief;   /* one short line; NULL: not among the options used most */
    const char *help; /* what --help explains, default and unit included; NULL: it stays hidden */
    enum cli_group group;
    struct cli_target to;
};
extern const struct cli_option cli_options[];
extern const size_t cli_n_options;
extern const struct cli_option cli_bench_options[]; /* of the command bench */
extern const size_t cli_n_bench_options;
extern const char *const cli_bench_shared[]; /* names of those in cli_options that it takes too */
extern const size_t cli_n_bench_shared;
extern const struct cli_option cli_merge_options[]; /* of the command merge */
extern const size_t cli_n_merge_options;
extern const char *const cli_merge_shared[];
extern const size_t cli_n_merge_shared;

/* The options of a command, in the order of its help, to `out`; the count. */
enum { CLI_MAX_OPTIONS = 128 };
size_t cli_options_of(enum cli_command command, const struct cli_option *out[CLI_MAX_OPTIONS]);
/* May it be given several times, so that all of them count? */
bool cli_is_repeatable(const struct cli_option *option);
/* Is it about the words, as --help is, and not about a run? */
bool cli_is_about_words(const struct cli_option *option);
/* The option of a run with a name of len bytes; NULL: there is none. */
const struct cli_option *cli_find_run_option(const char *name, size_t len);

#endif

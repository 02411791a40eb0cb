/*
 * options.h - the command line, from words to settings. One table (option_table.c) drives the parser, its error
 * messages and the help. Nothing here prints. Not thread-safe, used once at the start.
 */
#ifndef THUMBS_CLI_OPTIONS_H
#define THUMBS_CLI_OPTIONS_H

#include "base/bytes.h"
#include "bench/bench.h"
#include "thumbs/thumbs.h"

enum cli_command { CLI_COMMAND_RUN = 0, CLI_COMMAND_BENCH };
enum cli_action { CLI_ACTION_RUN = 0, CLI_ACTION_BRIEF_HELP, CLI_ACTION_HELP, CLI_ACTION_VERSION };
enum cli_progress { CLI_PROGRESS_AUTO = 0, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER };

/* What the words say. Strings are borrowed from argv unless said otherwise. */
struct cli_settings {
    enum cli_command command;      /* the first word */
    enum cli_action action;        /* if it is not RUN, nothing below counts */
    struct thumbs_options options; /* its globs point into `globs` */
    char **globs;                  /* owned, and so is each: "+glob" or "-glob" */
    size_t n_globs;
    const char **operands; /* owned array: n_sources sources, then dest */
    size_t n_operands;
    const char *const *sources;
    size_t n_sources;
    const char *dest;
    enum cli_progress progress;
    bool quiet, verbose;
    const char *report; /* NULL: none; "-": standard output */

    /* bench: its lists, source and options are filled; the rest is the command's. sources and dest are not set. */
    struct th_bench_config bench;
    const char *bench_json, *bench_csv, *bench_svg; /* as report */
};

/* Why a value was refused. All zero: it is not what the table says is allowed. */
struct cli_problem {
    bool not_built; /* SPEC knows this value, this version does not */
    bool no_memory;
    const char *part; /* not_built: the item of a list that is meant, part_len bytes; NULL: the whole value */
    size_t part_len;
    const char *why; /* a clause to say instead of what is allowed */
};

/* Take a value (NULL for a flag) into the settings; false and *problem if it is no good. */
typedef bool cli_set_fn(struct cli_settings *settings, const char *value, struct cli_problem *problem);

enum cli_group { CLI_GROUP_BENCH, CLI_GROUP_PICTURE, CLI_GROUP_FILES, CLI_GROUP_RUN, CLI_GROUP_OUTPUT, CLI_N_GROUPS };

/* One option of SPEC section 1. */
struct cli_option {
    const char *name;    /* without the dashes */
    char letter;         /* 0: none */
    const char *value;   /* what the help calls its value; NULL: a flag */
    const char *allowed; /* what a value may be: "a number from 1 to 100" */
    const char *brief;   /* one short line; NULL: not among the options used most */
    const char *help;    /* what --help explains, default and unit included; NULL: it stays hidden */
    enum cli_group group;
    cli_set_fn *set; /* NULL: not built yet */
};
extern const struct cli_option cli_options[];
extern const size_t cli_n_options;
extern const struct cli_option cli_bench_options[]; /* of the command bench */
extern const size_t cli_n_bench_options;
extern const char *const cli_bench_shared[]; /* names of those in cli_options that it takes too */
extern const size_t cli_n_bench_shared;

/* The options of a command, in the order of its help, to `out`; the count. */
enum { CLI_MAX_OPTIONS = 128 };
size_t cli_vocabulary(enum cli_command command, const struct cli_option *out[CLI_MAX_OPTIONS]);

/* Parse. USAGE: *message holds one clause without a newline (values in it are fit for a terminal); MEMORY. *settings is
 * to be finished in any case. */
enum thumbs_code cli_parse(int argc, char *const *argv, struct cli_settings *settings, struct th_bytes *message);
void cli_settings_finish(struct cli_settings *settings); /* zeroed is fine */

/* The help, at most 80 columns: the options used most on one screen, or all of them explained. Options that are not
 * built yet do not appear. */
void cli_help(struct th_bytes *b, bool brief);
/* The same for `thumbs bench`, all of it. */
void cli_bench_help(struct th_bytes *b);

#endif

/* SPDX-License-Identifier: MIT */
/* settings.h - what the command line says, as data. */
#ifndef THUMBS_CLI_SETTINGS_H
#define THUMBS_CLI_SETTINGS_H

#include "bench/bench.h"
#include "thumbs/thumbs.h"

enum cli_command { CLI_COMMAND_RUN = 0, CLI_COMMAND_BENCH, CLI_COMMAND_MERGE, CLI_N_COMMANDS };
enum cli_action { CLI_ACTION_RUN = 0, CLI_ACTION_BRIEF_HELP, CLI_ACTION_HELP, CLI_ACTION_VERSION };
enum cli_progress { CLI_PROGRESS_AUTO = 0, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER };

struct cli_option;
/* Somebody has said something of an option. */
struct cli_origin {
    const struct cli_option *option;
    char *value;   /* as it was given; NULL: none; owned */
    unsigned line; /* of the preset; 0: the command line */
};

/* What the words say. Strings are borrowed from argv, or from `origins`, unless said otherwise. */
struct cli_settings {
    enum cli_command command;      /* the first word */
    enum cli_action action;        /* if it is not RUN, nothing below counts */
    struct thumbs_options options; /* its globs point into `globs` */
    char **globs;                  /* owned, and so is each: "+glob" or "-glob" */
    size_t n_globs, cap_globs;
    const char **operands; /* owned array: n_sources sources, then dest */
    size_t n_operands;
    const char *const *sources;
    size_t n_sources;
    const char *dest;
    const char *preset;         /* the file with options that was read; NULL: none */
    bool preset_found;          /* nobody named it: it is thumbs.toml of the working folder */
    bool print_options;         /* and that is all */
    struct cli_origin *origins; /* all that was said, in order */
    size_t n_origins, cap_origins;
    enum cli_progress progress;
    bool quiet, verbose;
    bool keep_in_step;              /* go on until a signal, and do again what has changed */
    bool is_pipe;                   /* `thumbs - -`: sources and dest are not set */
    bool no_summary;                /* of a run that is a part of something else */
    bool strict;                    /* known failures count for the exit status, too */
    const char *report;             /* NULL: none; "-": standard output */
    const char *manifest, *gallery; /* likewise */

    /* bench: its lists, source and options are filled; the rest is the command's. sources and dest
     * are not set. */
    struct th_bench_config bench;
    unsigned merge_expect; /* merge: its operands are reports. 0: as many as they say */
    const char *bench_json, *bench_csv, *bench_svg; /* as report */
};

/* Why a value was refused. All zero: it is not what the table says is allowed. */
struct cli_problem {
    bool not_built; /* the value is known, but this build does not have it */
    bool no_memory;
    const char *part; /* not_built: the item of a list that is meant, part_len bytes; NULL: the
                         whole value */
    size_t part_len;
    const char *why; /* a clause to say instead of what is allowed */
    char text[256];  /* room for one that is put together; then it says all there is to say */
};

/* Take a value into the settings; false and *problem if it is no good. */
typedef bool cli_set_fn(struct cli_settings *settings, const char *value,
                        struct cli_problem *problem);

#endif

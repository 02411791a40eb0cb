/* SPDX-License-Identifier: MIT */
/*
 * output.h - what a run writes for programs and browsers: the report, the manifest, the gallery,
 * and the list of a dry run on standard output.
 */
#ifndef THUMBS_CLI_OUTPUT_H
#define THUMBS_CLI_OUTPUT_H

#include "cli/lines.h"
#include "cli/manifest_output.h"
#include "cli/options.h"
#include "report/outfile.h"

struct cli_output;

/* A file that the user named, and the lines on their way to it, if it is written line by line;
 * inside output only. */
struct cli_named {
    struct cli_output *output;
    const char *what, *name; /* "report", and as it was given; NULL: it was not */
    struct th_outfile file;
    struct cli_lines lines;
    bool is_open;
};

struct cli_output {
    const struct cli_settings *settings;
    /* "what: why" for the user; and that the run is to end, since what it writes is lost. From any
     * thread. */
    void (*complain)(void *user, const char *what, const char *why);
    void (*on_broken)(void *user);
    void *user;

    /* private */
    struct th_outfile_guard guard;
    struct cli_named report, manifest, gallery;
    struct cli_manifest manifest_entries;
    struct cli_lines listing;
    bool has_listing;
    bool escape; /* the list goes to a terminal */
};

/* Set what is not private first. Look whether all can be written, change nothing; to be called
 * before the process opens files. USAGE or NOT_WRITABLE: the user has been shown why. To be
 * finished in any case; `output` must not move until then. */
enum thumbs_code cli_output_plan(struct cli_output *output);
/* Once the batch stands. As planning; waits for the reader of a FIFO. */
enum thumbs_code cli_output_open(struct cli_output *output);
/* Do its lines go to a terminal, where they would tear a bar? */
bool cli_output_is_on_terminal(const struct cli_output *output);
/* Any thread. */
void cli_output_add(struct cli_output *output, const struct thumbs_event *event);
void cli_output_add_removal(struct cli_output *output, const struct thumbs_removal *removal);
/* The last lines; report and gallery appear under their names, unless they could not be written. */
void cli_output_close(struct cli_output *output, const struct thumbs_totals *totals,
                      int interrupted_by_signal);
void cli_output_finish(struct cli_output *output);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * output.h - what a run writes for programs: the report, and the list of a dry run on standard
 * output.
 */
#ifndef THUMBS_CLI_OUTPUT_H
#define THUMBS_CLI_OUTPUT_H

#include "cli/lines.h"
#include "cli/manifest_output.h"
#include "cli/options.h"
#include "report/outfile.h"

struct cli_output {
    const struct cli_settings *settings;
    /* "what: why" for the user; and that the run is to end, since what it writes is lost. From any
     * thread. */
    void (*complain)(void *user, const char *what, const char *why);
    void (*on_broken)(void *user);
    void *user;

    /* private */
    struct th_outfile_guard guard;
    struct th_outfile file, manifest_file;
    struct cli_manifest manifest;
    struct cli_lines report, listing;
    bool has_report, has_listing;
    bool escape; /* the list goes to a terminal */
};

/* Set what is not private first. Look whether all can be written, change nothing; to be called
 * before the process opens files. USAGE or NOT_WRITABLE: the user has been shown why. To be
 * finished in any case. */
enum thumbs_code cli_output_plan(struct cli_output *output);
/* Once the batch stands. As planning; waits for the reader of a FIFO. */
enum thumbs_code cli_output_open(struct cli_output *output);
/* Do its lines go to a terminal, where they would tear a bar? */
bool cli_output_is_on_terminal(const struct cli_output *output);
/* Any thread. */
void cli_output_add(struct cli_output *output, const struct thumbs_event *event);
void cli_output_add_removal(struct cli_output *output, const struct thumbs_removal *removal);
/* The last lines; the report appears under its name, unless it could not be written. */
void cli_output_close(struct cli_output *output, const struct thumbs_totals *totals,
                      int interrupted_by_signal);
void cli_output_finish(struct cli_output *output);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line, from words to settings, and the help. Nothing here prints. Not
 * thread-safe, used once at the start.
 */
#ifndef THUMBS_CLI_OPTIONS_H
#define THUMBS_CLI_OPTIONS_H

#include "base/bytes.h"
#include "cli/settings.h"

/* Parse. USAGE: *message holds one clause without a newline (values in it are fit for a terminal);
 * MEMORY. *settings is to be finished in any case. */
enum thumbs_code cli_parse(int argc, char *const *argv, struct cli_settings *settings,
                           struct th_bytes *message);
void cli_settings_finish(struct cli_settings *settings); /* zeroed is fine */

/* The help, at most 80 columns: the options used most on one screen, or all of them explained.
 * Options that are not built yet do not appear. */
void cli_help(struct th_bytes *b, bool brief);
/* The same for `thumbs bench` and `thumbs merge`, all of it. */
void cli_bench_help(struct th_bytes *b);
void cli_merge_help(struct th_bytes *b);

/* One line, or, verbose, every format and part as well. */
void cli_version(struct th_bytes *b, bool verbose);

#endif

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

/* The help of a command, at most 80 columns. Of a run in brief: the options used most, on one
 * screen; else all of them explained. Options that are not built yet do not appear. */
void cli_help(struct th_bytes *b, enum cli_command command, bool brief);

/* One line, or, verbose, every format and part as well. */
void cli_version(struct th_bytes *b, bool verbose);

#endif

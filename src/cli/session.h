/* SPDX-License-Identifier: MIT */
/* session.h - one run of the program: a batch, its report, its messages, its signals. */
#ifndef THUMBS_CLI_SESSION_H
#define THUMBS_CLI_SESSION_H

#include "cli/options.h"

/* Exit statuses; 128+signal is the other one. */
enum { CLI_EXIT_OK = 0, CLI_EXIT_FAILED = 1, CLI_EXIT_USAGE = 2, CLI_EXIT_ABORTED = 3 };

/* Do what the settings say; the exit status. Writes to standard error, and to standard output where
 * asked. Once per process, before any thread exists. */
int cli_session_run(const struct cli_settings *settings);

#endif

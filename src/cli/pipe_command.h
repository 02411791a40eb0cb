/* SPDX-License-Identifier: MIT */
/*
 * pipe_command.h - `thumbs - -`: one picture from standard input to standard output, by a run over
 * a scratch folder, so with the same workers, sandbox, limits and messages.
 */
#ifndef THUMBS_CLI_PIPE_COMMAND_H
#define THUMBS_CLI_PIPE_COMMAND_H

#include "cli/options.h"

/* The exit status: 0 and the thumbnail is written, 1 and nothing is (it failed, why was said), 2
 * for what makes no sense with one picture, 3 where standard input, output or the scratch folder
 * cannot be used. Once per process, before any thread exists. */
int cli_pipe_run(const struct cli_settings *settings);

#endif

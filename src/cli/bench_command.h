/* SPDX-License-Identifier: MIT */
/* bench_command.h - the command `thumbs bench`: signals, files, words around bench/bench.h. */
#ifndef THUMBS_CLI_BENCH_COMMAND_H
#define THUMBS_CLI_BENCH_COMMAND_H

#include "cli/options.h"

/* Do what the settings say; the exit status: 0, 1 (two runs differ), 2, 3 or
 * 128+signal. Once per process, before any thread exists. */
int cli_bench_run(const struct cli_settings *settings);

#endif

/* SPDX-License-Identifier: MIT */
/* merge_command.h - `thumbs merge`: the reports of all shards of a job to one verdict. */
#ifndef THUMBS_CLI_MERGE_COMMAND_H
#define THUMBS_CLI_MERGE_COMMAND_H

#include "cli/settings.h"

/* Returns the exit status: 0 all shards are there and nothing failed, 1 not so, 3 it could not go
 * on. */
int cli_merge_run(const struct cli_settings *settings);

#endif

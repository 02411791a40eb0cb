/* SPDX-License-Identifier: MIT */
/* refusals.h - one clause about what is not taken, from the command line or a preset. Inside cli
 * only. */
#ifndef THUMBS_CLI_REFUSALS_H
#define THUMBS_CLI_REFUSALS_H

#include "base/bytes.h"
#include "cli/option_table.h"

/* The message becomes just that. MEMORY. */
enum thumbs_code cli_no_memory(struct th_bytes *message);
/* Append "--jobs=0: must be a number from 1 to 1024". USAGE, or MEMORY. */
enum thumbs_code cli_refuse_value(const struct cli_option *option, const char *value,
                                  const struct cli_problem *problem, struct th_bytes *message);
/* Which of n options a name of len bytes probably means, or NULL. */
const struct cli_option *cli_nearest_option(const struct cli_option *const *options, size_t n,
                                            const char *name, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* setters.h - options whose value is more than a flag, a number or a word; inside cli only. Each is
 * a cli_set_fn. */
#ifndef THUMBS_CLI_SETTERS_H
#define THUMBS_CLI_SETTERS_H

#include "cli/settings.h"

bool cli_set_size(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_sharpen(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_background(struct cli_settings *settings, const char *value,
                        struct cli_problem *problem);
bool cli_set_format(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_quality(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_add_include(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_add_exclude(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_delete(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_shard(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_chmod(struct cli_settings *settings, const char *value, struct cli_problem *problem);
bool cli_set_timeout(struct cli_settings *settings, const char *value, struct cli_problem *problem);

#endif

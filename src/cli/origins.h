/* SPDX-License-Identifier: MIT */
/* origins.h - what was said of options, and where. Inside cli only. */
#ifndef THUMBS_CLI_ORIGINS_H
#define THUMBS_CLI_ORIGINS_H

#include "cli/settings.h"

/* Note it; the copy of the value (NULL: none) lives as long as the settings. line 0: the command
 * line; else that of the preset. NULL: no memory. */
const struct cli_origin *cli_origin_add(struct cli_settings *settings,
                                        const struct cli_option *option, const char *value,
                                        unsigned line);
void cli_origins_finish(struct cli_settings *settings);

#endif

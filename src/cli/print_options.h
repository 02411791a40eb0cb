/* SPDX-License-Identifier: MIT */
/* print_options.h - what holds, and where it came from: --print-options. */
#ifndef THUMBS_CLI_PRINT_OPTIONS_H
#define THUMBS_CLI_PRINT_OPTIONS_H

#include "base/bytes.h"
#include "cli/settings.h"

/* Append a line for each option, in TOML, so that what was set may be taken as a preset: with a
 * comment that names file and line, or the command line. What nobody set is a comment with its
 * default. */
void cli_print_options(struct th_bytes *b, const struct cli_settings *settings);

#endif

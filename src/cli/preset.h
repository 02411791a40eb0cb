/* SPDX-License-Identifier: MIT */
/*
 * preset.h - options from a file in TOML: what --preset names, or thumbs.toml in the working
 * folder.
 *
 * Each key is the name of an option, without dashes. What the file says is taken before the command
 * line is, which so wins; of options that may be repeated the file's come first. Not thread-safe.
 */
#ifndef THUMBS_CLI_PRESET_H
#define THUMBS_CLI_PRESET_H

#include "base/bytes.h"
#include "cli/settings.h"

/* Take the options of settings->preset; if that is NULL, of thumbs.toml, if there is one, and
 * settings->preset is then set to that name. USAGE: *message holds one clause, which names file and
 * line; MEMORY. */
enum thumbs_code cli_preset_apply(struct cli_settings *settings, struct th_bytes *message);

#endif

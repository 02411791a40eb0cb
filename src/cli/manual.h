/* SPDX-License-Identifier: MIT */
/*
 * manual.h - the option table for other readers than a terminal: the manual page, and the
 * completions of shells. For the build, which writes them to files. Pure functions, thread-safe;
 * the bytes say when memory ran out.
 */
#ifndef THUMBS_CLI_MANUAL_H
#define THUMBS_CLI_MANUAL_H

#include "base/bytes.h"

/* Append the page thumbs(1), all commands in it, in the macros of man(7). */
void cli_manual(struct th_bytes *b);

/* Append a completion script: options of each command, words that they take, file names. */
void cli_completion_bash(struct th_bytes *b);
void cli_completion_zsh(struct th_bytes *b);
void cli_completion_fish(struct th_bytes *b);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * help_pages.h - what the help and the manual page of each command say beside its options. Constant
 * data, which any thread may read.
 */
#ifndef THUMBS_CLI_HELP_PAGES_H
#define THUMBS_CLI_HELP_PAGES_H

#include "cli/option_table.h"

/* A word and what it means; a list of them ends with a NULL word. */
struct cli_help_pair {
    const char *word, *meaning;
};

struct cli_help_page {
    const char *synopsis[5]; /* a line for each way to call it; NULL: no more */
    const char *about;       /* one paragraph */
    const struct cli_help_pair *exit_statuses;
    const struct cli_help_pair *signals; /* NULL: none to tell of */
    const struct cli_help_pair *examples;
    int example_width; /* columns that the help leaves for the words of examples */
};
extern const struct cli_help_page cli_help_pages[CLI_N_COMMANDS];
extern const char *const cli_group_titles[CLI_N_GROUPS];

#endif

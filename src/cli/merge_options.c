/* SPDX-License-Identifier: MIT */
/* merge_options.c - the options of `thumbs merge`: its own, and which of the others it takes. */
#include "cli/option_table.h"

const struct cli_option cli_merge_options[] = {
    {"expect", 0, "N", "a number from 1 to 1000000", NULL,
     "Expect reports of N shards, and say which are missing. Default: as many as the reports say.",
     CLI_GROUP_MERGE, CLI_TO_NUMBER(merge_expect, 1, THUMBS_MAX_SHARDS)},
};
const size_t cli_n_merge_options = sizeof(cli_merge_options) / sizeof(cli_merge_options[0]);

const char *const cli_merge_shared[] = {"quiet", "help", "version"};
const size_t cli_n_merge_shared = sizeof(cli_merge_shared) / sizeof(cli_merge_shared[0]);

/* SPDX-License-Identifier: MIT */
/* complain.h - a line on standard error, of commands that draw no progress. */
#ifndef THUMBS_CLI_COMPLAIN_H
#define THUMBS_CLI_COMPLAIN_H

/* "thumbs: what: why", fit for a terminal; without `what` if that is NULL. Any thread. */
void cli_complain(const char *what, const char *why);

#endif

/* SPDX-License-Identifier: MIT */
/* self.h - the path of this program, which worker processes run too. */
#ifndef CLI_SELF_H
#define CLI_SELF_H

/* A path that can be executed as long as the current folder stays: /proc/self/exe, which is the
 * very file that runs, also where its name has gone to a newer version; without /proc the path by
 * which it was started. NULL: neither is known. */
const char *cli_self_program(void);

#endif

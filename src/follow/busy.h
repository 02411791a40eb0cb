/* SPDX-License-Identifier: MIT */
/* busy.h - is a file still being written? Inside follow only. Thread-safe. */
#ifndef TH_FOLLOW_BUSY_H
#define TH_FOLLOW_BUSY_H

#include <stdbool.h>

/* Has somebody the file of this name in an open folder open for writing, and is that a matter of
 * now? False where it cannot be told: on network file systems, of files of other users, and of one
 * that was not changed within the last minutes. */
bool th_busy_is(int dirfd, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* tasks.h - how many threads and processes may still be started: the pids limit of a container, a
 * user's ulimit -u. */
#ifndef TH_BASE_TASKS_H
#define TH_BASE_TASKS_H

#include <stdbool.h>
#include <stdint.h>

/* How many more the control groups (pids.max, of any ancestor) let this process start. false: they
 * set no limit. root stands before /proc and /sys: "", or a folder of a test. */
bool th_tasks_left_below(const char *root, uint64_t *left);

/* Might so many more be refused? Costs a look at the limits; false where none is near. */
bool th_tasks_are_scarce(unsigned wanted);

/* How many threads the system gives beside those there are, up to `wanted`: they are started, all
 * alive at once, and ended again. Processes count against the same limits. */
unsigned th_tasks_startable(unsigned wanted);

#endif

/* SPDX-License-Identifier: MIT */
/* tasks.h - how many threads and processes may still be started: the pids limit of a container, a
 * user's ulimit -u. */
#ifndef TH_BASE_TASKS_H
#define TH_BASE_TASKS_H

#include <stdbool.h>

/* Might so many more be refused? Costs a look at the limits; false where none is near. */
bool th_tasks_are_scarce(unsigned wanted);

/* How many threads the system gives beside those there are, up to `wanted`: they are started, all
 * alive at once, and ended again. Processes count against the same limits. */
unsigned th_tasks_startable(unsigned wanted);

#endif

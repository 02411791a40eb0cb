/* SPDX-License-Identifier: MIT */
/* child.h - processes of the race: the programs that are measured, and tools that are asked. */
#ifndef BENCHMARKS_CHILD_H
#define BENCHMARKS_CHILD_H

#include "race/race.h"

struct task {
    struct race *race;
    char **argv;
    const char *vips_concurrency; /* "": not set */
    bool answers;                 /* standard output is the result */
    bool measured;                /* in work/, on so many CPUs, one thread a process */
};

/* Runs in the child; comes back only if the program cannot be started. `user` is a struct task. */
int run_task(void *user, int result_fd);

/* Run a tool of ours and take what it prints; NUL-terminated. */
bool ask(struct race *race, char **argv, char *answer, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* tree_memory.h - memory of a tree of processes, from /proc. Thread-safe. */
#ifndef TH_BENCH_TREE_MEMORY_H
#define TH_BENCH_TREE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TH_BENCH_MAX_PIDS = 1024 };

/* `root` and its descendants: up to `max` ids to `pids`; the count. 0: this kernel does not tell
 * (/proc/PID/task/TID/children needs CONFIG_PROC_CHILDREN) or root is gone. */
size_t th_bench_process_tree(pid_t root, pid_t *pids, size_t max);

/* Bytes of memory of `root` and its descendants together: the sum of their proportional set sizes
 * (PSS), in which a page that k processes map counts as 1/k in each, so shared pages count once.
 * What a process does not let us see counts by the pages it shares with nobody. 0: unknown. */
uint64_t th_bench_tree_bytes(pid_t root);

#endif

/* SPDX-License-Identifier: MIT */
/* memory.h - how much memory this process may use. Thread-safe. */
#ifndef TH_BASE_MEMORY_H
#define TH_BASE_MEMORY_H

#include <stdint.h>

/* Bytes of memory that this process and its children may use together: what the machine has, or
 * less where a cgroup (v1 or v2, of any ancestor) says so. Swap is not counted. Never 0. */
uint64_t th_memory_usable(void);

/* The same with /proc and /sys below `root`, for tests. */
uint64_t th_memory_usable_below(const char *root);

#endif

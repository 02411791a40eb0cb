/* SPDX-License-Identifier: MIT */
/* cpus.h - how many CPUs this process may use, with a root for tests; thumbs_cpus_usable() is
 * public. Thread-safe. */
#ifndef TH_BASE_CPUS_H
#define TH_BASE_CPUS_H

/* Of the CPUs of the affinity mask, as many as the control groups (v1 or v2, of any ancestor) let
 * this process use: by quota, rounded up, and by cpuset. root stands before /proc and /sys: "", or
 * a folder of a test. Never 0, unless the mask is. */
unsigned th_cpus_usable_below(const char *root, unsigned in_mask);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - limits that the control groups of this process set, v1 and v2 (cgroups(7)). Internal
 * to base.
 *
 * A limit on any ancestor binds, so the way from the group up to the root of its hierarchy is
 * walked and the smallest counts. Inside a container the group's path may be the host's; its folder
 * then does not exist, and what is mounted at the base is the container's own. Beside v1
 * controllers the unified hierarchy may be mounted in /sys/fs/cgroup/unified. Thread-safe.
 */
#ifndef TH_BASE_CGROUP_H
#define TH_BASE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The limit that one group's folder sets; 0: none. */
typedef uint64_t th_cgroup_limit_fn(const char *dir);

/* The number in a file of a group's folder. false: no such file, or no number ("max"). */
bool th_cgroup_number(const char *dir, const char *name, uint64_t *out);

/* The smallest limit for this process of the v1 controller of that name ("cpu", "pids") by `v1`,
 * and of the unified hierarchy by `v2`. 0: none. root stands before /proc and /sys: "", or a folder
 * of a test. */
uint64_t th_cgroup_smallest(const char *root, const char *controller, th_cgroup_limit_fn *v1,
                            th_cgroup_limit_fn *v2);

#endif

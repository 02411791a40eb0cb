/* SPDX-License-Identifier: MIT */
/* How many CPUs this process may use. nproc knows the affinity mask only; in a container the
 * cgroup's quota is often what counts, and a team of 64 threads on a quota of 2 CPUs is throttled
 * in bursts. */
#include "base/cpus.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cgroup.h"
#include "base/sys.h"
#include "thumbs/thumbs.h"

#ifdef _OPENMP
#include <omp.h>
#endif

enum { MOST_CPUS = 1 << 17 };

static unsigned affinity_cpus(void)
{
    /* The kernel refuses masks smaller than its own; grow until it fits. */
    for (int n_cpus = 1024; n_cpus <= MOST_CPUS; n_cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)n_cpus);
        if (!set) return 1;
        size_t size = CPU_ALLOC_SIZE((size_t)n_cpus);
        int ok = sched_getaffinity(0, size, set);
        int count = ok == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (ok == 0) return count > 0 ? (unsigned)count : 1;
    }
    return 1;
}

static unsigned round_up_cpus(double quota, double period)
{
    if (quota <= 0 || period <= 0) return 0;
    double cpus = quota / period;
    unsigned whole = cpus > 65536 ? 65536 : (unsigned)cpus;
    return whole + (cpus > whole ? 1 : 0);
}

/* cpu.max of a cgroup v2 folder: "max 100000" or "150000 100000". 0: no limit. */
static uint64_t quota_v2(const char *dir)
{
    char path[4096 + 32], text[128], *end;
    snprintf(path, sizeof path, "%s/cpu.max", dir);
    if (!th_read_text(path, text, sizeof text)) return 0;
    double quota = strtod(text, &end);
    if (end == text) return 0;
    return round_up_cpus(quota, strtod(end, NULL));
}

static uint64_t quota_v1(const char *dir)
{
    uint64_t quota, period;
    if (!th_cgroup_number(dir, "cpu.cfs_quota_us", &quota) || quota > INT64_MAX) return 0; /* -1 */
    if (!th_cgroup_number(dir, "cpu.cfs_period_us", &period)) return 0;
    return round_up_cpus((double)quota, (double)period);
}

/* How many CPUs a list like "0-3,8" names. 0: none, or no such file. */
static uint64_t count_set(const char *dir, const char *name)
{
    char path[4096 + 64], text[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!th_read_text(path, text, sizeof text)) return 0;
    uint64_t count = 0;
    for (char *at = text, *end;; at = end + 1) {
        unsigned long first = strtoul(at, &end, 10), last = first;
        if (end == at) return count;
        if (*end == '-') last = strtoul(at = end + 1, &end, 10);
        if (end == at || last < first || last > MOST_CPUS) return 0;
        count += last - first + 1;
        if (*end != ',') return count;
    }
}

static uint64_t set_v2(const char *dir)
{
    return count_set(dir, "cpuset.cpus.effective");
}

static uint64_t set_v1(const char *dir)
{
    uint64_t effective = count_set(dir, "cpuset.effective_cpus");
    return effective ? effective : count_set(dir, "cpuset.cpus");
}

/* With OMP_PROC_BIND or the like, libgomp ties the first thread to one CPU before main()
 * begins, and the mask says 1; libgomp knows better. */
static unsigned openmp_cpus(void)
{
#ifdef _OPENMP
    int n = omp_get_num_procs();
    return n > 0 ? (unsigned)n : 1;
#else
    return 1;
#endif
}

/* The mask of a process lies within its cpuset, except where a container's own /sys or its runtime
 * hides that; then the set says more. */
unsigned th_cpus_usable_below(const char *root, unsigned in_mask)
{
    uint64_t quota = th_cgroup_smallest(root, "cpu", quota_v1, quota_v2),
             set = th_cgroup_smallest(root, "cpuset", set_v1, set_v2);
    unsigned usable = in_mask;
    if (quota && quota < usable) usable = (unsigned)quota;
    if (set && set < usable) usable = (unsigned)set;
    return usable;
}

unsigned thumbs_cpus_usable(void)
{
    unsigned affinity = affinity_cpus(), openmp = openmp_cpus();
    return th_cpus_usable_below("", openmp > affinity ? openmp : affinity);
}

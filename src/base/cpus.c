/* SPDX-License-Identifier: MIT */
/* How many CPUs this process may use. nproc knows the affinity mask only; in a container the
 * cgroup's quota is often what counts, and a team of 64 threads on a quota of 2 CPUs is throttled
 * in bursts. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cgroup.h"
#include "base/sys.h"
#include "thumbs/thumbs.h"

#ifdef _OPENMP
#include <omp.h>
#endif

static unsigned affinity_cpus(void)
{
    /* The kernel refuses masks smaller than its own; grow until it fits. */
    for (int n_cpus = 1024; n_cpus <= 1 << 17; n_cpus *= 2) {
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
    char path[4096 + 32], quota[64], period[64];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", dir);
    if (!th_read_text(path, quota, sizeof quota)) return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", dir);
    if (!th_read_text(path, period, sizeof period)) return 0;
    return round_up_cpus(strtod(quota, NULL), strtod(period, NULL));
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

unsigned thumbs_cpus_usable(void)
{
    unsigned affinity = affinity_cpus(), openmp = openmp_cpus();
    if (openmp > affinity) affinity = openmp;
    uint64_t quota = th_cgroup_smallest("", "cpu", quota_v1, quota_v2);
    return quota && quota < affinity ? (unsigned)quota : affinity;
}

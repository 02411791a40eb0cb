/* How many CPUs this process may use. nproc knows the affinity mask only; in a container the cgroup's quota is often
 * what counts, and a team of 64 threads on a quota of 2 CPUs is throttled in bursts. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "thumbs/thumbs.h"

#ifdef _OPENMP
#include <omp.h>
#endif

/* A short file as a string in buf; false if it cannot be read. */
static bool read_text(const char *path, char *buf, size_t size)
{
    int fd = th_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return false;
    ssize_t n = th_read_full(fd, buf, size - 1);
    th_close(fd);
    if (n < 0) return false;
    buf[n] = '\0';
    return true;
}

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
static unsigned quota_v2(const char *dir)
{
    char path[4096 + 32], text[128], *end;
    snprintf(path, sizeof path, "%s/cpu.max", dir);
    if (!read_text(path, text, sizeof text)) return 0;
    double quota = strtod(text, &end);
    if (end == text) return 0;
    return round_up_cpus(quota, strtod(end, NULL));
}

static unsigned quota_v1(const char *dir)
{
    char path[4096 + 32], quota[64], period[64];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", dir);
    if (!read_text(path, quota, sizeof quota)) return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", dir);
    if (!read_text(path, period, sizeof period)) return 0;
    return round_up_cpus(strtod(quota, NULL), strtod(period, NULL));
}

/* The smallest quota on the way from the group's folder up to the root of the hierarchy: a limit on any ancestor
 * binds. Cuts `dir` as it goes; `base_len` is the length of the mount point. */
static unsigned smallest_quota(char *dir, size_t base_len, unsigned (*quota)(const char *))
{
    unsigned best = 0;
    for (;;) {
        unsigned here = quota(dir);
        if (here && (!best || here < best)) best = here;
        char *slash = strrchr(dir, '/');
        if (!slash || strlen(dir) <= base_len) return best;
        *slash = '\0';
        if (strlen(dir) < base_len) return best;
    }
}

/* Does the comma-separated controller list of a line in /proc/self/cgroup name `cpu`? */
static bool lists_cpu(const char *controllers, size_t len)
{
    while (len) {
        const char *comma = memchr(controllers, ',', len);
        size_t part = comma ? (size_t)(comma - controllers) : len;
        if (part == 3 && memcmp(controllers, "cpu", 3) == 0) return true;
        if (!comma) break;
        controllers += part + 1;
        len -= part + 1;
    }
    return false;
}

static unsigned cgroup_cpus(void)
{
    char text[8192], *save = NULL;
    unsigned best = 0;
    if (!read_text("/proc/self/cgroup", text, sizeof text)) return 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) continue;
        size_t len = (size_t)(group - controllers - 1);
        bool v2 = len == 0;
        if (!v2 && !lists_cpu(controllers + 1, len)) continue;
        const char *base = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
        char dir[4096];
        /* Inside a container the group's path may be the host's; its folder then does not exist, and what is mounted
         * at the base is the container's own. The walk upwards ends there. */
        if ((size_t)snprintf(dir, sizeof dir, "%s%s", base, strcmp(group + 1, "/") == 0 ? "" : group + 1) >= sizeof dir)
            continue;
        unsigned here = smallest_quota(dir, strlen(base), v2 ? quota_v2 : quota_v1);
        if (here && (!best || here < best)) best = here;
    }
    return best;
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
    unsigned quota = cgroup_cpus();
    return quota && quota < affinity ? quota : affinity;
}

/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/num.h"
#include "base/sys.h"

/* 0 where there is no such file, or "max" in it. */
static uint64_t number_in(const char *dir, const char *name)
{
    uint64_t number = 0;
    (void)th_cgroup_number(dir, name, &number);
    return number;
}

/* Past `high` the kernel does not kill, but slows all of the group down until it has given back: as
 * good as a limit. */
static uint64_t limit_v2(const char *dir)
{
    uint64_t max = number_in(dir, "memory.max"), high = number_in(dir, "memory.high");
    return max && (!high || max < high) ? max : high;
}

/* "None" is a number near 2^63 here; what the machine has is then less. */
static uint64_t limit_v1(const char *dir)
{
    return number_in(dir, "memory.limit_in_bytes");
}

/* Containers that have a /proc/meminfo of their own (lxcfs) say there what they were given. */
static uint64_t machine_bytes(const char *root)
{
    char path[4096], text[4096];
    uint64_t kib = 0;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (th_read_text(path, text, sizeof text)) (void)th_find_number(text, "MemTotal:", &kib);
    if (kib && kib <= UINT64_MAX / 1024) return kib * 1024;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : (uint64_t)1 << 30;
}

uint64_t th_memory_usable_below(const char *root)
{
    uint64_t machine = machine_bytes(root),
             limit = th_cgroup_smallest(root, "memory", limit_v1, limit_v2);
    return limit && limit < machine ? limit : machine;
}

uint64_t th_memory_usable(void)
{
    return th_memory_usable_below("");
}

/* SPDX-License-Identifier: MIT */
#include "bench/tree_memory.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sys.h"

/* Append the children that thread `task` of process `pid` has started; false if the file cannot be
 * read. */
static bool add_children(pid_t pid, const char *task, pid_t *pids, size_t *n, size_t max)
{
    char path[96], list[8192];
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)pid, task);
    if (!th_read_text(path, list, sizeof list)) return false;
    for (char *p = list; *p && *n < max;) {
        char *end;
        const long child = strtol(p, &end, 10);
        if (end == p) break;
        pids[(*n)++] = (pid_t)child;
        p = end;
    }
    return true;
}

size_t th_bench_process_tree(pid_t root, pid_t *pids, size_t max)
{
    size_t n = 0;
    bool known = false;
    if (max == 0) return 0;
    pids[n++] = root;
    for (size_t i = 0; i < n; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", (int)pids[i]);
        DIR *tasks = opendir(path);
        if (!tasks) continue; /* it has ended */
        for (struct dirent *entry; (entry = readdir(tasks));) {
            if (!isdigit((unsigned char)entry->d_name[0])) continue;
            if (add_children(pids[i], entry->d_name, pids, &n, max)) known = true;
        }
        closedir(tasks);
    }
    return known ? n : 0;
}

static uint64_t unshared_bytes(pid_t pid)
{
    char path[64], text[256];
    unsigned long long size, resident, shared;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    if (!th_read_text(path, text, sizeof text)) return 0;
    if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || shared > resident)
        return 0;
    return (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t proportional_bytes(pid_t pid)
{
    char path[64], text[2048];
    uint64_t kb = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    if (!th_read_text(path, text, sizeof text) || !text[0]) return unshared_bytes(pid);
    (void)th_find_number(text, "\nPss:", &kb);
    return kb * 1024;
}

uint64_t th_bench_tree_bytes(pid_t root)
{
    pid_t pids[TH_BENCH_MAX_PIDS];
    const size_t n = th_bench_process_tree(root, pids, TH_BENCH_MAX_PIDS);
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += proportional_bytes(pids[i]);
    return sum;
}

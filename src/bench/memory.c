#include "bench/memory.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

/* The beginning of a small file of /proc, NUL-terminated; its length or -1. */
static ssize_t read_proc(const char *path, char *buf, size_t size)
{
    const int fd = th_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return -1;
    const ssize_t n = th_read_full(fd, buf, size - 1);
    close(fd);
    if (n >= 0) buf[n] = '\0';
    return n;
}

/* Append the children that thread `task` of process `pid` has started; false if the file cannot be read. */
static bool add_children(pid_t pid, const char *task, pid_t *pids, size_t *n, size_t max)
{
    char path[96], list[8192];
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)pid, task);
    if (read_proc(path, list, sizeof list) < 0) return false;
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
    if (read_proc(path, text, sizeof text) < 0) return 0;
    if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || shared > resident) return 0;
    return (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t proportional_bytes(pid_t pid)
{
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    if (read_proc(path, text, sizeof text) <= 0) return unshared_bytes(pid);
    const char *line = strstr(text, "\nPss:");
    return line ? strtoull(line + 5, NULL, 10) * 1024 : 0;
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

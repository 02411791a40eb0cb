/* SPDX-License-Identifier: MIT */
#include "work/hold.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sys.h"

static const uint64_t pause_ns = 10 * 1000 * 1000;

void th_hold_begin(struct th_hold *hold, pid_t pid)
{
    th_hold_finish(hold);
    *hold = (struct th_hold){.pid = pid, .fd = -1};
}

void th_hold_finish(struct th_hold *hold)
{
    if (hold->fd >= 0) close(hold->fd);
    hold->fd = -1;
}

/* The pid is that of a child which nobody has waited for, so it can be nobody else's. */
static int open_numbers(pid_t pid)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Resident memory that is neither a file's nor shared; false where /proc does not tell. */
static bool own_bytes(int fd, uint64_t *out)
{
    char text[128];
    unsigned long long size, resident, shared;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0) return false;
    text[n] = '\0';
    if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3) return false;
    *out = resident > shared ? th_mul_sat(resident - shared, (uint64_t)sysconf(_SC_PAGESIZE)) : 0;
    return true;
}

static bool holds_more(struct th_hold *hold, uint64_t now_ns, uint64_t most_bytes)
{
    uint64_t bytes = 0;
    if (hold->is_blind || now_ns - hold->looked_ns < pause_ns) return false;
    hold->looked_ns = now_ns;
    if (hold->fd < 0) hold->fd = open_numbers(hold->pid);
    hold->is_blind = hold->fd < 0;
    return !hold->is_blind && own_bytes(hold->fd, &bytes) && bytes > most_bytes;
}

bool th_hold_is_worn(struct th_hold *hold, uint64_t now_ns, uint64_t most_bytes)
{
    hold->n_files++;
    return hold->n_files >= TH_HOLD_MOST_FILES || holds_more(hold, now_ns, most_bytes);
}

#include "base/procmem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

/* The number behind "\nNAME:" in /proc/PID/status. */
static bool find_number(const char *text, const char *name, uint64_t *out)
{
    const char *at = strstr(text, name);
    if (at) *out = strtoull(at + strlen(name), NULL, 10);
    return at != NULL;
}

bool th_procmem_look(pid_t pid, struct th_procmem *out)
{
    char path[48], text[4096];
    uint64_t own_kb = 0, tables_kb = 0, n_threads = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    int fd = th_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return false;
    ssize_t n = th_read_full(fd, text, sizeof text - 1);
    th_close(fd);
    if (n <= 0) return false;
    text[n] = '\0';
    if (!find_number(text, "\nThreads:", &n_threads)) return false;
    bool told = find_number(text, "\nRssAnon:", &own_kb) && find_number(text, "\nVmPTE:", &tables_kb);
    *out =
        (struct th_procmem){.own_bytes = (own_kb + tables_kb) << 10, .n_threads = (unsigned)n_threads, .hidden = !told};
    return true;
}

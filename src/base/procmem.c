#include "base/procmem.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/sys.h"

bool th_procmem_own_bytes(pid_t pid, uint64_t *bytes)
{
    char path[48], text[128];
    unsigned long long size, resident, shared;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    int fd = th_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return false;
    ssize_t n = th_read_full(fd, text, sizeof text - 1);
    th_close(fd);
    if (n <= 0) return false;
    text[n] = '\0';
    if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || resident < shared) return false;
    *bytes = (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

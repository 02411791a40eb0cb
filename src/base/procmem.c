/* SPDX-License-Identifier: MIT */
#include "base/procmem.h"

#include <stdio.h>

#include "base/num.h"
#include "base/sys.h"

bool th_procmem_look(pid_t pid, struct th_procmem *out)
{
    char path[48], text[4096];
    uint64_t own_kb = 0, tables_kb = 0, n_threads = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    if (!th_read_text(path, text, sizeof text) || !th_find_number(text, "\nThreads:", &n_threads))
        return false;
    bool found =
        th_find_number(text, "\nRssAnon:", &own_kb) && th_find_number(text, "\nVmPTE:", &tables_kb);
    *out = (struct th_procmem){.own_bytes = (own_kb + tables_kb) << 10,
                               .n_threads = (unsigned)n_threads,
                               .hidden = !found};
    return true;
}

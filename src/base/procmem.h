/* SPDX-License-Identifier: MIT */
/* procmem.h - what another process holds. */
#ifndef TH_BASE_PROCMEM_H
#define TH_BASE_PROCMEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct th_procmem {
    uint64_t own_bytes; /* resident memory of its own (neither a file's nor shared), and its page
                           tables */
    unsigned n_threads;
    bool hidden; /* its first thread has ended, and with that the kernel shows no memory any more
                    (proc(5)) */
};

/* Costs three system calls. False: it is gone, or /proc does not say. Any thread. */
bool th_procmem_look(pid_t pid, struct th_procmem *out);

#endif

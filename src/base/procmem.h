/* procmem.h - how much memory another process holds. */
#ifndef TH_BASE_PROCMEM_H
#define TH_BASE_PROCMEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of memory that the process has for itself: resident and neither a file's nor shared (proc(5), statm). Costs
 * three system calls. False: it is gone, or /proc does not tell. Any thread. */
bool th_procmem_own_bytes(pid_t pid, uint64_t *bytes);

#endif

/* memory.h - how much memory this process may use. */
#ifndef TH_BASE_MEMORY_H
#define TH_BASE_MEMORY_H

#include <stdint.h>

/* Bytes of the machine's physical memory. Any thread. */
uint64_t th_memory_usable(void);

#endif

/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include <malloc.h>

/* glibc moves both up by itself as it meets larger blocks, and pays with a mapping and a fault for
 * every page on the way there. What is free is what workers keep at most. */
enum { MOST_IN_HEAP_BYTES = 32 << 20, MOST_FREE_BYTES = 128 << 20 };

void th_heap_stay_warm(void)
{
    mallopt(M_MMAP_THRESHOLD, MOST_IN_HEAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, MOST_FREE_BYTES);
}

void th_heap_trim(size_t keep)
{
    malloc_trim(keep);
}

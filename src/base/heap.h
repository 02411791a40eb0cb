/* SPDX-License-Identifier: MIT */
/*
 * heap.h - malloc() as pictures want it: blocks of megabytes that come and go with each file stay
 * in the heap, where their pages are warm, and go back to the system when the caller says so.
 */
#ifndef TH_BASE_HEAP_H
#define TH_BASE_HEAP_H

#include <stddef.h>

/* For the whole process, so only a program may call it, before it has threads. */
void th_heap_stay_warm(void);

/* What is free goes back to the system, but for `keep` bytes at the heap's end. */
void th_heap_trim(size_t keep);

#endif

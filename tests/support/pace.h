/* SPDX-License-Identifier: MIT */
/* pace.h - how slow is the machine? For tests that bound the CPU time of something. */
#ifndef TEST_SUPPORT_PACE_H
#define TEST_SUPPORT_PACE_H

#include <stdint.h>
#include <time.h>

static inline uint64_t test_thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What a piece of arithmetic takes here, as a multiple of what it takes on a desktop of 2015, but
 * at least 1. The clock of a thread stands still while others run; what remains is a slow
 * processor, or one that is shared with a neighbour. Look right after the measurement, since both
 * change. */
static inline double test_slower(void)
{
    enum { STEPS = 4000000 };
    const double usual_ns = 1.5 * STEPS; /* a multiplication that waits for the one before */
    volatile uint64_t seed = 1;
    uint64_t x = seed, start_ns = test_thread_cpu_ns();
    for (unsigned i = 0; i < STEPS; i++)
        x = x * UINT64_C(6364136223846793005) + (x >> 33);
    double took_ns = (double)(test_thread_cpu_ns() - start_ns);
    seed = x;
    return took_ns > usual_ns ? took_ns / usual_ns : 1;
}

#endif

/* SPDX-License-Identifier: MIT */
/* statistics.h - what repeated runs say together. Pure functions, thread-safe. */
#ifndef TH_BENCH_STATISTICS_H
#define TH_BENCH_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* The middle of repeated measurements and how far they lie apart. */
struct th_spread {
    double median, min, max;
};

/* Sorts `values`. All zero for n = 0. With an even n the median is the mean of the two in the
 * middle. */
struct th_spread th_bench_spread(double *values, size_t n);

/* Do the two ranges have a value in common? Then the runs do not tell which one is larger. */
bool th_bench_spreads_overlap(const struct th_spread *a, const struct th_spread *b);

#endif

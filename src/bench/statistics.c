/* SPDX-License-Identifier: MIT */
#include "bench/statistics.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct th_spread th_bench_spread(double *values, size_t n)
{
    if (n == 0) return (struct th_spread){0};
    qsort(values, n, sizeof *values, compare);
    const double upper = values[n / 2], lower = values[(n - 1) / 2];
    return (struct th_spread){
        .median = lower + (upper - lower) / 2, .min = values[0], .max = values[n - 1]};
}

bool th_bench_spreads_overlap(const struct th_spread *a, const struct th_spread *b)
{
    return a->max >= b->min && b->max >= a->min;
}

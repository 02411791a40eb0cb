/* SPDX-License-Identifier: MIT */
/*
 * usl.h - the universal scalability law (Gunther 2007): throughput of N workers
 *
 *     X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * lambda is what one worker does alone, sigma the share of work that only one can do at a time
 * (contention), kappa what each pair of workers costs each other (coherency). Pure functions,
 * thread-safe.
 */
#ifndef BENCHMARKS_USL_H
#define BENCHMARKS_USL_H

#include <stdbool.h>
#include <stddef.h>

struct th_usl {
    double lambda, sigma, kappa;
    double worst_error; /* largest |predicted - measured| / measured over the points */
};

/* Fit to n points (workers[i] >= 1, throughput[i] > 0) by least squares of the relative error of N
 * / X(N), which is linear in 1/lambda, sigma/lambda and kappa/lambda. Neither sigma nor kappa
 * becomes negative: speed-up beyond linear is noise here. False: fewer than three different numbers
 * of workers, or senseless points. */
bool th_bench_usl_fit(const double *workers, const double *throughput, size_t n,
                      struct th_usl *out);

double th_bench_usl_predict(const struct th_usl *usl, double workers);

/* The number of workers beyond which more make it slower; 0: there is none (kappa is 0). */
double th_bench_usl_peak(const struct th_usl *usl);

#endif

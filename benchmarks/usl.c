/* SPDX-License-Identifier: MIT */
#include "usl.h"

#include <math.h>
#include <string.h>

enum { N_TERMS = 3 };

/* The terms of N / X(N), whose factors are 1/lambda, sigma/lambda and kappa/lambda. */
static void terms_of(double workers, double terms[N_TERMS])
{
    terms[0] = 1;
    terms[1] = workers - 1;
    terms[2] = workers * (workers - 1);
}

/* Solve the n x n system by elimination with pivots; false if it is singular. */
static bool solve(double m[N_TERMS][N_TERMS + 1], size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        size_t pivot = i;
        for (size_t r = i + 1; r < n; r++) {
            if (fabs(m[r][i]) > fabs(m[pivot][i])) pivot = r;
        }
        if (!(fabs(m[pivot][i]) > 0)) return false;
        for (size_t c = 0; c <= n; c++) {
            const double t = m[i][c];
            m[i][c] = m[pivot][c];
            m[pivot][c] = t;
        }
        for (size_t r = i + 1; r < n; r++) {
            const double factor = m[r][i] / m[i][i];
            for (size_t c = i; c <= n; c++)
                m[r][c] -= factor * m[i][c];
        }
    }
    for (size_t i = n; i-- > 0;) {
        x[i] = m[i][n];
        for (size_t c = i + 1; c < n; c++)
            x[i] -= m[i][c] * x[c];
        x[i] /= m[i][i];
    }
    return true;
}

/* Least squares over the terms that `used` names; the factors of the others are 0. Each equation is
 * divided by the measured N / X, so that a point counts by its relative error. */
static bool fit_terms(const double *workers, const double *throughput, size_t n,
                      const bool used[N_TERMS], double factors[N_TERMS])
{
    double m[N_TERMS][N_TERMS + 1] = {{0}};
    double x[N_TERMS];
    size_t map[N_TERMS], n_used = 0;
    for (size_t t = 0; t < N_TERMS; t++) {
        if (used[t]) map[n_used++] = t;
    }
    for (size_t i = 0; i < n; i++) {
        double terms[N_TERMS];
        const double y = workers[i] / throughput[i];
        terms_of(workers[i], terms);
        for (size_t r = 0; r < n_used; r++) {
            for (size_t c = 0; c < n_used; c++)
                m[r][c] += terms[map[r]] / y * terms[map[c]] / y;
            m[r][n_used] += terms[map[r]] / y;
        }
    }
    if (!solve(m, n_used, x)) return false;
    memset(factors, 0, N_TERMS * sizeof *factors);
    for (size_t r = 0; r < n_used; r++)
        factors[map[r]] = x[r];
    return true;
}

/* Sum of squared relative errors; infinite for factors that make no sense. */
static double error_of(const double *workers, const double *throughput, size_t n,
                       const double factors[N_TERMS])
{
    double sum = 0;
    if (!(factors[0] > 0) || factors[1] < 0 || factors[2] < 0) return INFINITY;
    for (size_t i = 0; i < n; i++) {
        double terms[N_TERMS];
        terms_of(workers[i], terms);
        const double y = workers[i] / throughput[i];
        const double error =
            (terms[0] * factors[0] + terms[1] * factors[1] + terms[2] * factors[2]) / y - 1;
        sum += error * error;
    }
    return sum;
}

static size_t count_different(const double *values, size_t n)
{
    size_t n_different = 0;
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (j < i && values[j] != values[i])
            j++;
        n_different += j == i;
    }
    return n_different;
}

bool th_bench_usl_fit(const double *workers, const double *throughput, size_t n, struct th_usl *out)
{
    /* With the two bounds at 0 the best fit is the best of these that keeps to them. */
    static const bool choices[][N_TERMS] = {
        {true, true, true}, {true, true, false}, {true, false, true}, {true, false, false}};
    double best[N_TERMS] = {0}, best_error = INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (!(workers[i] >= 1) || !(throughput[i] > 0) || isinf(workers[i]) || isinf(throughput[i]))
            return false;
    }
    if (count_different(workers, n) < N_TERMS) return false;
    for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
        double factors[N_TERMS];
        if (!fit_terms(workers, throughput, n, choices[c], factors)) continue;
        const double error = error_of(workers, throughput, n, factors);
        if (error < best_error) {
            best_error = error;
            memcpy(best, factors, sizeof best);
        }
    }
    if (isinf(best_error)) return false;
    struct th_usl usl = {
        .lambda = 1 / best[0], .sigma = best[1] / best[0], .kappa = best[2] / best[0]};
    for (size_t i = 0; i < n; i++) {
        const double error = fabs(th_bench_usl_predict(&usl, workers[i]) / throughput[i] - 1);
        if (error > usl.worst_error) usl.worst_error = error;
    }
    *out = usl;
    return true;
}

double th_bench_usl_predict(const struct th_usl *usl, double workers)
{
    return usl->lambda * workers /
           (1 + usl->sigma * (workers - 1) + usl->kappa * workers * (workers - 1));
}

double th_bench_usl_peak(const struct th_usl *usl)
{
    if (!(usl->kappa > 0)) return 0;
    return usl->sigma < 1 ? sqrt((1 - usl->sigma) / usl->kappa) : 1;
}

/* SPDX-License-Identifier: MIT */
/* advice.h - the closing line of a bench: what bounds this workload, and which row to use. */
#ifndef TH_BENCH_ADVICE_H
#define TH_BENCH_ADVICE_H

#include "bench/rows.h"

enum th_bench_bound { TH_BOUND_CPU = 0, TH_BOUND_IO };
struct th_bench_advice {
    enum th_bench_bound bound;
    size_t i_row;   /* the row to use */
    char text[400]; /* one line, without newline */
};

/* What to conclude; rows that are left out do not count, one at least must remain. n_cpus: that
 * this machine has. */
void th_bench_advise(const struct th_bench_row *rows, size_t n_rows, unsigned n_cpus,
                     struct th_bench_advice *out);

#endif

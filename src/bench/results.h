/* results.h - the result of a bench as a table for people, JSON and CSV for programs, and a chart. All append to b. */
#ifndef TH_BENCH_RESULTS_H
#define TH_BENCH_RESULTS_H

#include "bench/bench.h"

void th_bench_table(const struct th_bench_result *result, struct th_bytes *b);
void th_bench_json(const struct th_bench_result *result, struct th_bytes *b);
void th_bench_csv(const struct th_bench_result *result, struct th_bytes *b); /* a line for each run */
void th_bench_svg(const struct th_bench_result *result, struct th_bytes *b);

#endif

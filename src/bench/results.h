/* SPDX-License-Identifier: MIT */
/* results.h - the result of a bench as a table for people, JSON and CSV for programs, and a chart.
 * All append to b. */
#ifndef TH_BENCH_RESULTS_H
#define TH_BENCH_RESULTS_H

#include "bench/bench.h"

void th_bench_table(const struct th_bench_result *result, struct th_bytes *b);
void th_bench_json(const struct th_bench_result *result, struct th_bytes *b);
void th_bench_csv(const struct th_bench_result *result,
                  struct th_bytes *b); /* a line for each run */
void th_bench_svg(const struct th_bench_result *result, struct th_bytes *b);

/* Does such a file begin so? `head`: its first bytes, of which a zero follows the last. */
bool th_bench_is_json(const char *head, size_t len);
/* Is its first key "schema", and does the value of that begin with `schema`? Between the tokens
 * there may be any blanks. */
bool th_bench_is_json_of(const char *head, const char *schema);
bool th_bench_is_csv(const char *head, size_t len);
bool th_bench_is_svg(const char *head, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* one_run.h - one run of one row, in a child process, with its figures. Call from a process with
 * one thread. */
#ifndef TH_BENCH_ONE_RUN_H
#define TH_BENCH_ONE_RUN_H

#include <signal.h>

#include "bench/rows.h"

/* What the child sends back in one write. */
struct th_bench_reply {
    enum thumbs_code code;
    struct thumbs_error error;
    struct th_bench_run run;
    char first_failure[256]; /* "a.jpg: file ends early"; "": none */
};

/* Run source to dest as the row says, all else as the options say. Codes of the batch and of
 * th_bench_measure(); CRASHED, INTERNAL where the child ended without a word. */
enum thumbs_code th_bench_run_once(const struct th_bench_row *row,
                                   const struct thumbs_options *options, const char *source,
                                   const char *dest, const volatile sig_atomic_t *stop,
                                   struct th_bench_reply *reply, struct thumbs_error *err);

#endif

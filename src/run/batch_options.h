/* SPDX-License-Identifier: MIT */
/* batch_options.h - the options of a run: are they well, what do they default to, what do they
 * mean. */
#ifndef TH_RUN_BATCH_OPTIONS_H
#define TH_RUN_BATCH_OPTIONS_H

#include <stdbool.h>

#include "commit/failures.h"
#include "thumbs/thumbs.h"

enum { TH_DEFAULT_IO_JOBS = 4, TH_DEFAULT_URING_JOBS = 64 };

/* For USAGE: one sentence. Returns the code. */
enum thumbs_code th_batch_options_usage(struct thumbs_error *err, const char *message);

/* USAGE, and why, for options that make no sense. */
enum thumbs_code th_batch_options_check(const struct thumbs_options *options,
                                        struct thumbs_error *err);

/* jobs and io_jobs that were left open. */
void th_batch_options_resolve(struct thumbs_options *options);

/* A hash of all that matters to the bytes and names of outputs. False: no memory. */
bool th_batch_options_fingerprint(const struct thumbs_options *options, uint64_t *out);
/* The same without their names: what else stands in {hash}. */
bool th_batch_options_recipe(const struct thumbs_options *options, uint64_t *out);

/* The time one file may take, in nanoseconds; 0: without end. */
uint64_t th_batch_options_timeout_ns(const struct thumbs_options *options);
/* What failures depend on, beside the sources. */
struct th_failure_limits th_batch_options_limits(const struct thumbs_options *options);

#endif

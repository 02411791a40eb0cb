/* SPDX-License-Identifier: MIT */
/*
 * timed_make.h - th_image_make() with the time that a file may take.
 */
#ifndef TH_WORK_TIMED_MAKE_H
#define TH_WORK_TIMED_MAKE_H

#include "image/image.h"

/* As th_image_make(), with the deadline of *limits set to timeout_ns (0: none) from now. A deadline
 * can also pass while nothing is being done: the process was stopped (Ctrl-Z, a batch system that
 * suspends its jobs) or frozen, or the machine had no time for it. The file is not to blame for
 * that, so where the calling thread has hardly been running it gets its time once more; TIMEOUT
 * then is final. Thread-safe. */
enum thumbs_code th_work_make(const uint8_t *data, size_t len,
                              const struct thumbs_image_options *options,
                              struct th_image_limits limits, uint64_t timeout_ns,
                              struct th_sink *sink, struct th_image_result *result,
                              struct thumbs_error *err);

#endif

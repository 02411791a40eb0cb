/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - the threads of a run and the order in which they end.
 *
 *   walk -> paths -> load -> loaded -> work -> commit -> report
 *
 * Each stage closes the queue behind it when it is done; the workers, in the caller's thread, are
 * the last. What a stop leaves in the queues is dropped at the end.
 */
#ifndef TH_RUN_PIPELINE_H
#define TH_RUN_PIPELINE_H

#include "run/state.h"

/* Walk, load, work, commit, report until all is done or the batch is stopped. */
enum thumbs_code th_pipeline_run(struct thumbs_batch *batch, struct thumbs_error *err);

#endif

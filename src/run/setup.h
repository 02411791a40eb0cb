/* SPDX-License-Identifier: MIT */
/* setup.h - a batch is put together: limits, queues, SOURCEs and DEST are looked at, nothing is
 * run. */
#ifndef TH_RUN_SETUP_H
#define TH_RUN_SETUP_H

#include "run/state.h"

/* Expects a zeroed batch with options that were checked, and its lock. On failure the rest is for
 * th_setup_undo() too. */
enum thumbs_code th_setup(struct thumbs_batch *batch, const char *const *sources, size_t n_sources,
                          const char *dest, struct thumbs_error *err);
/* Free what the batch owns, not the batch. */
void th_setup_undo(struct thumbs_batch *batch);

#endif

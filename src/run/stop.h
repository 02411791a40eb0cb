/* SPDX-License-Identifier: MIT */
/*
 * stop.h - a run ends early: because somebody asked for it, or because it cannot go on.
 *
 * Any thread, any time. A stop wakes whoever waits for a queue, a buffer or memory; what they hold
 * is dropped without a status, and each stage returns.
 */
#ifndef TH_RUN_STOP_H
#define TH_RUN_STOP_H

#include "run/state.h"

void th_stop_ask(struct thumbs_batch *batch);
bool th_stop_asked(const struct thumbs_batch *batch);

/* The run cannot go on: remember the first reason, stop. */
void th_stop_fatal(struct thumbs_batch *batch, const struct thumbs_error *error);

/* How a run has ended, once all its threads are done: OK, STOPPED, or the reason above. */
enum thumbs_code th_stop_result(const struct thumbs_batch *batch, struct thumbs_error *err);

#endif

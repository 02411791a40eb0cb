/* SPDX-License-Identifier: MIT */
/*
 * prepare.h - everything that is done to a file before work: is it up to date, is its name its own,
 * can it be read, is it an image?
 *
 *   th_prepare_file(), then th_prepare_queue()                       one file after the other
 *   th_prepare_begin(), .._is_settled(), .._end_load(), .._queue()   many files at the same time
 *
 * Each answers whether the file goes on to the next step. Where it does not, its status was
 * reported (or the run was stopped) and the file is destroyed. Any thread that owns the file.
 */
#ifndef TH_RUN_PREPARE_H
#define TH_RUN_PREPARE_H

#include "run/state.h"

/* All steps. True: file->item.buffer holds it. */
bool th_prepare_file(struct thumbs_batch *batch, struct th_file *file);

/* What its name tells. True: goes on. */
bool th_prepare_begin(struct thumbs_batch *batch, struct th_file *file);
/* What its state tells, with what was made before. False: goes on. */
bool th_prepare_is_settled(struct thumbs_batch *batch, struct th_file *file, const struct stat *st);
/* How its load has ended: OK, or a code with its error. True: goes on. */
bool th_prepare_end_load(struct thumbs_batch *batch, struct th_file *file, enum thumbs_code code,
                         struct thumbs_error *error);

/* Hand a loaded file to the workers, waiting while their queue is full; destroys it if the run was
 * stopped. */
void th_prepare_queue(struct thumbs_batch *batch, struct th_file *file);

/* For th_uring_calls.at. */
void th_prepare_at(void *user, void *file, enum th_load_at at);

#endif

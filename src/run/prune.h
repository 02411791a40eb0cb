/* SPDX-License-Identifier: MIT */
/*
 * prune.h - removes unwanted thumbnails at the end of a run.
 *
 * Those on record whose source is gone, or is there and left out of this run; and those of sources
 * that were made under other options than today's outputs. The sources are walked once more, since
 * what the first walk has found is known no longer; what could not be read keeps its thumbnails,
 * and so does a source that failed. Nothing is removed before all that is to go has been counted:
 * where that is more than half, or no source was found at all, it is refused (see
 * THUMBS_DELETE_FORCE).
 *
 * Memory: 16 to 32 bytes for each source folder, and for each output that goes.
 */
#ifndef TH_RUN_PRUNE_H
#define TH_RUN_PRUNE_H

#include "run/state.h"

/* When all threads of the run have ended and nobody has stopped it. In a dry run it only tells what
 * would go. Why nothing, or not all, could be removed is left in batch->prune_problem. */
void th_prune(struct thumbs_batch *batch);

#endif

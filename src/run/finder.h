/* SPDX-License-Identifier: MIT */
/* finder.h - from entries of the walk to files in flight. */
#ifndef TH_RUN_FINDER_H
#define TH_RUN_FINDER_H

#include "run/state.h"

/* The next candidate file, counted as found; other entries are reported on the way. NULL: the walk
 * is over or the run is stopped. Only the thread that the walk belongs to. */
struct th_file *th_finder_next(struct thumbs_batch *batch);

#endif

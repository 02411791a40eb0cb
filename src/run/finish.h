/* SPDX-License-Identifier: MIT */
/* finish.h - everything that is done to a file after work: names of its outputs, commit, report,
 * destroy. */
#ifndef TH_RUN_FINISH_H
#define TH_RUN_FINISH_H

#include "run/state.h"

/* For th_work.finish; user is the batch, the item a struct th_file, which is taken over. Any
 * thread. */
void th_finish_file(void *user, struct th_item *item, const struct th_outcome *outcome);

#endif

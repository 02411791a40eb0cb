/* SPDX-License-Identifier: MIT */
/* newcomers.h - sources whose outputs have their full name, since the short one went to another
 * source in an earlier run. A note tells users who look for the short one. Any thread. */
#ifndef TH_RUN_NEWCOMERS_H
#define TH_RUN_NEWCOMERS_H

#include "run/state.h"

/* Outputs of a newcomer were made, or would be; `path` is one of them. */
void th_newcomers_add(struct thumbs_batch *batch, const char *path);
/* One clause for all of them, if there are any. When the run is over. */
void th_newcomers_remark(const struct thumbs_batch *batch, thumbs_remark_fn *on_remark, void *user);

#endif

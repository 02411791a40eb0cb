/* SPDX-License-Identifier: MIT */
/* sync.h - one file in the calling thread, see work.h. */
#ifndef TH_WORK_SYNC_H
#define TH_WORK_SYNC_H

#include "work/executor.h"

/* Mode sync, and each member of the team: one item, through `finish`, by the worker of this number
 * (from 1). The sink is kept from call to call. */
void th_work_one(const struct th_work *work, unsigned worker, struct th_item *item,
                 struct th_sink *sink);

#endif

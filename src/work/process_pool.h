/* SPDX-License-Identifier: MIT */
/* process_pool.h - mode processes, see work.h: a supervisor thread for each worker process. */
#ifndef TH_WORK_PROCESS_POOL_H
#define TH_WORK_PROCESS_POOL_H

#include "work/executor.h"

/* As th_work_run(), for mode processes. */
enum thumbs_code th_process_pool_run(const struct th_work *work, struct thumbs_error *err);

#endif

/* process_pool.h - mode processes, see work.h. */
#ifndef TH_WORK_PROCESS_POOL_H
#define TH_WORK_PROCESS_POOL_H

#include "work/work.h"

/* As th_work_run(), for mode processes. */
enum thumbs_code th_procs_run(const struct th_work *work, struct thumbs_error *err);

#endif

/* team.h - mode threads, see work.h. */
#ifndef TH_WORK_TEAM_H
#define TH_WORK_TEAM_H

#include "work/work.h"

/* As th_work_run(), for mode threads. OpenMP must not have been used before in a process that forks afterwards (worker
 * processes here are started by exec, so the order does not matter). */
enum thumbs_code th_team_run(const struct th_work *work, struct thumbs_error *err);

#endif

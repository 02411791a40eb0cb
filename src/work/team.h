/* SPDX-License-Identifier: MIT */
/* team.h - mode threads, see work.h. */
#ifndef TH_WORK_TEAM_H
#define TH_WORK_TEAM_H

#include "work/executor.h"

/* As th_work_run(), for mode threads. OpenMP must not have been used before in a process that forks
 * afterwards (worker processes here are started by exec, so the order does not matter). */
enum thumbs_code th_team_run(const struct th_work *work, struct thumbs_error *err);

/* Where the environment binds OpenMP threads (OMP_PROC_BIND, OMP_PLACES), libgomp ties the first
 * thread of the process to one CPU as soon as it is loaded, and all threads and processes started
 * from there would sit on that one. Let the calling thread run on all places again; members of the
 * team are bound as asked all the same. */
void th_team_untie(void);

#endif

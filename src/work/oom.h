/* SPDX-License-Identifier: MIT */
/* oom.h - whom the kernel kills when memory runs out. */
#ifndef TH_WORK_OOM_H
#define TH_WORK_OOM_H

/* The server stands before the run that started it, and a worker before its server: the run can
 * replace a worker, nobody the run. Each step is a quarter of all memory. */
#define TH_OOM_STEP 250

/* Make the calling process, and those that it forks later, so much likelier a victim. Needs no
 * right; without /proc nothing happens. */
void th_oom_step_forward(int step);

#endif

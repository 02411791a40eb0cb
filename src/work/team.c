/* SPDX-License-Identifier: MIT */
/* Mode threads: an OpenMP team that takes files from the queue, in one parallel region for the
 * whole run. */
#include "work/team.h"

#include <errno.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/tasks.h"
#include "work/sync.h"

#ifdef _OPENMP
#include <omp.h>
#include <sched.h>
#include <stdlib.h>

static void member(const struct th_work *work)
{
    struct th_sink sink;
    struct th_item *item;
    unsigned number = (unsigned)omp_get_thread_num() + 1;
    th_sink_init_heap(&sink);
    while ((item = th_queue_pop(work->queue)))
        th_work_one(work, number, item, &sink);
    th_sink_finish_heap(&sink);
    th_image_thread_finish();
}

void th_team_untie(void)
{
    int n_places = omp_get_num_places();
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < n_places; i++) {
        int ids[CPU_SETSIZE];
        int n = omp_get_place_num_procs(i);
        if (n < 1 || n > CPU_SETSIZE) continue;
        omp_get_place_proc_ids(i, ids);
        for (int k = 0; k < n; k++) {
            if (ids[k] >= 0 && ids[k] < CPU_SETSIZE) CPU_SET((size_t)ids[k], &set);
        }
    }
    if (CPU_COUNT(&set) > 0) sched_setaffinity(0, sizeof set, &set);
}

enum thumbs_code th_team_run(const struct th_work *work, struct thumbs_error *err)
{
    (void)err;
    /* libgomp ends the whole process when it cannot start a thread: so it is asked for no more than
     * can be had. */
    unsigned n_threads = 1 + th_tasks_startable(work->jobs - 1);
    omp_set_dynamic(0); /* else libgomp goes by the load of the machine and OMP_DYNAMIC */
#pragma omp parallel num_threads(n_threads) default(none) shared(work)
    member(work);
    return THUMBS_OK;
}

#else

void th_team_untie(void)
{
}

enum thumbs_code th_team_run(const struct th_work *work, struct thumbs_error *err)
{
    (void)work;
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                        "mode threads needs OpenMP, which this build lacks");
}

#endif

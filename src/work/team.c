/* SPDX-License-Identifier: MIT */
/* Mode threads: an OpenMP team that takes files from the queue, in one parallel region for the
 * whole run. */
#include "work/team.h"

#include <errno.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/sys.h"
#include "base/tasks.h"
#include "work/sync.h"

#ifdef _OPENMP
#include <omp.h>
#include <sched.h>
#include <stdlib.h>

struct team {
    const struct th_work *work;
    _Atomic uint32_t n_done; /* members that have found the queue at its end */
};

/* At the end of a parallel region libgomp spins for milliseconds before it sleeps, a CPU for each
 * member that waits for another. So they sleep here and get there together. */
static void wait_for_others(struct team *team)
{
    const uint32_t n = (uint32_t)omp_get_num_threads();
    uint32_t n_done = atomic_fetch_add(&team->n_done, 1) + 1;
    if (n_done == n) th_futex_wake_all(&team->n_done);
    for (; n_done != n; n_done = atomic_load(&team->n_done))
        th_futex_wait(&team->n_done, n_done);
}

static void member(struct team *team)
{
    struct th_sink sink;
    struct th_item *item;
    const struct th_work *work = team->work;
    unsigned number = (unsigned)omp_get_thread_num() + 1;
    th_sink_init_heap(&sink);
    while ((item = th_queue_pop(work->queue)))
        th_work_one(work, number, item, &sink);
    th_sink_finish_heap(&sink);
    th_image_thread_finish();
    wait_for_others(team);
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
    struct team team = {.work = work};
#pragma omp parallel num_threads(n_threads) default(none) shared(team)
    member(&team);
    /* Else its threads spin in wait for another region. */
    (void)omp_pause_resource(omp_pause_soft, omp_get_initial_device());
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

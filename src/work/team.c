/* Mode threads: an OpenMP team that takes files from the queue, in one parallel region for the whole run. */
#include "work/team.h"

#include <errno.h>

#include "base/error.h"
#include "base/sys.h"

#ifdef _OPENMP
#include <omp.h>
#include <sched.h>
#include <stdlib.h>

struct probe {
    pthread_mutex_t lock;
    pthread_cond_t release;
    bool released;
};

static void *probe_thread(void *arg)
{
    struct probe *probe = arg;
    pthread_mutex_lock(&probe->lock);
    while (!probe->released)
        pthread_cond_wait(&probe->release, &probe->lock);
    pthread_mutex_unlock(&probe->lock);
    return NULL;
}

/* How many threads beside this one the system gives, up to `wanted`. libgomp ends the whole process when it cannot
 * start a thread; so start that many plain ones first, all alive at once, and ask libgomp only for what was got. */
static unsigned startable_threads(unsigned wanted)
{
    pthread_t *threads = th_calloc(wanted ? wanted : 1, sizeof *threads);
    struct probe probe = {.lock = PTHREAD_MUTEX_INITIALIZER, .release = PTHREAD_COND_INITIALIZER};
    unsigned n = 0;
    if (!threads) return 0;
    while (n < wanted && th_thread_start(&threads[n], probe_thread, &probe) == 0)
        n++;
    pthread_mutex_lock(&probe.lock);
    probe.released = true;
    pthread_cond_broadcast(&probe.release);
    pthread_mutex_unlock(&probe.lock);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return n;
}

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
    unsigned n_threads = 1 + startable_threads(work->jobs - 1);
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
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "mode threads needs OpenMP, which this build lacks");
}

#endif

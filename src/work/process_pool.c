/* SPDX-License-Identifier: MIT */
#include "work/process_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/filelimit.h"
#include "base/sys.h"
#include "image/formats.h"
#include "work/supervisor.h"

enum {
    THREADS_PER_CPU =
        4, /* of a decoder: so many tiles of a picture at a time, a thread for each CPU in each */
    MORE_THREADS = 64 /* of a worker, besides */
};

/* Start up to n supervisors: how many run. Fewer than asked is slower, not wrong. */
static unsigned start_supervisors(struct th_supervision *pool, struct th_supervisor *supervisors,
                                  unsigned n)
{
    unsigned n_started = 0;
    for (; n_started < n; n_started++) {
        struct th_supervisor *s = &supervisors[n_started];
        if (!th_supervisor_init(s, pool, n_started + 1)) {
            th_supervisor_finish(s);
            break;
        }
        th_requeue_enter(&pool->requeued);
        if (th_thread_start(&s->thread, th_supervisor_thread, s) != 0) {
            th_requeue_leave(&pool->requeued);
            th_supervisor_finish(s);
            break;
        }
    }
    return n_started;
}

/* The calling thread keeps the server alive until the last supervisor has left. */
static void run_supervisors(struct th_supervision *pool, struct th_supervisor *supervisors,
                            unsigned n)
{
    pool->n_running = n;
    unsigned n_started = start_supervisors(pool, supervisors, n);
    for (unsigned i = n_started; i < n; i++)
        th_fork_client_leave(pool->client, &pool->n_running);
    if (n_started == 0 && th_file_limit() < sizeof(struct th_wire_status_page))
        th_error_set(
            &pool->error, THUMBS_MEMORY, THUMBS_STAGE_NONE,
            "the file size limit is too low (ulimit -f), so worker processes cannot share memory");
    else if (n_started == 0)
        th_error_set(&pool->error, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                     "no memory or thread for one worker");
    th_fork_client_keep(pool->client, &pool->n_running);
    for (unsigned i = 0; i < n_started; i++) {
        pthread_join(supervisors[i].thread, NULL);
        th_supervisor_finish(&supervisors[i]);
    }
}

enum thumbs_code th_process_pool_run(const struct th_work *work, struct thumbs_error *err)
{
    struct th_supervision pool = {.work = work,
                                  .preload = th_image_encode_wants(work->image),
                                  .lock = PTHREAD_MUTEX_INITIALIZER};
    pool.most_threads = THREADS_PER_CPU * thumbs_cpus_usable() + MORE_THREADS;
    enum thumbs_code code = THUMBS_OK;
    struct th_supervisor *supervisors = th_calloc(work->jobs, sizeof *supervisors);
    bool has_requeue =
        th_requeue_init(&pool.requeued, ((size_t)TH_SUPERVISOR_AHEAD + 1) * work->jobs);
    if (!supervisors || !has_requeue)
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for %u workers",
                            work->jobs);
    if (code == THUMBS_OK) code = th_fork_client_create(work, pool.most_threads, &pool.client, err);
    if (code == THUMBS_OK) {
        run_supervisors(&pool, supervisors, work->jobs);
        th_supervision_fail_requeued(&pool);
        bool left_behind = atomic_load(&pool.has_failed) || !th_queue_is_finished(work->queue);
        /* One supervisor that gave up only matters if it left work behind: else the others have
         * done it. */
        if (pool.error.code != THUMBS_OK && left_behind) {
            code = pool.error.code;
            if (err) *err = pool.error;
        }
    }
    th_fork_client_destroy(pool.client);
    th_requeue_finish(&pool.requeued);
    free(supervisors);
    return code;
}

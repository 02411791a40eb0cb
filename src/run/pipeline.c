/* SPDX-License-Identifier: MIT */
#include "run/pipeline.h"

#include <stdio.h>

#include "base/error.h"
#include "base/sys.h"
#include "run/batch_options.h"
#include "run/count_ahead.h"
#include "run/file.h"
#include "run/finder.h"
#include "run/finish.h"
#include "run/prepare.h"
#include "run/stop.h"
#include "run/uring_feed.h"

/* ---- mode sync ---- */

static void run_sync(struct thumbs_batch *batch, const struct th_work *work)
{
    struct th_sink sink;
    struct th_file *file;
    th_sink_init_heap(&sink);
    while ((file = th_finder_next(batch))) {
        if (th_prepare_file(batch, file)) th_work_one(work, 1, &file->item, &sink);
    }
    th_counters_walk_done(batch->counters);
    th_sink_finish_heap(&sink);
    th_image_thread_finish();
}

/* ---- modes threads and processes ---- */

static void *walk_thread(void *arg)
{
    struct thumbs_batch *batch = arg;
    struct th_file *file;
    while ((file = th_finder_next(batch))) {
        if (!th_queue_push(batch->paths, file)) th_file_destroy(batch, file);
    }
    th_counters_walk_done(batch->counters);
    th_queue_close(batch->paths);
    return NULL;
}

/* The I/O threads of a run. The last to leave tells the workers that nothing more will come; nobody
 * waits for the threads before that, since the thread that could is one of the workers. */
struct loaders {
    struct thumbs_batch *batch;
    struct th_pool *pool;
    atomic_uint n; /* not yet left, and whoever starts them */
};

static void leave(struct loaders *loaders, unsigned n)
{
    if (atomic_fetch_sub(&loaders->n, n) == n) th_queue_close(loaders->batch->loaded);
}

/* One step of an I/O thread. */
static bool load_step(void *user)
{
    struct loaders *loaders = user;
    struct thumbs_batch *batch = loaders->batch;
    struct th_file *file = th_queue_pop(batch->paths);
    if (!file) {
        leave(loaders, 1);
        return false;
    }
    if (th_prepare_file(batch, file)) th_prepare_queue(batch, file);
    return true;
}

static enum thumbs_code start_loaders(struct loaders *loaders, struct thumbs_error *err)
{
    unsigned wanted = loaders->batch->options.io_jobs;
    atomic_init(&loaders->n, wanted + 1);
    enum thumbs_code code = th_pool_create(wanted, load_step, loaders, &loaders->pool, err);
    leave(loaders, 1 + wanted - (code == THUMBS_OK ? th_pool_threads(loaders->pool) : 0));
    return code;
}

/* Only when every thread has returned: until then a push may still be on its way. */
static void drain(struct thumbs_batch *batch, struct th_queue *queue)
{
    struct th_file *file;
    while ((file = th_queue_drain(queue)))
        th_file_destroy(batch, file);
}

static void drop(void *user, struct th_item *item)
{
    th_file_destroy(user, (struct th_file *)item);
}

static enum thumbs_code cannot_start(struct thumbs_error *err, int os_errno)
{
    return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, os_errno, "cannot start a thread");
}

static void *uring_thread(void *arg)
{
    th_uring_feed(arg);
    return NULL;
}

/* With io_uring one thread walks and loads, ... */
static enum thumbs_code run_with_uring(struct thumbs_batch *batch, const struct th_work *work,
                                       struct thumbs_error *err)
{
    pthread_t feeder;
    int failed = th_thread_start(&feeder, uring_thread, batch);
    if (failed) return cannot_start(err, failed);
    enum thumbs_code code = th_work_run(work, err);
    /* Without workers nobody empties the queue: the feeder would wait for ever. */
    if (code != THUMBS_OK) th_stop_ask(batch);
    pthread_join(feeder, NULL);
    return code;
}

/* ... else a walker and a pool of I/O threads. */
static enum thumbs_code run_with_threads(struct thumbs_batch *batch, const struct th_work *work,
                                         struct thumbs_error *err)
{
    pthread_t walker;
    struct loaders loaders = {.batch = batch};
    int failed = th_thread_start(&walker, walk_thread, batch);
    if (failed) return cannot_start(err, failed);
    enum thumbs_code code = start_loaders(&loaders, err);
    if (code == THUMBS_OK) code = th_work_run(work, err);
    if (code != THUMBS_OK) th_stop_ask(batch);
    th_pool_join(loaders.pool);
    pthread_join(walker, NULL);
    return code;
}

/* Everything but the workers runs in threads of its own; the workers in the caller's thread and its
 * team. */
static enum thumbs_code run_pipeline(struct thumbs_batch *batch, const struct th_work *work,
                                     struct thumbs_error *err)
{
    enum thumbs_code code =
        batch->uring ? run_with_uring(batch, work, err) : run_with_threads(batch, work, err);
    drain(batch, batch->paths);
    drain(batch, batch->loaded);
    return code;
}

/* ---- all modes ---- */

static void moved(void *user, struct th_item *item, enum th_item_state state, unsigned worker,
                  int pid)
{
    static const enum th_at at[] = {[TH_ITEM_WAITS_FOR_MEMORY] = TH_AT_WAITS_FOR_MEMORY,
                                    [TH_ITEM_WAITS_FOR_WORKER] = TH_AT_WAITS_FOR_WORKER,
                                    [TH_ITEM_AHEAD] = TH_AT_AHEAD,
                                    [TH_ITEM_BEGUN] = TH_AT_WORK};
    struct th_file *file = (struct th_file *)item;
    (void)user;
    th_flight_move_to_worker(&file->flight, at[state], worker, pid);
}

static void note_sandbox(void *user, const char *how, bool whole)
{
    struct thumbs_batch *batch = user;
    pthread_mutex_lock(&batch->lock);
    snprintf(batch->sandbox, sizeof batch->sandbox, "%s", how);
    batch->sandbox_whole = whole;
    pthread_mutex_unlock(&batch->lock);
}

static enum thumbs_code run_mode(struct thumbs_batch *batch, struct thumbs_error *err)
{
    const struct thumbs_options *o = &batch->options;
    struct th_work work = {
        .mode = o->mode,
        .jobs = o->mode == THUMBS_MODE_SYNC ? 1 : o->jobs,
        .image = &o->image,
        .timeout_ns = th_batch_options_timeout_ns(o),
        .queue = batch->loaded,
        .n_buffers = batch->n_buffers,
        .file_bytes = batch->plan.file_bytes,
        .memory = &batch->decode_memory,
        .alone_bytes = batch->plan.alone_bytes,
        .warm_bytes = batch->plan.warm_bytes,
        .worker_program = o->worker_program,
        .sandbox = o->sandbox,
        .no_work = o->no_work,
        .finish = th_finish_file,
        .drop = drop,
        .moved = moved,
        .tell_sandbox = note_sandbox,
        .user = batch,
    };
    if (o->mode == THUMBS_MODE_SYNC || o->dry_run) {
        run_sync(batch, &work);
        return THUMBS_OK;
    }
    return run_pipeline(batch, &work, err);
}

enum thumbs_code th_pipeline_run(struct thumbs_batch *batch, struct thumbs_error *err)
{
    pthread_t counter;
    th_work_prepare();
    bool counting = th_count_ahead_start(batch, &counter);
    enum thumbs_code code = run_mode(batch, err);
    atomic_store(&batch->finished, true);
    if (counting) pthread_join(counter, NULL);
    return code;
}

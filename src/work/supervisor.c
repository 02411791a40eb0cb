/* SPDX-License-Identifier: MIT */
#include "work/supervisor.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "work/admission.h"
#include "work/answer.h"
#include "work/reap.h"
#include "work/sent.h"
#include "work/worker_link.h"

enum {
    HEIR_TRIES =
        20, /* pauses in which another supervisor may take the files of one that gives up */
    HEIR_PAUSE_US = 100 * 1000
};

bool th_supervisor_init(struct th_supervisor *s, struct th_supervision *pool, unsigned number)
{
    *s = (struct th_supervisor){.pool = pool, .number = number, .sock = -1, .hold.fd = -1};
    return th_shared_init(&s->shared);
}

void th_supervisor_finish(struct th_supervisor *s)
{
    th_shared_finish(&s->shared);
    th_taken_finish(&s->taken);
    th_hold_finish(&s->hold);
    free(s->knows_buffer);
}

/* The worker is on the next file by now, and gets one more before the finished one is committed and
 * reported. The sink of the finished one is not used again before the send after that. */
static void finish_answered(struct th_supervisor *s)
{
    const struct th_work *work = s->pool->work;
    struct th_outcome outcome = {.code = s->reply.error.code, .started_ns = s->began_ns};
    unsigned i_sink = (unsigned)(s->reply.id % TH_WIRE_N_SINKS);
    struct th_item *item = th_sent_take_oldest(s);
    th_sent_begin_time(s);
    th_sent_tell(s);
    th_sent_fill(s);
    if (outcome.code == THUMBS_OK) {
        outcome.result = &s->reply.result;
        outcome.data = s->taken.data;
    } else {
        outcome.error = &s->reply.error;
    }
    work->finish(work->user, item, &outcome);
    th_shared_trim(&s->shared, i_sink); /* the worker has no job that goes there now */
    th_taken_trim(&s->taken);
}

/* The worker was forked before libraries were needed, and is locked up, so it can load none. The
 * next one has them; its files go there, and none is to blame. */
static void retire_worker(struct th_supervisor *s)
{
    atomic_fetch_or(&s->pool->preload, th_sent_missing_libraries(s));
    (void)th_link_end(s, false, NULL);
}

/* Has it had its time? A file that it has begun meanwhile is begun anew by the next one. */
static bool is_worn(struct th_supervisor *s)
{
    uint64_t most = th_sent_share_bytes(s);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    most = UINT64_MAX;
#endif
    return th_hold_is_worn(&s->hold, th_now_ns(), most);
}

/* A worker for the files that are to be sent, the first one or one in place of another. False:
 * there is none to be had. */
static bool renew_worker(struct th_supervisor *s, struct thumbs_error *err)
{
    th_sent_tell(s);
    if (th_link_start(s, err) != THUMBS_OK) return false;
    th_sent_begin_time(s);
    th_sent_tell(s);
    for (unsigned i = 0; i < s->n_sent; i++)
        th_link_send(s, &s->sent[i]);
    return true;
}

static struct th_item *next_item(struct th_supervisor *s)
{
    struct th_supervision *pool = s->pool;
    struct th_item *item = th_requeue_try_take(&pool->requeued);
    if (!item) item = th_queue_pop(pool->work->queue);
    return item ? item : th_requeue_take(&pool->requeued);
}

/* With nothing in its worker a supervisor holds nothing of the budget, so it may wait for it. */
static bool has_files(struct th_supervisor *s)
{
    const struct th_work *work = s->pool->work;
    struct th_item *item;
    while (s->n_sent == 0 && (item = next_item(s))) {
        if (th_work_admit(work, item) && th_work_reserve(work, item, s->number))
            th_sent_give(s, item);
    }
    return s->n_sent > 0;
}

static bool supervise(struct th_supervisor *s, struct thumbs_error *err)
{
    while (has_files(s)) {
        if (s->sock < 0 && !renew_worker(s, err)) return false;
        th_sent_fill(s);
        enum th_answer answer = th_answer_wait(s);
        if (answer == TH_ANSWERED) {
            finish_answered(s);
            if (is_worn(s)) (void)th_link_end(s, false, NULL);
        } else if (answer == TH_ANSWER_NEEDS_LIBRARIES) {
            retire_worker(s);
        } else if (answer == TH_ANSWER_REFUSED) {
            th_reap_describe_refusal(s, err);
            return false;
        } else {
            th_reap_failed(s, answer);
        }
    }
    return true;
}

void th_supervision_fail_requeued(struct th_supervision *pool)
{
    const struct th_work *work = pool->work;
    struct th_item *item;
    pthread_mutex_lock(&pool->lock);
    struct thumbs_error error = pool->error;
    pthread_mutex_unlock(&pool->lock);
    while ((item = th_requeue_try_take(&pool->requeued))) {
        struct th_outcome outcome = {.code = error.code, .error = &error, .blameless = true};
        if (th_budget_is_cancelled(work->memory)) {
            work->drop(work->user, item);
            continue;
        }
        atomic_store(&pool->has_failed, true);
        work->finish(work->user, item, &outcome);
    }
}

/* No worker for this supervisor: its files are not to blame, others may take them. Those may sleep
 * at the queue, though, and be woken by nothing, since the buffers of these very files keep others
 * from being loaded. So what nobody takes in a while has failed. */
static void give_up(struct th_supervisor *s, const struct thumbs_error *error, bool is_hopeless)
{
    struct th_supervision *pool = s->pool;
    (void)th_link_end(s, false, NULL);
    pthread_mutex_lock(&pool->lock);
    pool->error = *error;
    pthread_mutex_unlock(&pool->lock);
    while (s->n_sent > 0) {
        struct th_item *item = th_sent_take_oldest(s);
        th_work_tell(pool->work, item, TH_ITEM_WAITS_FOR_WORKER, 0, 0);
        th_requeue_put(&pool->requeued, item);
    }
    for (int i = 0; i < HEIR_TRIES && !is_hopeless && atomic_load(&pool->requeued.n) > 0; i++)
        usleep(HEIR_PAUSE_US);
    th_supervision_fail_requeued(pool);
}

void *th_supervisor_thread(void *arg)
{
    struct th_supervisor *s = arg;
    struct th_supervision *pool = s->pool;
    struct thumbs_error error = {0};
    if (!supervise(s, &error)) give_up(s, &error, s->hello.refused);
    th_requeue_leave(&pool->requeued);
    if (s->sock >= 0) close(s->sock); /* the worker sees the end of file and ends */
    th_fork_client_leave(pool->client, &pool->n_running);
    return NULL;
}

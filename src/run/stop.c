/* SPDX-License-Identifier: MIT */
#include "run/stop.h"

#include "base/error.h"

void th_stop_ask(struct thumbs_batch *b)
{
    /* First the word, then the calls that wake: who is woken, or finds a queue cancelled, sees
     * it. */
    atomic_store(&b->stopped, true);
    th_queue_cancel(b->paths);
    th_queue_cancel(b->loaded);
    th_buffers_cancel(b->buffers);
    th_budget_cancel(&b->decode_memory);
}

bool th_stop_asked(const struct thumbs_batch *b)
{
    return atomic_load(&b->stopped);
}

void th_stop_fatal(struct thumbs_batch *b, const struct thumbs_error *error)
{
    pthread_mutex_lock(&b->lock);
    if (b->fatal.code == THUMBS_OK) b->fatal = *error;
    pthread_mutex_unlock(&b->lock);
    th_stop_ask(b);
}

enum thumbs_code th_stop_result(const struct thumbs_batch *b, struct thumbs_error *err)
{
    if (b->fatal.code != THUMBS_OK) { /* all threads are done: no lock */
        if (err) *err = b->fatal;
        return b->fatal.code;
    }
    if (th_stop_asked(b))
        return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_NONE,
                            "stopped before everything was done");
    return THUMBS_OK;
}

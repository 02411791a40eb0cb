/* SPDX-License-Identifier: MIT */
#include "work/sent.h"

#include <string.h>

#include "base/sys.h"
#include "image/formats.h"
#include "work/admission.h"
#include "work/worker_link.h"

void th_sent_begin_time(struct th_supervisor *s)
{
    s->began_ns = s->from_ns = s->looked_ns = th_now_ns();
}

void th_sent_tell(const struct th_supervisor *s)
{
    for (unsigned i = 0; i < s->n_sent; i++) {
        enum th_item_state state = s->sock < 0 ? TH_ITEM_WAITS_FOR_WORKER
                                   : i         ? TH_ITEM_AHEAD
                                               : TH_ITEM_BEGUN;
        th_work_tell(s->pool->work, s->sent[i].item, state, s->number,
                     s->sock < 0 ? 0 : (int)s->worker.pid);
    }
}

/* A guess that saves a worker forked for nothing. */
static void guess_libraries(struct th_supervision *pool, const struct th_item *item)
{
    const struct th_buffer *buffer = item->buffer;
    uint32_t known = atomic_load_explicit(&pool->preload, memory_order_relaxed);
    uint32_t wants =
        known == TH_WANTS_ALL ? 0 : th_image_wants(pool->work->image, buffer->data, buffer->len);
    if (wants & ~known) atomic_fetch_or(&pool->preload, wants);
}

void th_sent_give(struct th_supervisor *s, struct th_item *item)
{
    struct th_sent *sent = &s->sent[s->n_sent++];
    *sent = (struct th_sent){.item = item};
    guess_libraries(s->pool, item);
    if (s->n_sent == 1) th_sent_begin_time(s);
    th_sent_tell(s);
    if (s->sock >= 0) th_link_send(s, sent);
}

void th_sent_fill(struct th_supervisor *s)
{
    const struct th_work *work = s->pool->work;
    while (s->n_sent < TH_SUPERVISOR_AHEAD) {
        struct th_item *item = th_requeue_try_take(&s->pool->requeued);
        if (!item) item = th_queue_try_pop(work->queue);
        if (!item) return;
        if (!th_work_admit(work, item)) continue;
        if (!th_budget_try_take(work->memory, th_work_charge(work, item))) {
            th_work_tell(work, item, TH_ITEM_WAITS_FOR_MEMORY, 0, 0);
            th_requeue_put(&s->pool->requeued, item);
            return;
        }
        th_sent_give(s, item);
    }
}

struct th_item *th_sent_take_oldest(struct th_supervisor *s)
{
    struct th_item *item = s->sent[0].item;
    th_budget_give(s->pool->work->memory, th_work_charge(s->pool->work, item));
    s->n_sent--;
    memmove(&s->sent[0], &s->sent[1], s->n_sent * sizeof s->sent[0]);
    return item;
}

void th_sent_fail_oldest(struct th_supervisor *s, const struct thumbs_error *error, bool to_blame)
{
    const struct th_work *work = s->pool->work;
    struct th_outcome outcome = {
        .code = error->code, .error = error, .blameless = !to_blame, .started_ns = s->began_ns};
    work->finish(work->user, th_sent_take_oldest(s), &outcome);
}

uint64_t th_sent_share_bytes(const struct th_supervisor *s)
{
    uint64_t reserved = 0;
    for (unsigned i = 0; i < s->n_sent; i++)
        reserved += s->sent[i].item->decode_bytes;
    return TH_WORK_PROCESS_MOST_BYTES + s->pool->work->warm_bytes + reserved + reserved / 4;
}

uint32_t th_sent_missing_libraries(const struct th_supervisor *s)
{
    const struct th_buffer *buffer = s->sent[0].item->buffer;
    const uint32_t wants = th_image_wants(s->pool->work->image, buffer->data, buffer->len);
    const uint32_t missing = wants & ~s->libraries;
    /* Of a HEIF file its first bytes do not always tell the codec. */
    const uint32_t others = TH_WANTS_VIPS | (wants & TH_WANTS_CODECS ? TH_WANTS_CODECS : 0);
    return missing ? missing : others & ~s->libraries;
}

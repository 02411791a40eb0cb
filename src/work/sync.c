/* One file in the calling thread: mode sync, and the inside of the team. */
#include "base/error.h"
#include "base/sys.h"
#include "work/hook.h"
#include "work/timed_make.h"
#include "work/work.h"

bool th_work_admit(const struct th_work *work, struct th_item *item)
{
    struct thumbs_error error = {0};
    if (item->admitted) return true;
    item->admitted = true;
    if (!work->no_work) th_image_estimate(item->buffer->data, item->buffer->len, work->image, &item->decode_bytes);
    uint64_t most = work->alone_bytes > work->memory->limit ? work->alone_bytes : work->memory->limit;
    if (item->decode_bytes <= most) return true;
    struct th_outcome outcome = {.started_ns = th_now_ns(), .error = &error};
    outcome.code =
        th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                     "to decode it takes up to %llu MB of memory, there are %llu MB for that beside %u jobs",
                     (unsigned long long)(item->decode_bytes >> 20), (unsigned long long)(most >> 20), work->jobs);
    work->finish(work->user, item, &outcome);
    return false;
}

void th_work_tell(const struct th_work *work, struct th_item *item, enum th_item_state state, unsigned worker, int pid)
{
    if (work->moved) work->moved(work->user, item, state, worker, pid);
}

uint64_t th_work_charge(const struct th_work *work, const struct th_item *item)
{
    return item->decode_bytes < work->memory->limit ? item->decode_bytes : work->memory->limit;
}

bool th_work_reserve(const struct th_work *work, struct th_item *item, unsigned worker)
{
    if (th_budget_try_take(work->memory, th_work_charge(work, item))) return true;
    th_work_tell(work, item, TH_ITEM_WAITS_FOR_MEMORY, worker, 0);
    if (th_budget_take(work->memory, th_work_charge(work, item))) return true;
    work->drop(work->user, item);
    return false;
}

void th_work_one(const struct th_work *work, unsigned worker, struct th_item *item, struct th_sink *sink)
{
    if (!th_work_admit(work, item) || !th_work_reserve(work, item, worker)) return;
    th_work_tell(work, item, TH_ITEM_BEGUN, worker, 0);
    struct thumbs_error error = {0};
    struct th_image_result result;
    uint64_t now = th_now_ns();
    struct th_image_limits limits = {0};
    struct th_outcome outcome = {.started_ns = now};

    bool lie;
    sink->len = 0;
    if (work->no_work) {
        result = (struct th_image_result){0};
    } else if (th_probe(item->buffer->data, item->buffer->len, &lie, &error)) {
        outcome.code = error.code;
    } else {
        outcome.code = th_work_make(item->buffer->data, item->buffer->len, work->image, limits, work->timeout_ns, sink,
                                    &result, &error);
    }
    if (outcome.code == THUMBS_OK) {
        outcome.result = &result;
        outcome.data = sink->data;
    } else {
        outcome.error = &error;
    }
    th_budget_give(work->memory, th_work_charge(work, item));
    work->finish(work->user, item, &outcome);
    if (sink->cap > TH_WORK_SINK_KEEP_BYTES) {
        th_sink_finish_heap(sink);
        th_sink_init_heap(sink);
    }
}

/* SPDX-License-Identifier: MIT */
#include "work/sync.h"

#include "base/error.h"
#include "base/heap.h"
#include "base/sys.h"
#include "work/admission.h"
#include "work/hook.h"
#include "work/timed_make.h"

void th_work_one(const struct th_work *work, unsigned worker, struct th_item *item,
                 struct th_sink *sink)
{
    if (!th_work_admit(work, item) || !th_work_reserve(work, item, worker)) return;
    th_work_tell(work, item, TH_ITEM_BEGUN, worker, 0);
    struct thumbs_error error = {0};
    struct th_image_result result;
    uint64_t now = th_now_ns();
    struct th_image_limits limits = {0};
    struct th_outcome outcome = {.started_ns = now};

    bool violate;
    sink->len = 0;
    if (work->no_work) {
        result = (struct th_image_result){0};
    } else if (th_probe(item->buffer->data, item->buffer->len, &violate, &error)) {
        outcome.code = error.code;
    } else {
        outcome.code = th_work_make(item->buffer->data, item->buffer->len, work->image, limits,
                                    work->timeout_ns, sink, &result, &error);
    }
    if (outcome.code == THUMBS_OK) {
        outcome.result = &result;
        outcome.data = sink->data;
    } else {
        outcome.error = &error;
    }
    /* What the budget counts as given back has to be: a heap keeps the memory of giants. */
    const uint64_t keep = th_work_heap_keep(work->warm_bytes);
    if (item->decode_bytes > keep) th_heap_trim((size_t)keep);
    th_budget_give(work->memory, th_work_charge(work, item));
    work->finish(work->user, item, &outcome);
    if (sink->cap > TH_WORK_SINK_KEEP_BYTES) {
        th_sink_finish_heap(sink);
        th_sink_init_heap(sink);
    }
}

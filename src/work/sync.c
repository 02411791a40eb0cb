/* One file in the calling thread: mode sync, and the inside of the team. */
#include "base/sys.h"
#include "work/probe.h"
#include "work/work.h"

/* Keep the sink's memory between files, but not that of one giant. */
enum { KEEP_BYTES = 4 << 20 };

void th_work_one(const struct th_work *work, struct th_item *item, struct th_sink *sink)
{
    struct thumbs_error error = {0};
    struct th_image_result result;
    uint64_t now = th_now_ns();
    struct th_image_limits limits = {.deadline_ns = work->timeout_ns ? now + work->timeout_ns : 0};
    struct th_outcome outcome = {.started_ns = now};

    bool lie;
    sink->len = 0;
    if (work->no_work) {
        result = (struct th_image_result){0};
    } else if (th_probe(item->slot->data, item->slot->len, &lie, &error)) {
        outcome.code = error.code;
    } else {
        outcome.code = th_image_make(item->slot->data, item->slot->len, work->image, &limits, sink, &result, &error);
    }
    if (outcome.code == THUMBS_OK) {
        outcome.result = &result;
        outcome.data = sink->data;
    } else {
        outcome.error = &error;
    }
    work->finish(work->user, item, &outcome);
    if (sink->cap > KEEP_BYTES) {
        th_sink_finish_heap(sink);
        th_sink_init_heap(sink);
    }
}

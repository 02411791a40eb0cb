/* SPDX-License-Identifier: MIT */
#include "work/admission.h"

#include <stdio.h>

#include "base/error.h"
#include "base/sys.h"

bool th_work_admit(const struct th_work *work, struct th_item *item)
{
    struct thumbs_error error = {0};
    if (item->admitted) return true;
    item->admitted = true;
    if (!work->no_work)
        th_image_estimate(item->buffer->data, item->buffer->len, work->image, &item->decode_bytes);
    uint64_t most =
        work->alone_bytes > work->memory->limit ? work->alone_bytes : work->memory->limit;
    if (item->decode_bytes <= most) return true;
    struct th_outcome outcome = {.started_ns = th_now_ns(), .error = &error};
    char of_jobs[32] = "";
    if (work->jobs > 1) snprintf(of_jobs, sizeof of_jobs, " with %u jobs", work->jobs);
    outcome.code = th_error_set(
        &error, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
        "decoding takes up to %llu MB of memory, and --memory leaves %llu MB%s",
        (unsigned long long)(item->decode_bytes >> 20), (unsigned long long)(most >> 20), of_jobs);
    work->finish(work->user, item, &outcome);
    return false;
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

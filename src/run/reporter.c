/* SPDX-License-Identifier: MIT */
#include "run/reporter.h"

#include "run/file.h"
#include "run/found.h"
#include "run/stop.h"

void th_reporter_event(struct thumbs_batch *batch, const struct th_walk_entry *entry,
                       struct thumbs_event *event)
{
    struct th_bytes path = {0};
    th_found_add_path(&path, entry);
    event->source = th_bytes_str(&path);
    event->named = entry->named;
    event->sizes = batch->options.image.sizes;
    event->n_sizes = batch->options.image.n_sizes;
    /* Counted first, so that who asks for totals from within the callback finds this one in
     * them. */
    th_counters_add(batch->counters, event);
    if (batch->on_event) batch->on_event(batch->user, event);
    th_bytes_finish(&path);
    if (event->status == THUMBS_STATUS_FAILED && batch->options.fail_fast) th_stop_ask(batch);
}

void th_reporter_entry(struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    struct thumbs_event event = {.error = &entry->error};
    event.status = entry->kind == TH_WALK_SKIPPED ? THUMBS_STATUS_SKIPPED : THUMBS_STATUS_FAILED;
    th_reporter_event(batch, entry, &event);
}

void th_reporter_failure(struct thumbs_batch *batch, const struct th_walk_entry *entry,
                         const struct thumbs_error *error)
{
    struct thumbs_event event = {.status = THUMBS_STATUS_FAILED, .error = error};
    th_reporter_event(batch, entry, &event);
}

void th_reporter_file_event(struct thumbs_batch *batch, struct th_file *file,
                            struct thumbs_event *event)
{
    th_flight_move(&file->flight, TH_AT_REPORT);
    th_reporter_event(batch, &file->entry, event);
}

void th_reporter_file(struct thumbs_batch *batch, struct th_file *file, enum thumbs_status status,
                      const struct thumbs_error *error)
{
    struct thumbs_event event = th_file_event(file);
    event.status = status;
    event.error = error;
    th_reporter_file_event(batch, file, &event);
}

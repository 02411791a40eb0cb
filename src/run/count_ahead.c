/* SPDX-License-Identifier: MIT */
#include "run/count_ahead.h"

#include "base/sys.h"
#include "run/shard.h"

static void *count_thread(void *arg)
{
    struct thumbs_batch *batch = arg;
    struct th_walk_options options = batch->walk_options;
    struct th_walk_entry entry = {0};
    struct th_walk *walk = NULL;
    uint64_t n = 0;
    struct th_walk_flight *flight = th_inflight_walk(batch->inflight, TH_WALK_COUNT_AHEAD);
    options.is_image = NULL;
    options.on_folder_user = flight;
    th_walk_flight_begin(flight);
    if (th_walk_create(&options, &walk, NULL) != THUMBS_OK) goto out;
    while (!atomic_load_explicit(&batch->finished, memory_order_relaxed) &&
           th_walk_next(walk, &entry)) {
        if (th_shard_takes(&batch->options, &entry)) n++;
        th_walk_entry_finish(&entry);
        th_walk_flight_begin(flight);
    }
    if (!atomic_load(&batch->finished)) atomic_store(&batch->expected, n);
    th_walk_destroy(walk);
out:
    th_walk_flight_end(flight);
    return NULL;
}

bool th_count_ahead_start(struct thumbs_batch *batch, pthread_t *thread)
{
    /* A list cannot be read twice. */
    if (!batch->options.count_ahead || batch->options.files_from) return false;
    return th_thread_start(thread, count_thread, batch) == 0;
}

/* SPDX-License-Identifier: MIT */
/* The public face of a run (thumbs_batch_...). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "run/batch_options.h"
#include "run/compare_names.h"
#include "run/newcomers.h"
#include "run/pipeline.h"
#include "run/prune.h"
#include "run/setup.h"
#include "run/stop.h"

enum thumbs_code thumbs_batch_create(const struct thumbs_options *options,
                                     const char *const *sources, size_t n_sources, const char *dest,
                                     struct thumbs_batch **out, struct thumbs_error *err)
{
    enum thumbs_code code = th_batch_options_check(options, err);
    if (code != THUMBS_OK) return code;
    if (n_sources < 1) return th_batch_options_usage(err, "there is no source");
    struct thumbs_batch *b = th_calloc(1, sizeof *b);
    if (!b) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a run");
    memcpy(&b->options, options, sizeof b->options);
    pthread_mutex_init(&b->lock, NULL);
    code = th_setup(b, sources, n_sources, dest, err);
    if (code == THUMBS_OK)
        *out = b;
    else
        thumbs_batch_destroy(b);
    return code;
}

static bool is_stopped(void *user)
{
    return th_stop_asked(user);
}

const char *thumbs_batch_waits_for(const struct thumbs_batch *b)
{
    return th_dest_waits_for(b->dest);
}

enum thumbs_code thumbs_batch_wait(struct thumbs_batch *b, struct thumbs_error *err)
{
    return th_dest_wait(b->dest, is_stopped, b) ? THUMBS_OK : th_stop_result(b, err);
}

enum thumbs_code thumbs_batch_run(struct thumbs_batch *b, thumbs_event_fn *on_event, void *user,
                                  struct thumbs_error *err)
{
    b->on_event = on_event;
    b->user = user;
    enum thumbs_code code = thumbs_batch_wait(b, err);
    atomic_store(&b->started_ns, th_now_ns());
    if (code == THUMBS_OK) code = th_compare_names(b, err);
    if (code == THUMBS_OK) code = th_pipeline_run(b, err);
    if (code == THUMBS_OK) code = th_stop_result(b, err);
    if (code == THUMBS_OK && b->options.deletes) {
        th_prune(b);
        code = th_stop_result(b, err);
    }
    atomic_store(&b->ended_ns, th_now_ns());
    return code;
}

void thumbs_batch_on_removal(struct thumbs_batch *b, thumbs_removal_fn *on_removal, void *user)
{
    b->on_removal = on_removal;
    b->removal_user = user;
}

const char *thumbs_batch_removal_problem(const struct thumbs_batch *b)
{
    return b->prune_problem.code ? b->prune_problem.message : NULL;
}

void thumbs_batch_stop(struct thumbs_batch *b)
{
    th_stop_ask(b);
}

void thumbs_batch_totals(struct thumbs_batch *b, struct thumbs_totals *out)
{
    th_counters_read(b->counters, out);
    out->shard = b->options.shard;
    out->n_shards = b->options.n_shards;
    out->deletes = b->options.deletes != 0;
    if (b->options.dry_run) out->would_remove = out->removed;
    if (b->options.dry_run) out->removed = 0;
    out->expected = out->walk_done ? out->found : atomic_load(&b->expected);
    uint64_t started_ns = atomic_load(&b->started_ns), ended_ns = atomic_load(&b->ended_ns);
    out->seconds =
        started_ns ? (double)((ended_ns ? ended_ns : th_now_ns()) - started_ns) / 1e9 : 0;
}

size_t thumbs_batch_waiting(struct thumbs_batch *b, size_t most, thumbs_waiting_fn *on_waiting,
                            void *user)
{
    return th_inflight_read(b->inflight, most, on_waiting, user);
}

void thumbs_batch_levels(struct thumbs_batch *b, struct thumbs_levels *out)
{
    const struct thumbs_options *o = &b->options;
    uint64_t started_ns = atomic_load(&b->started_ns), moved_ns = th_inflight_moved_ns(b->inflight),
             now = th_now_ns();
    *out = (struct thumbs_levels){0};
    if (moved_ns < started_ns) moved_ns = started_ns;
    if (started_ns && now > moved_ns) out->still_seconds = (double)(now - moved_ns) / 1e9;
    out->bytes = th_buffers_in_use_bytes(b->buffers);
    out->most_bytes = o->queue_bytes;
    out->decoding = atomic_load(&b->decode_memory.in_use);
    out->most_decoding = b->decode_memory.limit;
    if (o->mode == THUMBS_MODE_SYNC || o->dry_run) return;
    out->loaded = th_queue_depth(b->loaded);
    out->most_loaded = o->queue_items;
    if (b->uring) return; /* it takes each source right from the walk */
    out->found = th_queue_depth(b->paths);
    out->most_found = b->n_paths;
}

const char *thumbs_batch_note(const struct thumbs_batch *b)
{
    return b->notes.text[0] ? b->notes.text : NULL;
}

void thumbs_batch_remarks(const struct thumbs_batch *b, thumbs_remark_fn *on_remark, void *user)
{
    th_walk_remarks(b->walk, on_remark, user);
    th_newcomers_remark(b, on_remark, user);
    if (th_dest_has_newer(b->dest))
        on_remark(user,
                  "some of DEST/.thumbs is of a newer version of thumbs: it is left as it is, "
                  "so what it tells of is made in each run");
}

const char *thumbs_batch_sandbox(const struct thumbs_batch *b, bool *whole)
{
    if (whole) *whole = b->sandbox_whole;
    return b->sandbox[0] ? b->sandbox : NULL;
}

void thumbs_batch_destroy(struct thumbs_batch *b)
{
    if (!b) return;
    th_setup_undo(b);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

int thumbs_worker_main(void)
{
    return th_work_serve();
}

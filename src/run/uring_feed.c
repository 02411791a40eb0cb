/* SPDX-License-Identifier: MIT */
#include "run/uring_feed.h"

#include "base/sys.h"
#include "run/finder.h"
#include "run/prepare.h"
#include "run/stop.h"

/* A SOURCE that is a file may be a link, which is followed where others are not. There are few, and
 * they come before all folders, so they are read plainly: nothing of the ring's is in flight that
 * would have to wait for them. */
static void load_plainly(struct thumbs_batch *batch, struct th_file *file)
{
    if (th_prepare_file(batch, file)) th_prepare_queue(batch, file);
}

static void *next(void *user, int *dirfd, const char **name)
{
    struct thumbs_batch *batch = user;
    struct th_file *file;
    while ((file = th_finder_next(batch))) {
        if (file->entry.follow) {
            load_plainly(batch, file);
        } else if (th_prepare_begin(batch, file)) {
            break;
        }
    }
    if (!file) return NULL;
    *dirfd = th_dir_fd(file->entry.dir);
    *name = file->entry.name;
    return file;
}

static bool settled(void *user, void *file, const struct stat *st)
{
    return th_prepare_is_settled(user, file, st);
}

/* Only workers take from the queue and only this thread puts into it, so what is free stays
 * free. */
static bool has_room(void *user)
{
    struct thumbs_batch *batch = user;
    return th_queue_depth(batch->loaded) < batch->options.queue_items;
}

static void loaded(void *user, void *loaded_file, struct th_buffer *buffer, const struct stat *st,
                   uint64_t load_ns)
{
    struct thumbs_batch *batch = user;
    struct th_file *file = loaded_file;
    file->item.buffer = buffer;
    file->st = *st;
    file->load_ns = load_ns;
    struct thumbs_error error = {0};
    if (th_prepare_end_load(batch, file, THUMBS_OK, &error)) th_prepare_queue(batch, file);
}

static void failed(void *user, void *failed_file, const struct stat *st, uint64_t load_ns,
                   const struct thumbs_error *error)
{
    struct th_file *file = failed_file;
    struct thumbs_error copy = *error;
    file->st = *st;
    file->load_ns = load_ns;
    th_prepare_end_load(user, file, error->code, &copy);
}

static bool stopped(void *user)
{
    return th_stop_asked(user);
}

void th_uring_feed(struct thumbs_batch *batch)
{
    const struct th_uring_calls calls = {.next = next,
                                         .settled = settled,
                                         .has_room = has_room,
                                         .loaded = loaded,
                                         .failed = failed,
                                         .at = th_prepare_at,
                                         .stopped = stopped,
                                         .user = batch};
    struct thumbs_error error = {0};
    enum thumbs_code code =
        th_uring_run(batch->uring, batch->options.io_jobs, &batch->loader, &calls, &error);
    if (code != THUMBS_OK) th_stop_fatal(batch, &error);
    th_counters_walk_done(batch->counters);
    th_queue_close(batch->loaded);
}

/* The threads of a run and the order in which they end. */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/sys.h"
#include "run/batch.h"

/* The next entry of the walk, counted. */
static bool next_entry(struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    uint64_t start_ns = th_now_ns();
    th_walk_watch_begin(th_watch_walk(batch->watch, TH_WALK_SOURCES));
    bool more = !atomic_load_explicit(&batch->stopped, memory_order_relaxed) && th_walk_next(batch->walk, entry);
    th_counters_found(batch->counters, more ? 1 : 0, th_now_ns() - start_ns);
    return more;
}

/* FAT has no inode numbers of its own, and what FUSE tells is mostly made up: both differ from mount to mount. */
static bool keeps_inodes(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) != 0) return true;
    uint32_t type = (uint32_t)fs.f_type;
    return type != MSDOS_SUPER_MAGIC && type != FUSE_SUPER_MAGIC && type != 0x2011bab0 /* exFAT */;
}

/* The folder's counterpart in DEST, made before any file of the folder is out, so no other thread can be making it
 * too. */
static bool has_place(struct thumbs_batch *batch, struct th_dir *dir)
{
    if (atomic_load(&dir->place)) return true;
    struct th_place *place = th_place_create(batch->dest, dir->path);
    if (place && !keeps_inodes(th_dir_fd(dir))) th_place_ignore_inodes(place);
    dir->place_free = th_place_destroy;
    atomic_store(&dir->place, place);
    return place != NULL;
}

/* A candidate as a file on its way, or NULL with its fate reported. Takes the entry over. */
static struct th_file *begin_file(struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    struct thumbs_error error = {0};
    struct th_file *file = NULL;
    if (entry->kind != TH_WALK_FILE) {
        th_file_report_entry(batch, entry);
    } else if (!has_place(batch, entry->dir) || !(file = th_file_create(batch, entry))) {
        th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for its name");
        th_file_report_failure(batch, entry, &error);
    }
    th_walk_entry_finish(entry);
    return file;
}

/* The only caller of th_walk_next() of the run itself. */
struct th_file *th_pipeline_next_file(struct thumbs_batch *batch)
{
    struct th_walk_entry entry = {0};
    struct th_file *file = NULL;
    while (!file && next_entry(batch, &entry))
        file = begin_file(batch, &entry);
    th_walk_watch_end(th_watch_walk(batch->watch, TH_WALK_SOURCES));
    return file;
}

/* ---- mode sync ---- */

static void run_sync(struct thumbs_batch *batch, const struct th_work *work)
{
    struct th_sink sink;
    struct th_file *file;
    th_sink_init_heap(&sink);
    while ((file = th_pipeline_next_file(batch))) {
        if (th_file_prepare(batch, file)) th_work_one(work, 1, &file->item, &sink);
    }
    th_counters_walk_done(batch->counters);
    th_sink_finish_heap(&sink);
    th_image_thread_finish();
}

/* ---- modes threads and processes ---- */

static void *walk_thread(void *arg)
{
    struct thumbs_batch *batch = arg;
    struct th_file *file;
    while ((file = th_pipeline_next_file(batch))) {
        if (!th_queue_push(batch->paths, file)) th_file_destroy(batch, file);
    }
    th_counters_walk_done(batch->counters);
    th_queue_close(batch->paths);
    return NULL;
}

/* The I/O threads of a run. The last to leave tells the workers that nothing more will come. */
struct loaders {
    struct thumbs_batch *batch;
    struct th_pool *pool;
    atomic_uint n; /* not yet left, and whoever starts them */
};

static void leave(struct loaders *loaders, unsigned n)
{
    if (atomic_fetch_sub(&loaders->n, n) == n) th_queue_close(loaders->batch->loaded);
}

/* One step of an I/O thread. */
static bool load_step(void *user)
{
    struct loaders *loaders = user;
    struct thumbs_batch *batch = loaders->batch;
    struct th_file *file = th_queue_pop(batch->paths);
    if (!file) {
        leave(loaders, 1);
        return false;
    }
    if (th_file_prepare(batch, file)) th_file_queue(batch, file);
    return true;
}

static enum thumbs_code start_loaders(struct loaders *loaders, struct thumbs_error *err)
{
    unsigned wanted = loaders->batch->options.io_jobs;
    atomic_init(&loaders->n, wanted + 1);
    enum thumbs_code code = th_pool_create(wanted, load_step, loaders, &loaders->pool, err);
    leave(loaders, 1 + wanted - (code == THUMBS_OK ? th_pool_threads(loaders->pool) : 0));
    return code;
}

static void drain(struct thumbs_batch *batch, struct th_queue *queue)
{
    struct th_file *file;
    while ((file = th_queue_drain(queue)))
        th_file_destroy(batch, file);
}

static void drop(void *user, struct th_item *item)
{
    th_file_destroy(user, (struct th_file *)item);
}

static enum thumbs_code cannot_start(struct thumbs_error *err, int os_errno)
{
    return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, os_errno, "cannot start a thread");
}

static void *uring_thread(void *arg)
{
    th_uring_feed(arg);
    return NULL;
}

/* With io_uring one thread walks and loads, ... */
static enum thumbs_code run_with_uring(struct thumbs_batch *batch, const struct th_work *work, struct thumbs_error *err)
{
    pthread_t feeder;
    int failed = th_thread_start(&feeder, uring_thread, batch);
    if (failed) return cannot_start(err, failed);
    enum thumbs_code code = th_work_run(work, err);
    if (code != THUMBS_OK) thumbs_batch_stop(batch);
    pthread_join(feeder, NULL);
    return code;
}

/* ... else a walker and a pool of I/O threads. */
static enum thumbs_code run_with_threads(struct thumbs_batch *batch, const struct th_work *work,
                                         struct thumbs_error *err)
{
    pthread_t walker;
    struct loaders loaders = {.batch = batch};
    int failed = th_thread_start(&walker, walk_thread, batch);
    if (failed) return cannot_start(err, failed);
    enum thumbs_code code = start_loaders(&loaders, err);
    if (code == THUMBS_OK) code = th_work_run(work, err);
    if (code != THUMBS_OK) thumbs_batch_stop(batch);
    th_pool_join(loaders.pool);
    pthread_join(walker, NULL);
    return code;
}

/* Everything but the workers runs in threads of its own; the workers in the caller's thread and its team. */
static enum thumbs_code run_pipeline(struct thumbs_batch *batch, const struct th_work *work, struct thumbs_error *err)
{
    enum thumbs_code code = batch->uring ? run_with_uring(batch, work, err) : run_with_threads(batch, work, err);
    drain(batch, batch->paths);
    drain(batch, batch->loaded);
    return code;
}

/* ---- counting ahead ---- */

/* The walk itself is held back by the queues and never much ahead of the workers; who wants to know how far a run is
 * needs a walk that runs free. Names only; best effort. */
static void *count_thread(void *arg)
{
    struct thumbs_batch *batch = arg;
    struct th_walk_options options = batch->walk_options;
    struct th_walk_entry entry = {0};
    struct th_walk *walk = NULL;
    uint64_t n = 0;
    struct th_walk_watch *watch = th_watch_walk(batch->watch, TH_WALK_COUNT_AHEAD);
    options.is_image = NULL;
    options.on_folder_user = watch;
    th_walk_watch_begin(watch);
    if (th_walk_create(&options, &walk, NULL) != THUMBS_OK) goto out;
    while (!atomic_load_explicit(&batch->finished, memory_order_relaxed) && th_walk_next(walk, &entry)) {
        th_walk_entry_finish(&entry);
        n++;
        th_walk_watch_begin(watch);
    }
    if (!atomic_load(&batch->finished)) atomic_store(&batch->expected, n);
    th_walk_destroy(walk);
out:
    th_walk_watch_end(watch);
    return NULL;
}

/* 0 means none; so however short a time is given, it is at least one. */
uint64_t th_pipeline_timeout_ns(const struct thumbs_batch *batch)
{
    double seconds = batch->options.timeout_seconds;
    uint64_t ns = (uint64_t)(seconds * 1e9);
    return seconds > 0 && ns == 0 ? 1 : ns;
}

static void note_sandbox(void *user, const char *how, bool whole)
{
    struct thumbs_batch *batch = user;
    pthread_mutex_lock(&batch->lock);
    snprintf(batch->sandbox, sizeof batch->sandbox, "%s", how);
    batch->sandbox_whole = whole;
    pthread_mutex_unlock(&batch->lock);
}

static enum thumbs_code run_mode(struct thumbs_batch *batch, struct thumbs_error *err)
{
    const struct thumbs_options *o = &batch->options;
    struct th_work work = {
        .mode = o->mode,
        .jobs = o->jobs,
        .image = &o->image,
        .timeout_ns = th_pipeline_timeout_ns(batch),
        .queue = batch->loaded,
        .n_buffers = batch->n_buffers,
        .file_bytes = batch->plan.file_bytes,
        .memory = &batch->decode_memory,
        .alone_bytes = batch->plan.alone_bytes,
        .worker_program = o->worker_program,
        .sandbox = o->sandbox,
        .no_work = o->no_work,
        .finish = th_file_finish,
        .drop = drop,
        .moved = th_file_moved,
        .tell_sandbox = note_sandbox,
        .user = batch,
    };
    if (o->mode == THUMBS_MODE_SYNC || o->dry_run) {
        run_sync(batch, &work);
        return THUMBS_OK;
    }
    return run_pipeline(batch, &work, err);
}

enum thumbs_code th_pipeline_run(struct thumbs_batch *batch, struct thumbs_error *err)
{
    pthread_t counter;
    th_work_prepare();
    /* A list cannot be read twice. */
    bool counting =
        batch->options.count_ahead && !batch->options.files_from && th_thread_start(&counter, count_thread, batch) == 0;
    enum thumbs_code code = run_mode(batch, err);
    atomic_store(&batch->finished, true);
    if (counting) pthread_join(counter, NULL);
    return code;
}

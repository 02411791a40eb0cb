#include "run/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/num.h"
#include "base/path.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "base/tasks.h"
#include "image/judge.h"
#include "run/fit.h"

enum { DEFAULT_IO_JOBS = 4, DEFAULT_URING_JOBS = 64, QUEUE_ITEMS_PER_JOB = 4 };

void thumbs_options_init(struct thumbs_options *options)
{
    /* All of it, padding too: parts of this are sent to workers as they lie in memory. */
    memset(options, 0, sizeof *options);
    options->struct_size = sizeof *options;
    options->image.n_sizes = 1;
    options->image.sizes[0] = (struct thumbs_size){.width = 256, .height = 256, .square = true};
    options->image.n_formats = 1;
    options->image.formats[0] = THUMBS_FORMAT_JPEG;
    options->image.fit = THUMBS_FIT_INSIDE;
    options->image.quality = 80;
    memset(options->image.background, 0xff, 3);
    options->image.on_damage = THUMBS_DAMAGE_WARN;
    options->image.max_pixels = UINT64_C(500000000);
    options->mode = THUMBS_MODE_PROCESSES;
    options->queue_bytes = UINT64_C(256) << 20;
    options->max_bytes = UINT64_C(1) << 30;
    options->timeout_seconds = 60;
}

/* ---- checks ---- */

static enum thumbs_code usage(struct thumbs_error *err, const char *message)
{
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s", message);
}

static enum thumbs_code check_options(const struct thumbs_options *o, struct thumbs_error *err)
{
    if (o->struct_size != sizeof *o) return usage(err, "options were made for another version of the library");
    if (o->jobs > THUMBS_MAX_JOBS || o->io_jobs > THUMBS_MAX_JOBS) return usage(err, "at most 1024 jobs are possible");
    if (o->queue_items > THUMBS_MAX_QUEUE) return usage(err, "at most 1000000 queue items are possible");
    if (o->sandbox != THUMBS_SANDBOX_ON && o->sandbox != THUMBS_SANDBOX_OFF && o->sandbox != THUMBS_SANDBOX_REQUIRE)
        return usage(err, "there is no such sandbox");
    if (o->sandbox == THUMBS_SANDBOX_REQUIRE && o->mode != THUMBS_MODE_PROCESSES)
        return usage(err, "only mode processes has a sandbox");
    if (o->queue_bytes < 1 || o->max_bytes < 1) return usage(err, "byte limits must be at least 1");
    if (!(o->timeout_seconds >= 0 && o->timeout_seconds <= 1e9)) return usage(err, "the timeout makes no sense");
    if (o->mode != THUMBS_MODE_PROCESSES && o->mode != THUMBS_MODE_THREADS && o->mode != THUMBS_MODE_SYNC)
        return usage(err, "there is no such mode");
    if (o->io != THUMBS_IO_THREADS && o->io != THUMBS_IO_URING) return usage(err, "there is no such io");
    return th_image_check_options(&o->image, err);
}

/* One clause more of what the caller may want to know. */
__attribute__((format(printf, 2, 3))) static void add_note(struct thumbs_batch *b, const char *format, ...)
{
    size_t len = strlen(b->note);
    va_list args;
    if (len) len += (size_t)snprintf(b->note + len, sizeof b->note - len, "; ");
    if (len >= sizeof b->note) return;
    va_start(args, format);
    vsnprintf(b->note + len, sizeof b->note - len, format, args);
    va_end(args);
}

/* A ring if one is asked for and of use. Where it cannot be had, I/O threads do the same work, and a note tells. */
static void open_ring(struct thumbs_batch *b)
{
    struct thumbs_options *o = &b->options;
    struct thumbs_error why = {0};
    if (o->io != THUMBS_IO_URING || o->mode == THUMBS_MODE_SYNC || o->dry_run) return;
    /* The one thread of the ring must not wait for names while files are under way. */
    bool may_wait = o->files_from && th_walk_list_may_wait(o->files_from);
    if (may_wait) th_error_set(&why, THUMBS_USAGE, THUMBS_STAGE_LOAD, "the list of files may have to be waited for");
    if (!may_wait && th_uring_create(o->io_jobs ? o->io_jobs : DEFAULT_URING_JOBS, &b->uring, &why) == THUMBS_OK)
        return;
    o->io = THUMBS_IO_THREADS;
    add_note(b, "files are read by I/O threads: %.100s", why.message);
}

static void resolve_defaults(struct thumbs_options *o)
{
    if (o->jobs == 0) o->jobs = thumbs_cpus_usable();
    if (o->io_jobs == 0) o->io_jobs = o->io == THUMBS_IO_URING ? DEFAULT_URING_JOBS : DEFAULT_IO_JOBS;
}

static enum thumbs_code plan_memory(struct thumbs_batch *b, struct thumbs_error *err)
{
    struct thumbs_options *o = &b->options;
    enum thumbs_code code = th_plan_memory(o, &b->plan, err);
    if (code != THUMBS_OK) return code;
    if (b->plan.jobs < o->jobs && o->mode != THUMBS_MODE_SYNC)
        add_note(b, "%u jobs instead of %u, since there are %llu MB of memory", b->plan.jobs, o->jobs,
                 (unsigned long long)(b->plan.memory_bytes >> 20));
    if (o->mode != THUMBS_MODE_SYNC) o->jobs = b->plan.jobs;
    o->queue_bytes = b->plan.queue_bytes;
    if (o->queue_items == 0) o->queue_items = QUEUE_ITEMS_PER_JOB * o->jobs;
    th_budget_init(&b->decode_memory, b->plan.decode_bytes);
    return THUMBS_OK;
}

static bool source_lies_within(const char *source, const struct stat *folder)
{
    size_t len;
    int fd = th_path_open(AT_FDCWD, source, strlen(source), O_PATH | O_DIRECTORY);
    bool is_file = fd < 0 && errno == ENOTDIR;
    if (is_file) fd = th_path_open_parent(source, th_path_last_part(source, &len));
    bool within = fd >= 0 && th_path_folder_lies_within(fd, folder->st_dev, folder->st_ino);
    if (fd >= 0) close(fd);
    /* The file may be a link to one elsewhere. */
    return within || (is_file && th_path_file_lies_within(AT_FDCWD, source, folder->st_dev, folder->st_ino));
}

/* A thumbnail must never take the place of a source. That could happen where a SOURCE lies in DEST or is DEST, so
 * that is refused. (DEST may lie in a SOURCE; it is not walked.) */
static enum thumbs_code check_overlap(const char *const *sources, size_t n_sources, const char *dest,
                                      struct thumbs_error *err)
{
    struct stat st;
    int dest_fd = th_path_open(AT_FDCWD, dest, strlen(dest), O_PATH | O_DIRECTORY);
    bool is_there = dest_fd >= 0 && fstat(dest_fd, &st) == 0;
    if (dest_fd >= 0) close(dest_fd);
    if (!is_there) return THUMBS_OK; /* nothing can lie in it */
    for (size_t i = 0; i < n_sources; i++) {
        if (source_lies_within(sources[i], &st))
            return th_error_set(
                err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s lies in DEST %s: thumbnails could replace sources",
                th_shorten_to(sources[i], strlen(sources[i]), 80).text, th_shorten_to(dest, strlen(dest), 60).text);
    }
    return THUMBS_OK;
}

/* ---- what the walk asks ---- */

static enum thumbs_code judge(const char *name, const uint8_t *data, size_t len, struct thumbs_error *err)
{
    return th_image_judge(name, data, len, THUMBS_STAGE_LOAD, err);
}

static bool is_image(void *user, int dirfd, const char *name, bool follow)
{
    (void)user;
    uint8_t first[TH_SNIFF_LEN];
    int fd = th_openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW), 0);
    if (fd < 0) return false;
    ssize_t n = th_read_full(fd, first, sizeof first);
    close(fd);
    return n > 0 && judge(name, first, (size_t)n, NULL) != THUMBS_NOT_IMAGE;
}

static bool is_stopped(void *user)
{
    const struct thumbs_batch *batch = user;
    return atomic_load_explicit(&batch->stopped, memory_order_relaxed);
}

static unsigned output_class(void *user, const char *name, bool *known_image)
{
    const struct thumbs_batch *batch = user;
    const struct thumbs_image_options *image = &batch->options.image;
    enum thumbs_format format = th_file_format_by_name(name);
    *known_image = th_file_promises_image(name);
    if (image->n_formats != 1 || image->formats[0] != THUMBS_FORMAT_KEEP) return 0;
    return (unsigned)th_image_output_format(THUMBS_FORMAT_KEEP, format, false);
}

/* ---- fingerprint ---- */

/* Of all that matters to the bytes and names of outputs. Written out field by field: padding must not count. */
static bool fingerprint(const struct thumbs_options *o, uint64_t *out)
{
    struct th_bytes b = {0};
    const struct thumbs_image_options *i = &o->image;
    th_bytes_addf(&b, "thumbs %d.%d\n%s\n", THUMBS_VERSION_MAJOR, THUMBS_VERSION_MINOR,
                  o->name_template ? o->name_template : "");
    for (uint32_t k = 0; k < i->n_sizes; k++)
        th_bytes_addf(&b, "size %ux%u%s\n", i->sizes[k].width, i->sizes[k].height, i->sizes[k].square ? "s" : "");
    for (uint32_t k = 0; k < i->n_formats; k++)
        th_bytes_addf(&b, "format %u\n", i->formats[k]);
    th_bytes_addf(&b, "fit %u enlarge %u fast %u quality %u background %u.%u.%u strict %d\n", i->fit, i->enlarge,
                  i->fast, i->quality, i->background[0], i->background[1], i->background[2],
                  i->on_damage == THUMBS_DAMAGE_FAIL);
    bool ok = !th_bytes_failed(&b);
    if (ok) *out = th_hash64(b.data, b.len, 0);
    th_bytes_finish(&b);
    return ok;
}

/* ---- create, run, destroy ---- */

/* Where few open files are allowed, fewer files are on their way, and if that is not enough there are fewer jobs:
 * slower, but none is lost. */
static enum thumbs_code fit_into_descriptors(struct thumbs_batch *b, struct th_room *room, struct thumbs_error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return THUMBS_OK;
    unsigned jobs = room->jobs;
    if (!th_fit_into_descriptors(&b->options, limit.rlim_cur, room))
        return th_error_set(
            err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "only %llu open files are allowed (ulimit -n), one job needs %llu",
            (unsigned long long)limit.rlim_cur, (unsigned long long)th_fit_descriptors(&b->options, room));
    if (room->jobs < jobs)
        add_note(b, "%u job%s instead of %u, since %llu open files are allowed", room->jobs, room->jobs > 1 ? "s" : "",
                 jobs, (unsigned long long)limit.rlim_cur);
    return THUMBS_OK;
}

/* Where threads and processes are limited (in a container, by ulimit -u), there are fewer of them. */
static void fit_into_tasks(struct thumbs_batch *b)
{
    struct thumbs_options *o = &b->options;
    unsigned jobs = o->jobs, wanted = (unsigned)th_fit_tasks(o) + 1;
    if (o->dry_run || o->mode == THUMBS_MODE_SYNC || !th_tasks_are_scarce(wanted)) return;
    unsigned most = th_tasks_startable(wanted);
    if (most == wanted) return;
    o->count_ahead = false; /* it has a thread of its own, for the percentage */
    th_fit_into_tasks(o, most);
    if (o->jobs < jobs)
        add_note(b, "%u job%s instead of %u, since only %u more threads and processes are allowed", o->jobs,
                 o->jobs > 1 ? "s" : "", jobs, most);
}

static enum thumbs_code make_queues(struct thumbs_batch *b, struct thumbs_error *err)
{
    struct thumbs_options *o = &b->options;
    bool shared = o->mode == THUMBS_MODE_PROCESSES;
    struct th_room room = th_fit_wanted(o, b->uring != NULL);
    enum thumbs_code code = fit_into_descriptors(b, &room, err);
    if (code != THUMBS_OK) return code;
    if (o->mode != THUMBS_MODE_SYNC) o->jobs = room.jobs;
    o->io_jobs = room.io_jobs;
    o->queue_items = (unsigned)room.n_loaded;
    b->n_paths = (size_t)room.n_paths;
    b->paths = th_queue_create((size_t)room.n_paths);
    b->loaded = th_queue_create((size_t)room.n_loaded);
    if (!b->paths || !b->loaded) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for the queues");
    b->n_buffers = (unsigned)room.n_buffers;
    return th_buffers_create(b->n_buffers, o->queue_bytes, shared, &b->buffers, err);
}

static bool is_folder(const char *path)
{
    int fd = th_path_open(AT_FDCWD, path, strlen(path), O_PATH | O_DIRECTORY);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static bool is_dest_of_a_run(const char *path)
{
    struct stat st;
    int fd = th_path_open(AT_FDCWD, path, strlen(path), O_PATH | O_DIRECTORY);
    bool is = fd >= 0 && fstatat(fd, TH_STATE_DIR, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
    if (fd >= 0) close(fd);
    return is;
}

/* Where trees lie below DEST depends on how many SOURCEs there are; files alone lie straight under it in any case. */
static enum th_layout layout_of(const char *const *sources, size_t n_sources)
{
    for (size_t i = 0; i < n_sources; i++) {
        if (is_folder(sources[i])) return n_sources > 1 ? TH_LAYOUT_SEVERAL : TH_LAYOUT_ONE;
    }
    return TH_LAYOUT_ANY;
}

/* What is as it was asked for, but may be a surprise. */
static void note_surprises(struct thumbs_batch *b, const char *const *sources, size_t n_sources)
{
    switch (th_dest_other_layout(b->dest)) {
    case TH_LAYOUT_ONE:
        add_note(b,
                 "the last run into DEST had one SOURCE, whose tree lies straight under it; of several each lies under "
                 "its own name, and what was made before stays where it is");
        break;
    case TH_LAYOUT_SEVERAL:
        add_note(b,
                 "the last run into DEST had several SOURCEs, each under its own name; the tree of one lies straight "
                 "under DEST, and what was made before stays where it is");
        break;
    case TH_LAYOUT_ANY:
        break;
    }
    for (size_t i = 0; i < n_sources; i++) {
        if (!is_dest_of_a_run(sources[i])) continue;
        add_note(
            b, "SOURCE %.80s holds " TH_STATE_DIR ", so it is the DEST of another run; it is walked since it was named",
            sources[i]);
        break;
    }
}

static enum thumbs_code open_ends(struct thumbs_batch *b, const char *const *sources, size_t n_sources,
                                  const char *dest, struct thumbs_error *err)
{
    b->walk_options = (struct th_walk_options){.sources = sources,
                                               .n_sources = n_sources,
                                               .globs = b->options.globs,
                                               .n_globs = b->options.n_globs,
                                               .hidden = b->options.hidden,
                                               .follow = b->options.follow,
                                               .one_file_system = b->options.one_file_system,
                                               .list = b->options.files_from,
                                               .list_null = b->options.files_from_null,
                                               .stopped = is_stopped,
                                               .is_image = is_image,
                                               .output_class = output_class,
                                               .on_folder = th_walk_watch_folder,
                                               .on_folder_user = th_watch_walk(b->watch, TH_WALK_SOURCES),
                                               .user = b};
    enum thumbs_code code = th_walk_create(&b->walk_options, &b->walk, err);
    if (code == THUMBS_OK) code = check_overlap(sources, n_sources, dest, err);
    if (code != THUMBS_OK) return code;
    struct th_dest_options options = {.path = dest,
                                      .overwrite = b->options.overwrite,
                                      .dry_run = b->options.dry_run,
                                      .layout = layout_of(sources, n_sources),
                                      .fingerprint = b->fingerprint};
    code = th_dest_create(&options, &b->dest, err);
    if (code == THUMBS_OK) note_surprises(b, sources, n_sources);
    uint64_t dev, ino;
    if (code == THUMBS_OK && th_dest_identity(b->dest, &dev, &ino)) {
        b->walk_options.skip_dev = (dev_t)dev;
        b->walk_options.skip_ino = (ino_t)ino;
    }
    return code;
}

enum thumbs_code thumbs_batch_create(const struct thumbs_options *options, const char *const *sources, size_t n_sources,
                                     const char *dest, struct thumbs_batch **out, struct thumbs_error *err)
{
    enum thumbs_code code = check_options(options, err);
    if (code != THUMBS_OK) return code;
    if (n_sources < 1) return usage(err, "there is no source");
    struct thumbs_batch *b = th_calloc(1, sizeof *b);
    if (!b) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a run");
    memcpy(&b->options, options, sizeof b->options);
    open_ring(b);
    resolve_defaults(&b->options);
    fit_into_tasks(b);
    pthread_mutex_init(&b->lock, NULL);
    b->counters = th_counters_create();
    b->watch = th_watch_create();
    if (!b->counters || !b->watch || !fingerprint(&b->options, &b->fingerprint)) {
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a run");
        goto fail;
    }
    code = th_template_create(options->name_template, &options->image, &b->name_template, err);
    if (code == THUMBS_OK) code = plan_memory(b, err);
    if (code == THUMBS_OK) code = make_queues(b, err);
    if (code == THUMBS_OK) code = open_ends(b, sources, n_sources, dest, err);
    if (code != THUMBS_OK) goto fail;
    b->loader = (struct th_loader){.buffers = options->dry_run ? NULL : b->buffers,
                                   .max_bytes = options->max_bytes,
                                   .memory_bytes = b->plan.file_bytes < options->max_bytes ? b->plan.file_bytes : 0,
                                   .follow = options->follow,
                                   .latency_ms = options->io_latency_ms,
                                   .judge = options->no_work ? NULL : judge};
    *out = b;
    return THUMBS_OK;
fail:
    thumbs_batch_destroy(b);
    return code;
}

enum thumbs_code thumbs_batch_run(struct thumbs_batch *b, thumbs_event_fn *on_event, void *user,
                                  struct thumbs_error *err)
{
    b->on_event = on_event;
    b->user = user;
    atomic_store(&b->started_ns, th_now_ns());
    enum thumbs_code code = th_clashes_find(b, err);
    if (code == THUMBS_OK) code = th_pipeline_run(b, err);
    atomic_store(&b->ended_ns, th_now_ns());
    if (code != THUMBS_OK) return code;
    if (b->fatal.code != THUMBS_OK) { /* all threads are done: no lock */
        if (err) *err = b->fatal;
        return b->fatal.code;
    }
    if (atomic_load(&b->stopped))
        return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_NONE, "stopped before everything was done");
    return THUMBS_OK;
}

void thumbs_batch_stop(struct thumbs_batch *b)
{
    atomic_store(&b->stopped, true);
    th_queue_cancel(b->paths);
    th_queue_cancel(b->loaded);
    th_buffers_cancel(b->buffers);
    th_budget_cancel(&b->decode_memory);
}

void th_batch_set_fatal(struct thumbs_batch *b, const struct thumbs_error *error)
{
    pthread_mutex_lock(&b->lock);
    if (b->fatal.code == THUMBS_OK) b->fatal = *error;
    pthread_mutex_unlock(&b->lock);
    thumbs_batch_stop(b);
}

void thumbs_batch_totals(struct thumbs_batch *b, struct thumbs_totals *out)
{
    th_counters_read(b->counters, out);
    out->expected = out->walk_done ? out->found : atomic_load(&b->expected);
    uint64_t started_ns = atomic_load(&b->started_ns), ended_ns = atomic_load(&b->ended_ns);
    out->seconds = started_ns ? (double)((ended_ns ? ended_ns : th_now_ns()) - started_ns) / 1e9 : 0;
}

size_t thumbs_batch_waiting(struct thumbs_batch *b, size_t most, thumbs_waiting_fn *on_waiting, void *user)
{
    return th_watch_read(b->watch, most, on_waiting, user);
}

void thumbs_batch_levels(struct thumbs_batch *b, struct thumbs_levels *out)
{
    const struct thumbs_options *o = &b->options;
    uint64_t started_ns = atomic_load(&b->started_ns), moved_ns = th_watch_moved_ns(b->watch), now = th_now_ns();
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
    return b->note[0] ? b->note : NULL;
}

void thumbs_batch_remarks(const struct thumbs_batch *b, thumbs_remark_fn *on_remark, void *user)
{
    th_walk_remarks(b->walk, on_remark, user);
}

const char *thumbs_batch_sandbox(const struct thumbs_batch *b, bool *whole)
{
    if (whole) *whole = b->sandbox_whole;
    return b->sandbox[0] ? b->sandbox : NULL;
}

void thumbs_batch_destroy(struct thumbs_batch *b)
{
    if (!b) return;
    th_uring_destroy(b->uring);
    th_walk_destroy(b->walk);
    th_dest_destroy(b->dest);
    th_template_destroy(b->name_template);
    th_buffers_destroy(b->buffers);
    th_queue_destroy(b->paths);
    th_queue_destroy(b->loaded);
    th_counters_destroy(b->counters);
    th_watch_destroy(b->watch);
    th_claims_destroy(b->claims);
    free(b->clashes);
    if (b->decode_memory.limit) th_budget_finish(&b->decode_memory);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

int thumbs_worker_main(void)
{
    return th_work_serve();
}

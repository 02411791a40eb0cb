/* SPDX-License-Identifier: MIT */
#include "run/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/path.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "image/judge.h"
#include "naming/outputs.h"
#include "naming/promise.h"
#include "naming/safe_path.h"
#include "run/batch_options.h"
#include "run/found.h"
#include "run/stop.h"

/* ---- how much at a time ---- */

/* A ring if one is asked for and of use. Where it cannot be had, I/O threads do the same work, and
 * a note tells. */
static void open_ring(struct thumbs_batch *b)
{
    struct thumbs_options *o = &b->options;
    struct thumbs_error why = {0};
    if (o->io != THUMBS_IO_URING || o->mode == THUMBS_MODE_SYNC || o->dry_run) return;
    /* The one thread of the ring must not wait for names while files are under way. */
    bool may_wait = o->files_from && th_walk_list_may_wait(o->files_from);
    if (may_wait)
        th_error_set(&why, THUMBS_USAGE, THUMBS_STAGE_LOAD,
                     "the list of files may have to be waited for");
    if (!may_wait && th_uring_create(o->io_jobs ? o->io_jobs : TH_DEFAULT_URING_JOBS, &b->uring,
                                     &why) == THUMBS_OK)
        return;
    o->io = THUMBS_IO_THREADS;
    th_notes_add(&b->notes, "files are read by I/O threads: %.100s", why.message);
}

static enum thumbs_code make_queues(struct thumbs_batch *b, struct thumbs_error *err)
{
    struct thumbs_options *o = &b->options;
    struct th_room room;
    enum thumbs_code code = th_plan_room(o, b->uring != NULL, &room, &b->notes, err);
    if (code != THUMBS_OK) return code;
    b->n_paths = (size_t)room.n_paths;
    b->paths = th_queue_create((size_t)room.n_paths);
    b->loaded = th_queue_create((size_t)room.n_loaded);
    if (!b->paths || !b->loaded)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for the queues");
    b->n_buffers = (unsigned)room.n_buffers;
    code = th_buffers_create(b->n_buffers, o->queue_bytes, o->mode == THUMBS_MODE_PROCESSES,
                             &b->buffers, err);
    if (code == THUMBS_OK) th_buffers_spare_memory(b->buffers, th_fit_eager(&room));
    return code;
}

static enum thumbs_code share_memory(struct thumbs_batch *b, struct thumbs_error *err)
{
    enum thumbs_code code = th_plan_share_memory(&b->options, &b->plan, &b->notes, err);
    if (code == THUMBS_OK) th_budget_init(&b->decode_memory, b->plan.decode_bytes);
    return code;
}

/* ---- DEST and SOURCE ---- */

static bool source_lies_within(const char *source, const struct stat *folder)
{
    size_t len;
    int fd = th_path_open(AT_FDCWD, source, strlen(source), O_PATH | O_DIRECTORY);
    bool is_file = fd < 0 && errno == ENOTDIR;
    if (is_file) fd = th_path_open_parent(source, th_path_last_part(source, &len));
    bool within = fd >= 0 && th_path_folder_lies_within(fd, folder->st_dev, folder->st_ino);
    if (fd >= 0) close(fd);
    /* The file may be a link to one elsewhere. */
    return within ||
           (is_file && th_path_file_lies_within(AT_FDCWD, source, folder->st_dev, folder->st_ino));
}

/* A thumbnail must never take the place of a source. That could happen where a SOURCE lies in DEST
 * or is DEST, so that is refused. (DEST may lie in a SOURCE; it is not walked.) */
static enum thumbs_code check_overlap(const char *const *sources, size_t n_sources,
                                      const char *dest, struct thumbs_error *err)
{
    struct stat st;
    int dest_fd = th_path_open(AT_FDCWD, dest, strlen(dest), O_PATH);
    bool is_there = dest_fd >= 0 && fstat(dest_fd, &st) == 0;
    if (dest_fd >= 0) close(dest_fd);
    if (!is_there) return THUMBS_OK; /* nothing can lie in it */
    if (!S_ISDIR(st.st_mode))
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                            "DEST %s is not a folder: the last name must be the folder for the "
                            "thumbnails",
                            th_shorten_to(dest, strlen(dest), 80).text);
    for (size_t i = 0; i < n_sources; i++) {
        if (source_lies_within(sources[i], &st))
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                                "%s lies in DEST %s: thumbnails could replace sources",
                                th_shorten_to(sources[i], strlen(sources[i]), 80).text,
                                th_shorten_to(dest, strlen(dest), 60).text);
    }
    return THUMBS_OK;
}

static bool is_folder(const char *path)
{
    int fd = th_path_open(AT_FDCWD, path, strlen(path), O_PATH | O_DIRECTORY);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

/* What is to be removed is what no SOURCE has: of a file that says nothing. */
static enum thumbs_code check_deletes(const struct thumbs_options *options,
                                      const char *const *sources, size_t n_sources,
                                      struct thumbs_error *err)
{
    for (size_t i = 0; i < n_sources && options->deletes; i++) {
        if (!is_folder(sources[i]))
            return th_batch_options_usage(err, "with --delete each SOURCE must be a folder");
    }
    return THUMBS_OK;
}

static bool is_dest_of_a_run(const char *path)
{
    struct stat st;
    int fd = th_path_open(AT_FDCWD, path, strlen(path), O_PATH | O_DIRECTORY);
    bool is =
        fd >= 0 && fstatat(fd, TH_STATE_DIR, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
    if (fd >= 0) close(fd);
    return is;
}

/* Where trees lie below DEST depends on how many SOURCEs there are; files alone lie straight under
 * it in any case. */
static enum th_layout layout_of(const char *const *sources, size_t n_sources)
{
    for (size_t i = 0; i < n_sources; i++) {
        if (is_folder(sources[i])) return n_sources > 1 ? TH_LAYOUT_SEVERAL : TH_LAYOUT_ONE;
    }
    return TH_LAYOUT_ANY;
}

#define ONE_LAYOUT                                                                                 \
    "a glob may match one folder today and two tomorrow; to avoid that, give the folder above "    \
    "them as SOURCE"

/* What is as it was asked for, but may not be what was meant. */
static void note_layout(struct thumbs_batch *b, const char *const *sources, size_t n_sources)
{
    switch (th_dest_other_layout(b->dest)) {
    case TH_LAYOUT_ONE:
        th_notes_add(&b->notes, "the last run into DEST had one SOURCE, whose tree lies straight "
                                "under it; several go under a folder each, and older thumbnails "
                                "stay where they are (" ONE_LAYOUT ")");
        break;
    case TH_LAYOUT_SEVERAL:
        th_notes_add(&b->notes, "the last run into DEST had several SOURCEs, under a folder each; "
                                "the tree of one goes straight under DEST, and older thumbnails "
                                "stay where they are (" ONE_LAYOUT ")");
        break;
    case TH_LAYOUT_ANY:
        break;
    }
    for (size_t i = 0; i < n_sources; i++) {
        if (!is_dest_of_a_run(sources[i])) continue;
        th_notes_add(&b->notes,
                     "SOURCE %.80s holds " TH_STATE_DIR
                     ", so it is the DEST of another run; it is walked because you named it",
                     sources[i]);
        break;
    }
}

static void note_locks(struct thumbs_batch *b)
{
    if (th_dest_is_unlocked(b->dest))
        th_notes_add(&b->notes, "DEST lies where files cannot be locked, so nothing keeps another "
                                "run from working on it at the same time");
}

/* Where names have to be compared, or claimed, a part of SOURCE is not enough. */
static void note_whole(struct thumbs_batch *b)
{
    const enum th_apart apart = th_outputs_apart(&b->naming);
    if (apart != TH_APART_BY_NAME && apart != TH_APART_BY_CONTENT) b->walk_options.changes = NULL;
}

/* ---- what the walk asks ---- */

static enum thumbs_code judge(void *user, const char *name, const uint8_t *data, size_t len,
                              struct thumbs_error *err)
{
    const struct thumbs_batch *batch = user;
    (void)name;
    return th_image_judge(&batch->options.image, data, len, THUMBS_STAGE_LOAD, err);
}

static bool is_image(void *user, int dirfd, const char *name, bool follow)
{
    uint8_t first[TH_SNIFF_LEN];
    size_t n = th_found_peek_at(dirfd, name, follow, first, sizeof first);
    return n > 0 && judge(user, name, first, n, NULL) != THUMBS_NOT_IMAGE;
}

static bool is_stopped(void *user)
{
    return th_stop_asked(user);
}

static unsigned output_class(void *user, const char *name, bool *known_image)
{
    const struct thumbs_batch *batch = user;
    *known_image = th_promise_is_image(&batch->options.image, name);
    return th_promise_class(&batch->options.image, name);
}

/* Shards of one job have the same options and are of as many. */
static struct th_turn_job job_of(const struct thumbs_batch *b)
{
    const struct thumbs_options *o = &b->options;
    const uint64_t id = th_hash64(&o->n_shards, sizeof o->n_shards, b->fingerprint);
    return (struct th_turn_job){.id = id | 1, .shard = o->shard, .n_shards = o->n_shards};
}

static enum thumbs_code open_ends(struct thumbs_batch *b, const char *const *sources,
                                  size_t n_sources, const char *dest, struct thumbs_error *err)
{
    b->walk_options =
        (struct th_walk_options){.sources = sources,
                                 .n_sources = n_sources,
                                 .globs = b->options.globs,
                                 .n_globs = b->options.n_globs,
                                 .hidden = b->options.hidden,
                                 .take_litter = b->options.take_litter,
                                 .follow = b->options.follow,
                                 .one_file_system = b->options.one_file_system,
                                 .whole_names = b->options.names == THUMBS_NAMES_FULL,
                                 .list = b->options.files_from,
                                 .list_null = b->options.files_from_null,
                                 .changes = b->options.changes,
                                 .stopped = is_stopped,
                                 .is_image = is_image,
                                 .output_class = output_class,
                                 .on_folder = th_walk_flight_folder,
                                 .on_folder_user = th_inflight_walk(b->inflight, TH_WALK_SOURCES),
                                 .user = b};
    enum thumbs_code code = th_walk_create(&b->walk_options, &b->walk, err);
    if (code == THUMBS_OK) code = check_deletes(&b->options, sources, n_sources, err);
    if (code == THUMBS_OK) code = check_overlap(sources, n_sources, dest, err);
    if (code != THUMBS_OK) return code;
    struct th_dest_options options = {.path = dest,
                                      .overwrite = b->options.overwrite,
                                      .output_mode = b->options.output_mode,
                                      .dry_run = b->options.dry_run,
                                      .layout = layout_of(sources, n_sources),
                                      .fingerprint = b->fingerprint,
                                      .job = job_of(b),
                                      .wait = b->options.wait};
    code = th_dest_create(&options, &b->dest, err);
    if (code == THUMBS_OK) note_layout(b, sources, n_sources);
    if (code == THUMBS_OK) b->naming.fold = th_dest_folding(b->dest);
    if (code == THUMBS_OK) note_locks(b);
    note_whole(b);
    const struct thumbs_changes *changes = b->walk_options.changes;
    const bool serves = !b->options.force && !b->options.dry_run && !b->options.no_work &&
                        (!changes || changes->gone);
    if (code == THUMBS_OK && serves && !(b->twins = th_twins_create(b->dest)))
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a run");
    uint64_t dev, ino;
    if (code == THUMBS_OK && th_dest_identity(b->dest, &dev, &ino)) {
        b->walk_options.skip_dev = (dev_t)dev;
        b->walk_options.skip_ino = (ino_t)ino;
    }
    return code;
}

static struct th_loader loader_of(const struct thumbs_batch *b)
{
    const struct thumbs_options *o = &b->options;
    return (struct th_loader){.buffers = o->dry_run ? NULL : b->buffers,
                              .max_bytes = o->max_bytes,
                              .memory_bytes =
                                  b->plan.file_bytes < o->max_bytes ? b->plan.file_bytes : 0,
                              .follow = o->follow,
                              .latency_ms = o->io_latency_ms,
                              .judge = o->no_work ? NULL : judge,
                              .judge_user = (void *)b};
}

static enum thumbs_code make_naming(struct thumbs_batch *b, struct thumbs_error *err)
{
    const struct thumbs_options *o = &b->options;
    b->naming.image = &o->image;
    b->naming.look = th_found_look;
    b->naming.peek = th_found_peek;
    enum thumbs_code code = th_template_create(o->name_template, &o->image, &b->name_template, err);
    b->naming.template = b->name_template;
    if (code == THUMBS_OK && o->n_shards > 1 && th_outputs_apart(&b->naming) == TH_APART_IF_CLAIMED)
        code = th_batch_options_usage(
            err, "a shard needs a --name with {dir} and {stem}, or with {hash}: it does not see "
                 "the pictures of other shards");
    return code;
}

enum thumbs_code th_setup(struct thumbs_batch *b, const char *const *sources, size_t n_sources,
                          const char *dest, struct thumbs_error *err)
{
    /* The ring comes first, since it changes what the defaults are; then threads and processes,
     * since memory is shared out among the jobs that are left. */
    open_ring(b);
    th_batch_options_resolve(&b->options);
    th_plan_tasks(&b->options, &b->notes);
    b->counters = th_counters_create();
    b->inflight = th_inflight_create();
    if (!b->counters || !b->inflight ||
        !th_batch_options_fingerprint(&b->options, &b->fingerprint) ||
        !th_batch_options_recipe(&b->options, &b->naming.recipe))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a run");
    enum thumbs_code code = make_naming(b, err);
    if (code == THUMBS_OK) code = share_memory(b, err);
    if (code == THUMBS_OK) code = make_queues(b, err);
    if (code == THUMBS_OK) code = open_ends(b, sources, n_sources, dest, err);
    if (code == THUMBS_OK) b->loader = loader_of(b);
    return code;
}

void th_setup_undo(struct thumbs_batch *b)
{
    th_uring_destroy(b->uring);
    th_walk_destroy(b->walk);
    th_twins_destroy(b->twins);
    th_dest_destroy(b->dest);
    th_template_destroy(b->name_template);
    th_buffers_destroy(b->buffers);
    th_queue_destroy(b->paths);
    th_queue_destroy(b->loaded);
    th_counters_destroy(b->counters);
    th_inflight_destroy(b->inflight);
    th_claims_destroy(b->claims);
    th_clashes_finish(&b->clashes);
    if (b->decode_memory.limit) th_budget_finish(&b->decode_memory);
}

/*
 * batch.h - one run: connects the rooms. The only place where stages meet.
 *
 *   walk -> paths -> load -> loaded -> work -> commit -> report
 *
 * batch.c checks options and owns everything, pipeline.c runs the threads, uring_feed.c is walk and load in one thread,
 * file.c holds what is done to one file before and after work.
 */
#ifndef TH_RUN_BATCH_H
#define TH_RUN_BATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "buffers/buffers.h"
#include "commit/commit.h"
#include "load/load.h"
#include "load/uring.h"
#include "queue/queue.h"
#include "report/report.h"
#include "run/plan.h"
#include "run/inflight.h"
#include "thumbs/thumbs.h"
#include "walk/walk.h"
#include "work/work.h"

/* A source on its way. Owned by exactly one stage: passes on at a successful push, ends in th_file_destroy(). */
struct th_file {
    struct th_item item; /* first: executors know only this part. buffer is NULL until loaded. */
    struct th_walk_entry entry;
    struct stat st; /* as it was when read */
    uint64_t load_ns;
    uint64_t queued_ns; /* when it was pushed to `loaded` */
    struct th_flight flight;
};

struct thumbs_batch {
    struct thumbs_options options; /* defaults resolved */
    struct th_plan plan;
    struct th_budget decode_memory; /* what decoding may take, all workers together */
    uint64_t fingerprint;
    struct th_walk_options walk_options;
    struct th_walk *walk;
    struct th_template *name_template;
    struct th_dest *dest;
    struct th_buffers *buffers;
    unsigned n_buffers;
    struct th_loader loader;
    struct th_uring *uring; /* NULL: files are read by I/O threads, or in the one thread of mode sync */
    char note[640];         /* what the caller may want to know about how the run goes; "" if nothing */
    struct th_queue *paths; /* th_file without bytes, n_paths of them at most */
    size_t n_paths;
    struct th_queue *loaded; /* th_file with bytes */
    struct th_counters *counters;
    struct th_watch *watch; /* where the files in flight are */
    uint64_t *
        clashes; /* sorted hashes of output names that more than one source wants; only where the template allows any */
    size_t n_clashes;
    struct th_claims *claims; /* NULL where the walk can foresee every clash */

    thumbs_event_fn *on_event;
    void *user;
    _Atomic uint64_t started_ns;
    _Atomic uint64_t ended_ns;
    _Atomic uint64_t expected;
    atomic_bool stopped, finished;
    pthread_mutex_t lock;
    char sandbox[300]; /* guarded by lock: how workers are locked up; "" if not known */
    bool sandbox_whole;
    struct thumbs_error fatal; /* guarded by lock: the first reason why the run cannot go on */
};

/* ---- file.c ---- */

/* A file in flight for a walk entry, which it takes over (*entry is zeroed); NULL: no memory, the entry stays. */
struct th_file *th_file_create(struct thumbs_batch *batch, struct th_walk_entry *entry);
/* Gives a buffer back to the batch. NULL is fine. */
void th_file_destroy(struct thumbs_batch *batch, struct th_file *file);

/* Everything before work: is it up to date, can it be read, is it an image? True:
 * file->item.buffer holds it. False: its fate was reported (or the run was stopped) and the file is
 * destroyed. Any thread. */
bool th_file_prepare(struct thumbs_batch *batch, struct th_file *file);

/* The parts of th_file_prepare(), for a loader that does many files at the same time. Each tells the file's fate and
 * destroys it where it is known: begin (false) by its name, is_settled (true) by its state, end_load (false) by how
 * its load ended: a code other than OK, with its error. What begin and end_load let pass, and is_settled does not
 * settle, goes on. */
bool th_file_begin(struct thumbs_batch *batch, struct th_file *file);
bool th_file_is_settled(struct thumbs_batch *batch, struct th_file *file, const struct stat *st);
bool th_file_end_load(struct thumbs_batch *batch, struct th_file *file, enum thumbs_code code,
                      struct thumbs_error *error);

/* Everything after work: commit, report, destroy. For th_work.finish; user is the batch. */
void th_file_finish(void *user, struct th_item *item, const struct th_outcome *outcome);

/* For th_uring_calls.at; user is the batch. */
void th_file_loading(void *user, void *file, enum th_load_at at);

/* For th_work.moved; user is the batch. */
void th_file_moved(void *user, struct th_item *item, enum th_item_state state, unsigned worker, int pid);

/* Append the path of a source as reports have it, "." for SOURCE itself. */
void th_file_add_path(struct th_bytes *b, const struct th_walk_entry *entry);

/* Report an entry of the walk that is no file. */
void th_file_report_entry(struct thumbs_batch *batch, const struct th_walk_entry *entry);

/* Report a file that failed before it could be worked on, and destroy nothing. */
void th_file_report_failure(struct thumbs_batch *batch, const struct th_walk_entry *entry,
                            const struct thumbs_error *error);

/* Hand a prepared file to the workers, waiting while their queue is full; destroys it if the run was stopped. */
void th_file_queue(struct thumbs_batch *batch, struct th_file *file);

/* The format that the ending of a name promises; NONE if it is no image's. */
enum thumbs_format th_file_format_by_name(const char *name);
/* Does the ending promise a picture that this program is for (see image/judge.h)? */
bool th_file_promises_image(const char *name);

/* Hash of the name of output i (size i / n_formats, format i % n_formats) that a source leads to, as far as its name
 * tells. False: no memory. */
bool th_file_output_hash(const struct thumbs_batch *batch, const struct th_walk_entry *entry, uint32_t i,
                         uint64_t *out);

/* Do names of outputs depend on what is inside a picture? */
bool th_file_names_need_content(const struct thumbs_batch *batch);

/* ---- pipeline.c ---- */

/* Walk, load, work, commit, report until all is done or the batch is stopped. */
enum thumbs_code th_pipeline_run(struct thumbs_batch *batch, struct thumbs_error *err);

/* The time one file may take, in nanoseconds; 0: without end. */
uint64_t th_pipeline_timeout_ns(const struct thumbs_batch *batch);

/* The next candidate file; other entries are reported on the way. NULL: the walk is over or the run is stopped. One
 * thread. */
struct th_file *th_pipeline_next_file(struct thumbs_batch *batch);

/* ---- uring_feed.c ---- */

/* What the walker thread and the I/O threads do, in the calling thread alone and with batch->uring: all files of the
 * walk to `loaded`, which is then closed. */
void th_uring_feed(struct thumbs_batch *batch);

/* ---- batch.c ---- */

/* The run cannot go on: remember the first reason, stop. Any thread. */
void th_batch_set_fatal(struct thumbs_batch *batch, const struct thumbs_error *error);

/* ---- clashes.c ---- */

/* For templates under which sources of different folders may get one output name: walk once, names only, and note the
 * names that are wanted more than once, so that all who want one fail, whatever the order. Memory: 8 bytes each. */
enum thumbs_code th_clashes_find(struct thumbs_batch *batch, struct thumbs_error *err);
bool th_clashes_contain(const struct thumbs_batch *batch, uint64_t hash);

/* Under such templates names may also depend on what is inside a picture ({width}): "a1" at width 2 is "a" at width
 * 12. No walk can foresee that; so each name is claimed before it is written, and who comes second fails instead of
 * replacing the first. */
struct th_claims;
struct th_claims *th_claims_create(void); /* NULL: no memory */
void th_claims_destroy(struct th_claims *claims);
/* owner: a hash of the source, which may claim a name again (a list may name it twice). False: taken by another source,
 * or no memory to remember it. Any thread. */
bool th_claims_add(struct th_claims *claims, uint64_t hash, uint64_t owner);

#endif

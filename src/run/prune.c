/* SPDX-License-Identifier: MIT */
#include "run/prune.h"

#include <string.h>

#include "base/error.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "commit/output_folder.h"
#include "commit/recorded.h"
#include "run/file.h"
#include "run/found.h"
#include "run/present.h"
#include "run/shard.h"
#include "run/stop.h"

/* What is kept about an output that is to go: the hash of who made it, in place of whose lowest
 * bits stand the reason and whether it was counted. 0: it stays after all. */
#define REASON_BITS UINT64_C(3)
#define COUNTED     UINT64_C(4)
#define LOW_BITS    (REASON_BITS | COUNTED)

struct prune {
    struct thumbs_batch *batch;
    unsigned what;     /* bits of enum thumbs_delete */
    bool goes_by_list; /* only names of a list are known: what is there is not left out by that */
    /* Not NULL: only folders are judged in which files have changed. */
    const struct thumbs_changes *changes;
    struct th_bytes changed; /* their paths, a NUL behind each */
    struct th_present present;
    bool in_visited_folder;

    struct th_hashmap doomed;   /* by hashes of their paths */
    struct th_hashmap unwanted; /* who no longer wants which output: see claim_of() */
    uint64_t n_recorded; /* outputs of this shard that are on record and, if looked at, stand */
    uint64_t n_doomed;   /* of these are to go */
    uint64_t n_failed;
    struct th_bytes emptied; /* the folder that the last output was removed from */
    bool no_memory;
};

/* The first problem is the one that is told. */
static void set_problem(struct prune *p, const struct thumbs_error *problem)
{
    if (!p->batch->prune_problem.code) p->batch->prune_problem = *problem;
}

static void set_problem_text(struct prune *p, const char *text)
{
    struct thumbs_error problem = {0};
    th_error_set(&problem, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WALK, "%s", text);
    set_problem(p, &problem);
}

/* ---- which of them are to go ---- */

/* Is the source no image as it is now? One that was none for a while, and is again what it was, has
 * its thumbnail. */
static bool is_no_image(struct prune *p, struct th_output_folder *folder,
                        const struct th_recorded *r)
{
    struct stat st;
    if (!th_recorded_is_of_no_image(folder, r, NULL) ||
        !th_present_stat(&p->present, r->dir, r->name, p->batch->options.follow, &st))
        return false;
    const struct th_source_id id = th_file_id_of(&st);
    return th_recorded_is_of_no_image(folder, r, &id);
}

/* Why it is to go; 0: it is not. */
static unsigned reason_to_go(struct prune *p, struct th_output_folder *folder,
                             const struct th_recorded *r)
{
    const bool sources = p->what & THUMBS_DELETE_SOURCES, stale = p->what & THUMBS_DELETE_STALE;
    bool taken = p->in_visited_folder && th_present_is_taken(&p->present, r->name);
    if (!taken) {
        const enum th_presence presence = th_present_look(&p->present, r->dir, r->name);
        if (presence == TH_PRESENCE_GONE) return sources ? THUMBS_REMOVAL_GONE : 0;
        if (presence != TH_PRESENCE_THERE) return 0;
        taken = p->goes_by_list;
    }
    if (taken && stale && th_recorded_is_stale(folder, r)) return THUMBS_REMOVAL_STALE;
    if (taken && !is_no_image(p, folder, r)) return 0;
    /* Another recipe that shares DEST may not leave it out. */
    return sources && (r->own_options || stale) ? THUMBS_REMOVAL_EXCLUDED : 0;
}

static bool is_source(uint64_t doomed, const struct th_recorded *r)
{
    return ((doomed ^ r->source) & ~LOW_BITS) == 0;
}

static bool doom(struct prune *p, const struct th_recorded *r, unsigned reason, bool counts)
{
    bool is_new;
    const uint64_t value = (r->source & ~LOW_BITS) | reason | (counts ? COUNTED : 0);
    if (!th_hashmap_put(&p->doomed, r->hash, value, &is_new)) {
        p->no_memory = true;
        return false;
    }
    if (is_new && counts) p->n_doomed++;
    return true;
}

/* That this source is on record for this output. */
static uint64_t claim_of(const struct th_recorded *r)
{
    return r->hash ^ (r->source << 1 | r->source >> 63);
}

static bool note_unwanted(struct prune *p, const struct th_recorded *r)
{
    if (!th_hashmap_put(&p->unwanted, claim_of(r), 0, NULL)) p->no_memory = true;
    return !p->no_memory;
}

static bool judge(void *user, struct th_output_folder *folder, const struct th_recorded *r)
{
    struct prune *p = user;
    if (th_stop_asked(p->batch)) return false;
    if (!th_shard_takes_name(&p->batch->options, r->dir, r->name)) return true;
    const unsigned reason = reason_to_go(p, folder, r);
    if (reason && !note_unwanted(p, r)) return false;
    if (!r->is_owner) return true;
    const enum th_stands stands = reason ? th_recorded_look(folder, r) : TH_STANDS_OURS;
    if (stands == TH_STANDS_OURS) p->n_recorded++;
    if (!reason || stands == TH_STANDS_FOREIGN) return true;
    return doom(p, r, reason, stands == TH_STANDS_OURS);
}

/* Call each() with the outputs on record of one source folder. */
static bool each_of_folder(struct prune *p, const char *dir, th_recorded_fn *each)
{
    struct th_output_folder *folder = th_output_folder_create(p->batch->dest, dir);
    if (!folder) {
        p->no_memory = true;
        return false;
    }
    const bool done = th_recorded_each(folder, each, p);
    th_output_folder_destroy(folder);
    return done;
}

/* The folder that the walk has just left. */
static bool judge_visited(struct prune *p)
{
    if (!p->present.dir) return true;
    p->in_visited_folder = true;
    const bool done = each_of_folder(p, p->present.dir->path, judge);
    p->in_visited_folder = false;
    return done;
}

static void note_changed(void *user, const char *path)
{
    struct prune *p = user;
    th_bytes_add(&p->changed, path, strlen(path) + 1);
}

static struct th_walk_options walk_options_of(struct prune *p)
{
    struct th_walk_options options = p->batch->walk_options;
    options.is_image = NULL;
    options.changes = p->changes;
    options.whole_folders = true;
    options.on_changed = p->changes ? note_changed : NULL;
    options.on_changed_user = p;
    return options;
}

/* Walk the sources again; false: it is not known which there are. */
static bool judge_by_walk(struct prune *p)
{
    struct thumbs_batch *batch = p->batch;
    struct th_walk_options options = walk_options_of(p);
    struct th_walk_entry entry = {0};
    struct th_walk *walk = NULL;
    struct th_walk_flight *flight = th_inflight_walk(batch->inflight, TH_WALK_PRUNE);
    struct thumbs_error error = {0};
    bool ok = true;
    options.on_folder_user = flight;
    th_walk_flight_begin(flight);
    if (th_walk_create(&options, &walk, &error) != THUMBS_OK) {
        set_problem(p, &error);
        ok = false;
    }
    while (ok && th_walk_next(walk, &entry)) {
        if (th_present_is_next_folder(&p->present, &entry)) ok = judge_visited(p);
        if (ok && !th_present_note(&p->present, &entry)) {
            set_problem_text(p, "too much of SOURCE could not be read; nothing was removed");
            ok = false;
        }
        th_walk_entry_finish(&entry);
        th_walk_flight_begin(flight);
    }
    ok = ok && !th_stop_asked(batch) && judge_visited(p);
    th_walk_destroy(walk);
    th_walk_flight_end(flight);
    return ok;
}

static bool judge_unvisited(void *user, const char *dir)
{
    struct prune *p = user;
    return th_present_was_visited(&p->present, dir) || each_of_folder(p, dir, judge);
}

/* Call each() for the folders that are judged. */
static bool each_folder(struct prune *p, th_recorded_folder_fn *each)
{
    const char *path = th_bytes_str(&p->changed), *end = path + p->changed.len;
    if (!p->changes) return th_recorded_each_folder(p->batch->dest, each, p);
    p->no_memory |= th_bytes_failed(&p->changed);
    for (; path < end && !p->no_memory; path += strlen(path) + 1) {
        if (!each(p, path)) return false;
    }
    return !p->no_memory;
}

/* ---- which of these stay after all ---- */

/* An output may be on record of several sources, where templates lead from several to one name: who
 * is still there, and has not been found to want it no longer, keeps it. */
static bool spare(void *user, struct th_output_folder *folder, const struct th_recorded *r)
{
    struct prune *p = user;
    uint64_t *doomed = th_hashmap_find(&p->doomed, r->hash);
    (void)folder;
    if (!doomed || !*doomed || is_source(*doomed, r)) return true;
    if (th_hashmap_find(&p->unwanted, claim_of(r))) return true;
    if (th_present_look(&p->present, r->dir, r->name) == TH_PRESENCE_GONE) return true;
    if (*doomed & COUNTED) p->n_doomed--;
    *doomed = 0;
    return true;
}

static bool spare_in_folder(void *user, const char *dir)
{
    return each_of_folder(user, dir, spare);
}

/* A SOURCE that is not mounted must not empty DEST. */
static bool is_too_much(struct prune *p)
{
    const unsigned long long n = p->n_doomed, of = p->n_recorded;
    struct thumbs_error problem = {0};
    if (n == 0 || p->what & THUMBS_DELETE_FORCE) return false;
    if (p->present.n_files == 0 && !p->goes_by_list)
        th_error_set(&problem, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WALK,
                     "no picture was found in SOURCE, and %llu thumbnails would go; nothing was "
                     "removed (--delete=force removes them)",
                     n);
    else if (n > of / 2)
        th_error_set(&problem, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WALK,
                     "%llu of %llu thumbnails would go, more than half; nothing was removed "
                     "(--delete=force removes them)",
                     n, of);
    if (problem.code) set_problem(p, &problem);
    return problem.code != THUMBS_OK;
}

/* ---- away with them ---- */

static void tell(struct prune *p, const struct th_recorded *r, enum thumbs_removal_reason reason)
{
    struct thumbs_batch *batch = p->batch;
    struct th_bytes source = {0};
    th_found_add(&source, r->dir, r->name);
    const struct thumbs_removal removal = {.path = r->path,
                                           .source = th_bytes_str(&source),
                                           .reason = reason,
                                           .planned = batch->options.dry_run};
    th_counters_removed(batch->counters, 1);
    if (batch->on_removal) batch->on_removal(batch->removal_user, &removal);
    th_bytes_finish(&source);
}

static void remove_emptied(struct prune *p)
{
    if (p->emptied.len && !th_bytes_failed(&p->emptied))
        th_recorded_remove_empty(p->batch->dest, p->emptied.data);
    th_bytes_clear(&p->emptied);
}

/* A folder goes with the last output that was in it. */
static void note_emptied(struct prune *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t len = slash ? (size_t)(slash - path) : 0;
    if (len == p->emptied.len && memcmp(th_bytes_str(&p->emptied), path, len) == 0) return;
    remove_emptied(p);
    th_bytes_add(&p->emptied, path, len);
}

static void note_failure(struct prune *p, const char *path, const struct thumbs_error *error)
{
    struct thumbs_error problem = {0};
    th_error_set(&problem, error->code, THUMBS_STAGE_WRITE, "%s: %s",
                 th_shorten_to(path, strlen(path), 80).text, error->message);
    set_problem(p, &problem);
}

/* Other runs may have been at work since it was judged. */
static bool is_still_to_go(struct prune *p, struct th_output_folder *folder,
                           const struct th_recorded *r, enum thumbs_removal_reason reason)
{
    switch (reason) {
    case THUMBS_REMOVAL_GONE:
        return th_present_look(&p->present, r->dir, r->name) == TH_PRESENCE_GONE;
    case THUMBS_REMOVAL_EXCLUDED:
        return r->own_options || p->what & THUMBS_DELETE_STALE;
    case THUMBS_REMOVAL_STALE:
        return th_recorded_is_stale(folder, r);
    }
    return false;
}

static bool remove_one(void *user, struct th_output_folder *folder, const struct th_recorded *r)
{
    struct prune *p = user;
    struct thumbs_error error = {0};
    const uint64_t *doomed = th_hashmap_find(&p->doomed, r->hash);
    const bool dry_run = p->batch->options.dry_run;
    if (th_stop_asked(p->batch)) return false;
    if (!r->is_owner || !doomed || !*doomed || !is_source(*doomed, r)) return true;
    const enum thumbs_removal_reason reason = *doomed & REASON_BITS;
    if (!is_still_to_go(p, folder, r, reason)) return true;
    if (!dry_run && th_recorded_remove(folder, r, &error) != THUMBS_OK) {
        p->n_failed++;
        note_failure(p, r->path, &error);
        return true;
    }
    if (*doomed & COUNTED) tell(p, r, reason);
    if (!dry_run) note_emptied(p, r->path);
    return true;
}

static bool remove_in_folder(void *user, const char *dir)
{
    struct prune *p = user;
    struct th_output_folder *folder = th_output_folder_create(p->batch->dest, dir);
    if (!folder) {
        p->no_memory = true;
        return false;
    }
    bool done = th_recorded_each(folder, remove_one, p);
    if (done && !p->batch->options.dry_run &&
        th_present_look_at_folder(&p->present, dir) == TH_PRESENCE_GONE)
        th_recorded_drop_folder(folder);
    th_output_folder_destroy(folder);
    return done;
}

/* ---- all of it ---- */

static void begin(struct prune *p, const struct thumbs_changes *changes)
{
    p->changes = changes;
    th_present_init(&p->present, p->batch->walk, th_dest_seed(p->batch->dest));
}

static void finish(struct prune *p)
{
    th_present_finish(&p->present);
    th_hashmap_finish(&p->doomed);
    th_hashmap_finish(&p->unwanted);
    th_bytes_finish(&p->changed);
    th_bytes_finish(&p->emptied);
    p->n_recorded = p->n_doomed = 0;
}

static bool judge_all(struct prune *p)
{
    return (p->goes_by_list || judge_by_walk(p)) && each_folder(p, judge_unvisited);
}

/* Whether more than half would go is a question about all that is on record, not about a folder. */
static bool is_too_narrow(const struct prune *p)
{
    return p->changes && p->n_doomed > p->n_recorded / 2 && !(p->what & THUMBS_DELETE_FORCE);
}

static bool prune(struct prune *p)
{
    if (!judge_all(p)) return false;
    if (is_too_narrow(p)) {
        finish(p);
        begin(p, NULL);
        if (!judge_all(p)) return false;
    }
    if (p->doomed.n == 0) return true;
    if (!th_recorded_each_folder(p->batch->dest, spare_in_folder, p)) return false;
    if (is_too_much(p)) return true;
    const bool done = each_folder(p, remove_in_folder);
    remove_emptied(p);
    return done;
}

void th_prune(struct thumbs_batch *batch)
{
    struct prune p = {.batch = batch,
                      .what = batch->options.deletes,
                      .goes_by_list = batch->options.files_from != NULL};
    begin(&p, batch->walk_options.changes);
    const bool done = prune(&p);
    if (p.no_memory) set_problem_text(&p, "no memory to find out what is to be removed");
    if (!done && !th_stop_asked(batch))
        set_problem_text(&p, "what is on record in DEST could not be read as a whole");
    if (p.n_failed > 1) {
        const struct thumbs_error first = batch->prune_problem;
        th_error_set(&batch->prune_problem, first.code, first.stage, "%.140s; and %llu more",
                     first.message, (unsigned long long)p.n_failed - 1);
    }
    finish(&p);
}

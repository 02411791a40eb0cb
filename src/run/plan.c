/* SPDX-License-Identifier: MIT */
#include "run/plan.h"

#include <sys/resource.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/tasks.h"
#include "work/work.h"

static const uint64_t mb = 1 << 20;

enum {
    QUEUE_ITEMS_PER_JOB = 4,
    PROGRAM_MB = 16,     /* names on their way, manifests, reports, code */
    THREAD_MB = 8,       /* a member of the team: its stack, its sink, what its libraries keep */
    LEAST_DECODE_MB = 8, /* a large photo on the hot path */
    WARM_PART = 16,      /* of the memory for decoding, all workers together */
    WARM_LEAST_MB = 16,  /* less is not worth having */
    WARM_MOST_MB = 112   /* with what is kept in any case, the planes of a 40 megapixel photo */
};

/* Warm pages save a page fault each, so they are taken only where nothing else misses them. */
static uint64_t warm_bytes(uint64_t decode_bytes, unsigned jobs)
{
    const uint64_t bytes = decode_bytes / WARM_PART / jobs;
    if (bytes < WARM_LEAST_MB * mb) return 0;
    return bytes < WARM_MOST_MB * mb ? bytes : WARM_MOST_MB * mb;
}

/* What an idle worker does not use of its fixed part. It gives back what a file took, but for 16 MB
 * and warm_bytes, at once, and the rest when nothing came for a tenth of a second; measured, one
 * that has had 200 pictures of all kinds keeps 10 to 17 MB. */
static uint64_t lent_bytes(enum thumbs_mode mode)
{
    return mode == THUMBS_MODE_PROCESSES ? TH_WORK_PROCESS_BYTES / 2 : THREAD_MB * mb / 2;
}

enum thumbs_code th_plan_memory(const struct thumbs_options *o, struct th_plan *out,
                                struct thumbs_error *err)
{
    struct th_plan plan = {.memory_bytes =
                               o->memory_bytes ? o->memory_bytes : th_memory_usable() / 4 * 3,
                           .jobs = o->mode == THUMBS_MODE_SYNC ? 1 : o->jobs};
    uint64_t job_bytes = o->mode == THUMBS_MODE_PROCESSES ? TH_WORK_PROCESS_BYTES : THREAD_MB * mb;
    uint64_t least = PROGRAM_MB * mb + job_bytes + LEAST_DECODE_MB * mb;
    least += least / 3; /* the quarter for files */
    if (o->memory_bytes > 0 && o->memory_bytes < mb)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                            "--memory=%llu is bytes (%lluM is megabytes), and one worker takes "
                            "%llu MB",
                            (unsigned long long)o->memory_bytes,
                            (unsigned long long)o->memory_bytes,
                            (unsigned long long)(least / mb + 1));
    if (plan.memory_bytes < least)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                            "%llu MB of memory are not enough for one worker, which needs %llu MB",
                            (unsigned long long)(plan.memory_bytes / mb),
                            (unsigned long long)(least / mb + 1));
    uint64_t rest = plan.memory_bytes - PROGRAM_MB * mb;
    uint64_t most_jobs = rest / 2 / job_bytes;
    if (plan.jobs > most_jobs) plan.jobs = most_jobs ? (unsigned)most_jobs : 1;
    plan.queue_bytes =
        o->queue_bytes < plan.memory_bytes / 4 ? o->queue_bytes : plan.memory_bytes / 4;
    plan.file_bytes = o->max_bytes < plan.memory_bytes / 4 ? o->max_bytes : plan.memory_bytes / 4;
    uint64_t files = plan.file_bytes > plan.queue_bytes ? plan.file_bytes : plan.queue_bytes;
    files += plan.queue_bytes / 8; /* what free buffers keep warm */
    plan.decode_bytes = rest - plan.jobs * job_bytes - files;
    if (plan.decode_bytes > INT64_MAX) plan.decode_bytes = INT64_MAX;
    plan.warm_bytes = warm_bytes(plan.decode_bytes, plan.jobs);
    plan.decode_bytes -= plan.jobs * plan.warm_bytes;
    /* Its own worker's warm pages are the first that it uses. */
    plan.alone_bytes = plan.decode_bytes + plan.warm_bytes + (plan.jobs - 1) * lent_bytes(o->mode);
    *out = plan;
    return THUMBS_OK;
}

enum thumbs_code th_plan_share_memory(struct thumbs_options *o, struct th_plan *out,
                                      struct th_notes *notes, struct thumbs_error *err)
{
    enum thumbs_code code = th_plan_memory(o, out, err);
    if (code != THUMBS_OK) return code;
    if (out->jobs < o->jobs && o->mode != THUMBS_MODE_SYNC)
        th_notes_add(notes, "%u jobs instead of %u, since there are %llu MB of memory", out->jobs,
                     o->jobs, (unsigned long long)(out->memory_bytes >> 20));
    if (o->mode != THUMBS_MODE_SYNC) o->jobs = out->jobs;
    o->queue_bytes = out->queue_bytes;
    if (o->queue_items == 0) o->queue_items = QUEUE_ITEMS_PER_JOB * o->jobs;
    return THUMBS_OK;
}

/* ---- descriptors ---- */

/* Where few open files are allowed, fewer files are on their way, and if that is not enough there
 * are fewer jobs: slower, but none is lost. */
static enum thumbs_code fit_into_descriptors(const struct thumbs_options *o, struct th_room *room,
                                             struct th_notes *notes, struct thumbs_error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return THUMBS_OK;
    unsigned jobs = room->jobs;
    if (!th_fit_into_descriptors(o, limit.rlim_cur, room))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                            "only %llu open files are allowed (ulimit -n), one job needs %llu",
                            (unsigned long long)limit.rlim_cur,
                            (unsigned long long)th_fit_descriptors(o, room));
    if (room->jobs < jobs)
        th_notes_add(notes, "%u job%s instead of %u, since %llu open files are allowed", room->jobs,
                     room->jobs > 1 ? "s" : "", jobs, (unsigned long long)limit.rlim_cur);
    return THUMBS_OK;
}

enum thumbs_code th_plan_room(struct thumbs_options *o, bool with_ring, struct th_room *out,
                              struct th_notes *notes, struct thumbs_error *err)
{
    *out = th_fit_wanted(o, with_ring);
    enum thumbs_code code = fit_into_descriptors(o, out, notes, err);
    if (code != THUMBS_OK) return code;
    if (o->mode != THUMBS_MODE_SYNC) o->jobs = out->jobs;
    o->io_jobs = out->io_jobs;
    o->queue_items = (unsigned)out->n_loaded;
    return THUMBS_OK;
}

/* ---- threads and processes ---- */

void th_plan_tasks(struct thumbs_options *o, struct th_notes *notes)
{
    unsigned jobs = o->jobs, wanted = (unsigned)th_fit_tasks(o) + 1;
    if (o->dry_run || o->mode == THUMBS_MODE_SYNC || !th_tasks_are_scarce(wanted)) return;
    unsigned most = th_tasks_startable(wanted);
    if (most == wanted) return;
    o->count_ahead = false; /* it has a thread of its own, for the percentage */
    th_fit_into_tasks(o, most);
    if (o->jobs < jobs)
        th_notes_add(notes,
                     "%u job%s instead of %u, since only %u more threads and processes are allowed",
                     o->jobs, o->jobs > 1 ? "s" : "", jobs, most);
}

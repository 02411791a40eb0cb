#include "run/plan.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/num.h"
#include "work/work.h"

static const uint64_t mb = 1 << 20;

enum {
    PROGRAM_MB = 16,    /* names on their way, manifests, reports, code */
    THREAD_MB = 8,      /* a member of the team: its stack, its sink, what its libraries keep */
    LEAST_DECODE_MB = 8 /* a large photo on the hot path */
};

/* What an idle worker does not use of its fixed part. It gives back what a file of over 8 MB took;
 * measured, one that has had 200 pictures of all kinds keeps 10 to 17 MB. */
static uint64_t lent_bytes(enum thumbs_mode mode)
{
    return mode == THUMBS_MODE_PROCESSES ? TH_WORK_PROCESS_BYTES / 2 : THREAD_MB * mb / 2;
}

enum thumbs_code th_plan_memory(const struct thumbs_options *o, struct th_plan *out, struct thumbs_error *err)
{
    struct th_plan plan = {.memory_bytes = o->memory_bytes ? o->memory_bytes : th_memory_usable() / 4 * 3,
                           .jobs = o->mode == THUMBS_MODE_SYNC ? 1 : o->jobs};
    uint64_t job_bytes = o->mode == THUMBS_MODE_PROCESSES ? TH_WORK_PROCESS_BYTES : THREAD_MB * mb;
    uint64_t least = PROGRAM_MB * mb + job_bytes + LEAST_DECODE_MB * mb;
    least += least / 3; /* the quarter for files */
    if (plan.memory_bytes < least)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                            "%llu MB of memory are not enough for one worker, which takes %llu MB",
                            (unsigned long long)(plan.memory_bytes / mb), (unsigned long long)(least / mb + 1));
    uint64_t rest = plan.memory_bytes - PROGRAM_MB * mb;
    uint64_t most_jobs = rest / 2 / job_bytes;
    if (plan.jobs > most_jobs) plan.jobs = most_jobs ? (unsigned)most_jobs : 1;
    plan.queue_bytes = o->queue_bytes < plan.memory_bytes / 4 ? o->queue_bytes : plan.memory_bytes / 4;
    plan.file_bytes = o->max_bytes < plan.memory_bytes / 4 ? o->max_bytes : plan.memory_bytes / 4;
    uint64_t files = plan.file_bytes > plan.queue_bytes ? plan.file_bytes : plan.queue_bytes;
    files += plan.queue_bytes / 8; /* what free buffers keep warm */
    plan.decode_bytes = rest - plan.jobs * job_bytes - files;
    if (plan.decode_bytes > INT64_MAX) plan.decode_bytes = INT64_MAX;
    plan.alone_bytes = plan.decode_bytes + (plan.jobs - 1) * lent_bytes(o->mode);
    *out = plan;
    return THUMBS_OK;
}

/* SPDX-License-Identifier: MIT */
#include "bench/one_run.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/sys.h"
#include "bench/measure.h"

/* ---- the child ---- */

struct run_task {
    const struct thumbs_options *options;
    const char *source, *dest;
};

struct failures {
    pthread_mutex_t lock;
    char first[256];
};

static void on_event(void *user, const struct thumbs_event *event)
{
    struct failures *failures = user;
    if (event->status != THUMBS_STATUS_FAILED) return;
    pthread_mutex_lock(&failures->lock);
    if (!failures->first[0])
        snprintf(failures->first, sizeof failures->first, "%.100s: %.140s", event->source,
                 event->error ? event->error->message : "no reason was given");
    pthread_mutex_unlock(&failures->lock);
}

static void take_totals(struct th_bench_run *run, const struct thumbs_totals *totals)
{
    const struct thumbs_times *t = &totals->times;
    const uint64_t ns[TH_BENCH_N_STAGES] = {totals->walk_ns, t->load,   t->wait, t->decode,
                                            t->resize,       t->encode, t->write};
    for (size_t i = 0; i < TH_BENCH_N_STAGES; i++)
        run->stage_seconds[i] = (double)ns[i] / 1e9;
    memcpy(run->by_status, totals->by_status, sizeof run->by_status);
    run->bytes = totals->bytes;
    run->pixels = totals->pixels;
}

/* A run that reads with threads where io_uring was asked for would be timed under a wrong name. */
static bool falls_back(const struct thumbs_batch *batch, const struct thumbs_options *options,
                       struct thumbs_error *err)
{
    const char *why = thumbs_batch_note(batch);
    if (options->io != THUMBS_IO_URING || !why || !strstr(why, "io_uring")) return false;
    snprintf(err->message, sizeof err->message, "%s", why);
    return true;
}

static int run_in_child(void *user, int result_fd)
{
    const struct run_task *task = user;
    struct th_bench_reply reply = {0};
    struct failures failures = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct thumbs_batch *batch = NULL;
    struct thumbs_totals totals;
    const uint64_t start_ns = th_now_ns();
    reply.code =
        thumbs_batch_create(task->options, &task->source, 1, task->dest, &batch, &reply.error);
    if (reply.code == THUMBS_OK && falls_back(batch, task->options, &reply.error))
        reply.code = THUMBS_USAGE;
    if (reply.code == THUMBS_OK) {
        reply.code = thumbs_batch_run(batch, on_event, &failures, &reply.error);
        thumbs_batch_totals(batch, &totals);
        take_totals(&reply.run, &totals);
    }
    thumbs_batch_destroy(batch);
    reply.run.seconds = (double)(th_now_ns() - start_ns) / 1e9;
    memcpy(reply.first_failure, failures.first, sizeof failures.first);
    return th_write_full(result_fd, &reply, sizeof reply) == 0 ? 0 : 1;
}

/* ---- the parent ---- */

static enum thumbs_code describe_end(const struct th_bench_row *row, const struct th_measured *m,
                                     struct thumbs_error *err)
{
    if (WIFSIGNALED(m->status))
        return th_error_set(
            err, THUMBS_CRASHED, THUMBS_STAGE_NONE, "mode %s died of signal %d (%s)%s",
            th_bench_mode_name(row->mode), WTERMSIG(m->status), strsignal(WTERMSIG(m->status)),
            row->mode == THUMBS_MODE_PROCESSES ? "" : "; --modes=processes may get through");
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, "mode %s ended with status %d",
                        th_bench_mode_name(row->mode), WEXITSTATUS(m->status));
}

enum thumbs_code th_bench_run_once(const struct th_bench_row *row,
                                   const struct thumbs_options *options, const char *source,
                                   const char *dest, const volatile sig_atomic_t *stop,
                                   struct th_bench_reply *reply, struct thumbs_error *err)
{
    struct thumbs_options own = *options;
    struct run_task task = {.options = &own, .source = source, .dest = dest};
    struct th_measure_job job = {.run = run_in_child, .user = &task, .stop = stop};
    struct th_measured measured = {0};
    own.mode = row->mode;
    own.jobs = row->jobs;
    own.io = row->io;
    own.io_jobs = row->io_jobs;
    own.image.plain_only = 1; /* only one mode can: outputs are to be compared */
    const enum thumbs_code code = th_bench_measure(&job, reply, sizeof *reply, &measured, err);
    if (code != THUMBS_OK) return code;
    if (measured.result_size != sizeof *reply) return describe_end(row, &measured, err);
    reply->run.user_seconds = measured.user_seconds;
    reply->run.system_seconds = measured.system_seconds;
    reply->run.peak_bytes = measured.peak_bytes;
    reply->run.n_samples = measured.n_samples;
    if (reply->code != THUMBS_OK && err) *err = reply->error;
    return reply->code;
}

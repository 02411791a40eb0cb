/* SPDX-License-Identifier: MIT */
#include "work/reap.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "work/sent.h"
#include "work/worker_link.h"

enum {
    MAX_RESENDS =
        2,         /* how often a file may be the next of a worker that dies before it begins it */
    MAX_LOSSES = 5 /* the same where the server went with all its workers */
};

/* Did it end itself because there was no memory? The worker says so; it is believed where it
 * fits. */
static bool has_run_out(const struct th_supervisor *s, int status)
{
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGTRAP) &&
           atomic_load_explicit(&s->shared.status->out_of_memory, memory_order_relaxed);
}

static void describe_end(const struct th_supervisor *s, enum th_answer answer, bool known,
                         const struct th_worker_end *end, struct thumbs_error *error)
{
    int status = end->status;
    if (answer == TH_ANSWER_LATE) {
        th_error_set(error, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE, "took longer than %g s",
                     (double)s->pool->work->timeout_ns / 1e9);
    } else if (answer == TH_ANSWER_VIOLATION) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE,
                     "the worker sent an invalid answer");
    } else if (answer == TH_ANSWER_GREEDY || (known && !end->killed && has_run_out(s, status))) {
        th_error_set(error, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                     "took more than its share of memory, %llu MB",
                     (unsigned long long)(th_sent_share_bytes(s) >> 20));
    } else if (known && end->killed) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE,
                     "the worker closed its socket but did not exit");
    } else if (known && WIFSIGNALED(status)) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE,
                     "the worker died of signal %d (%s)", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
    } else if (known) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker ended with status %d",
                     WEXITSTATUS(status));
    } else {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker was lost");
    }
}

/* One file pays for a dead worker: the one it was at. A file it had not begun is not to blame, nor
 * is any when the server has taken all its workers down with it; such a file is sent again, but not
 * for ever: the worker itself says what it had begun, and could deny it.
 *
 * A locked-up worker cannot die of SIGKILL but from outside, by the kernel that is out of memory or
 * by a person: the file has failed then, but nothing is known about it. One that hung up and had to
 * be killed was not killed from outside. */
void th_reap_failed(struct th_supervisor *s, enum th_answer answer)
{
    struct th_worker_end end = {0};
    struct thumbs_error error = {0};
    struct th_sent *first = &s->sent[0];
    bool known = th_link_end(s, answer == TH_ANSWER_DIED, &end);
    bool begun = atomic_load_explicit(&s->shared.status->begun, memory_order_acquire) == first->id;
    bool its_doing =
        (begun || answer == TH_ANSWER_VIOLATION) && (known || answer != TH_ANSWER_DIED);
    if (known || answer != TH_ANSWER_DIED) {
        first->n_resends++;
    } else {
        first->n_losses++;
    }
    if (its_doing || first->n_resends > MAX_RESENDS || first->n_losses > MAX_LOSSES) {
        bool was_shot = !end.killed && WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL;
        bool foreign = answer == TH_ANSWER_DIED && (!known || was_shot);
        describe_end(s, answer, known, &end, &error);
        th_sent_fail_oldest(s, &error, !foreign);
    }
}

void th_reap_describe_refusal(const struct th_supervisor *s, struct thumbs_error *err)
{
    char how[300];
    th_sandbox_describe(&s->hello.sandbox, how, sizeof how);
    th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE,
                 "the required sandbox is incomplete: %.140s", how);
}

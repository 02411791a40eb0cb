/* SPDX-License-Identifier: MIT */
#include "cli/watch.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/sys.h"
#include "report/report.h"

enum { MOST_LINES = 64 };
static const uint64_t second_ns = 1000000000, stall_ns = 30 * UINT64_C(1000000000);

static uint64_t patience_ns(void)
{
#ifdef THUMBS_FAULTS
    const char *ms = getenv("THUMBS_STALL_MS");
    if (ms) return strtoull(ms, NULL, 10) * (second_ns / 1000);
#endif
    return stall_ns;
}

/* ---- what is said ---------------------------------------------------------------------------- */

struct listing {
    struct th_bytes *text;
    bool escape;
    bool with_queues; /* also what lies in a queue; how full those are is said anyway */
    size_t n;
    bool came_to_queues; /* all that is not listed lies in one */
};

static void add_waiting(void *user, const struct thumbs_waiting *waiting)
{
    struct listing *listing = user;
    listing->came_to_queues |= waiting->queued;
    if (waiting->queued && !waiting->worker && !listing->with_queues) return;
    th_report_waiting_text(listing->text, waiting, listing->escape);
    listing->n++;
}

static void add_batch(struct th_bytes *text, struct thumbs_batch *batch, bool escape)
{
    struct listing listing = {.text = text, .escape = escape};
    struct thumbs_levels levels;
    thumbs_batch_levels(batch, &levels);
    size_t n_all = thumbs_batch_waiting(batch, MOST_LINES, add_waiting, &listing);
    if (listing.n == 0) {
        listing.with_queues = true;
        n_all = thumbs_batch_waiting(batch, MOST_LINES, add_waiting, &listing);
    }
    if (listing.n == 0)
        th_bytes_adds(text, "thumbs:   no source: workers are being started or ended, or a folder "
                            "of DEST is finished\n");
    else if (n_all > listing.n)
        th_bytes_addf(text, "thumbs:   and %zu more%s\n", n_all - listing.n,
                      listing.came_to_queues ? " that wait for their turn" : "");
    th_report_levels_text(text, &levels);
}

/* What the thread looks at: see begin_look(). */
struct sight {
    struct thumbs_batch *batch;
    const char *step;
    uint64_t step_ns;
    struct th_bytes said;
};

/* still_ns: for how long nothing has moved; 0: that is not why it is said. */
static void say(struct sight *sight, bool escape, uint64_t still_ns)
{
    const double still_seconds = (double)still_ns / 1e9;
    struct thumbs_totals totals;
    if (sight->step && still_ns) {
        th_bytes_addf(&sight->said, "thumbs: no progress for %.1f s: %s\n", still_seconds,
                      sight->step);
    } else if (sight->step) {
        th_bytes_addf(&sight->said, "thumbs: still running: %s\n", sight->step);
    } else if (sight->batch) {
        thumbs_batch_totals(sight->batch, &totals);
        th_report_standing_text(&sight->said, &totals, still_seconds);
        add_batch(&sight->said, sight->batch, escape);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Of the thread alone. */
struct movement {
    uint64_t count; /* of sources found and settled */
    uint64_t moved_ns;
    uint64_t looked_ns; /* when it was looked at last */
    uint64_t next_ns;   /* after so long without a move it is reported */
};

/* When anything last moved. The look at every file in flight is only taken where the counters stand
 * still. */
static uint64_t moved_ns_of(struct movement *view, struct thumbs_batch *batch, uint64_t now)
{
    struct thumbs_totals totals;
    struct thumbs_levels levels;
    thumbs_batch_totals(batch, &totals);
    uint64_t count = totals.found;
    for (int i = 0; i < THUMBS_N_STATUSES; i++)
        count += totals.by_status[i];
    if (count != view->count) {
        view->count = count;
        return now;
    }
    thumbs_batch_levels(batch, &levels);
    const uint64_t still_ns = (uint64_t)(levels.still_seconds * 1e9);
    return still_ns < now ? now - still_ns : 0;
}

static void look(struct sight *sight, bool escape, struct movement *view, uint64_t patience)
{
    const uint64_t now = th_now_ns();
    uint64_t moved_ns = sight->step_ns;
    if (!sight->step && sight->batch) {
        const uint64_t batch_ns = moved_ns_of(view, sight->batch, now);
        if (batch_ns > moved_ns) moved_ns = batch_ns;
    }
    /* Not looked at for so long: the whole process was stopped (Ctrl-Z) or the machine asleep. */
    if (now - view->looked_ns > 5 * second_ns) moved_ns = now;
    view->looked_ns = now;
    if (moved_ns > view->moved_ns) {
        view->moved_ns = moved_ns;
        view->next_ns = patience;
    }
    const uint64_t still_ns = now > view->moved_ns ? now - view->moved_ns : 0;
    if (still_ns < view->next_ns) return;
    say(sight, escape, still_ns);
    view->next_ns = 2 * still_ns;
}

/* Under the lock: until it is asked, or ended, or a look is due. */
static void wait_until(struct cli_watch *w, uint64_t until_ns)
{
    while (!w->stop && !w->asked && th_now_ns() < until_ns)
        th_cond_wait_until(&w->wake, &w->lock, until_ns);
}

/* Under the lock. From here to end_look() the batch stays, and the lock need not be held, since to
 * look at a batch takes locks of its own. */
static struct sight begin_look(struct cli_watch *w)
{
    if (w->rests) w->step_ns = th_now_ns();
    w->looks = true;
    return (struct sight){.batch = w->batch, .step = w->step, .step_ns = w->step_ns};
}

/* What is to be said is printed behind it: that may take as long as whoever reads it likes. */
static void end_look(struct cli_watch *w, struct sight *sight)
{
    pthread_mutex_lock(&w->lock);
    w->looks = false;
    pthread_cond_broadcast(&w->looked);
    pthread_mutex_unlock(&w->lock);
    if (sight->said.len && !th_bytes_failed(&sight->said)) w->print(w->user, &sight->said);
    th_bytes_finish(&sight->said);
}

static void *watch_loop(void *arg)
{
    struct cli_watch *w = arg;
    const uint64_t patience = patience_ns();
    const uint64_t period = patience / 4 < second_ns ? patience / 4 : second_ns;
    struct movement view = {.looked_ns = th_now_ns(), .next_ns = patience};
    uint64_t next_look_ns = th_now_ns() + period;
    for (bool stop = false; !stop;) {
        pthread_mutex_lock(&w->lock);
        wait_until(w, next_look_ns);
        stop = w->stop;
        const bool asked = w->asked;
        w->asked = false;
        struct sight sight = begin_look(w);
        pthread_mutex_unlock(&w->lock);
        if (asked) say(&sight, w->escape, 0);
        const bool is_due = !stop && th_now_ns() >= next_look_ns;
        if (is_due) look(&sight, w->escape, &view, patience);
        end_look(w, &sight);
        if (is_due) next_look_ns = th_now_ns() + period;
    }
    return NULL;
}

enum thumbs_code cli_watch_init(struct cli_watch *w, const char *step, struct thumbs_error *err)
{
    w->step = step;
    w->step_ns = th_now_ns();
    pthread_mutex_init(&w->lock, NULL);
    th_cond_init(&w->wake);
    th_cond_init(&w->looked);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = th_thread_start(&w->thread, watch_loop, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->has_thread = failed == 0;
    if (w->has_thread) return THUMBS_OK;
    return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, failed,
                       "cannot start the thread that watches the run");
}

void cli_watch_set_batch(struct cli_watch *w, struct thumbs_batch *batch)
{
    pthread_mutex_lock(&w->lock);
    while (w->looks)
        pthread_cond_wait(&w->looked, &w->lock);
    w->batch = batch;
    pthread_mutex_unlock(&w->lock);
}

void cli_watch_set_step(struct cli_watch *w, const char *step)
{
    pthread_mutex_lock(&w->lock);
    w->step = step;
    w->step_ns = th_now_ns();
    w->rests = false;
    pthread_mutex_unlock(&w->lock);
}

void cli_watch_rest(struct cli_watch *w, const char *step)
{
    cli_watch_set_batch(w, NULL);
    cli_watch_set_step(w, step);
    pthread_mutex_lock(&w->lock);
    w->rests = true;
    pthread_mutex_unlock(&w->lock);
}

void cli_watch_ask(struct cli_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->asked = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void cli_watch_stop(struct cli_watch *w)
{
    if (!w->has_thread) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->has_thread = false;
}

void cli_watch_finish(struct cli_watch *w)
{
    cli_watch_stop(w);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->looked);
    pthread_mutex_destroy(&w->lock);
}

/* SPDX-License-Identifier: MIT */
/*
 * watch.h - a run that does not go on says why: a thread that looks once a second whether anything
 * has moved, and after 30 s in which nothing has (then 60 s, 120 s, ...) says what the run waits
 * for. It says the same when it is asked to.
 *
 * In builds with fault injection the environment variable THUMBS_STALL_MS stands for the 30 s.
 */
#ifndef THUMBS_CLI_WATCH_H
#define THUMBS_CLI_WATCH_H

#include <pthread.h>

#include "base/bytes.h"
#include "thumbs/thumbs.h"

struct cli_watch {
    /* Gets whole lines, from the thread of the watch. */
    void (*print)(void *user, const struct th_bytes *text);
    void *user;
    bool escape; /* what they are printed on is a terminal */

    /* private */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* covers all below */
    pthread_cond_t wake, looked;
    bool stop, asked;
    bool looks;                 /* the thread is at the batch, which has to stay meanwhile */
    bool rests;                 /* that nothing moves is as it should be */
    struct thumbs_batch *batch; /* NULL: there is none yet */
    const char *step;           /* what is done outside the run itself; NULL: it runs */
    uint64_t step_ns;           /* since when */
};

/* Set what is not private first. The thread takes no signals, so this may come before
 * cli_signals_init(). MEMORY where it cannot be started: nobody watches then, the calls below still
 * may be made. */
enum thumbs_code cli_watch_init(struct cli_watch *watch, const char *step,
                                struct thumbs_error *err);
/* The batch that is watched from now on, until another is set or cli_watch_stop(); NULL: none. What
 * was watched before is not looked at any more when this returns. */
void cli_watch_set_batch(struct cli_watch *watch, struct thumbs_batch *batch);
/* What is done from now on, one English clause that must stay; NULL: the batch runs. */
void cli_watch_set_step(struct cli_watch *watch, const char *step);
/* The same, but there is no batch any more, and it may last as long as it likes: said only when
 * asked. */
void cli_watch_rest(struct cli_watch *watch, const char *step);
/* Say it now. Any thread; does not wait until it is said. */
void cli_watch_ask(struct cli_watch *watch);
/* Ends the thread: what was asked before is answered, and nothing is printed after it. */
void cli_watch_stop(struct cli_watch *watch);
/* Stops it as well. No other call may come after it. */
void cli_watch_finish(struct cli_watch *watch);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * batch - thumbnails of a tree, with a callback for each source and two ways to stop.
 *
 *   batch SOURCE DEST [MOST]     stop after MOST sources (default: never), or on SIGINT or SIGTERM
 *
 * Worker processes decode the pictures, each locked up, so one that crashes its decoder costs that
 * picture alone. This program is its own worker. Run it again after it was stopped, and it goes on
 * where it was. Exit status: 0 all is well, 1 some sources failed, 2 wrong usage, 3 the run could
 * not go on, 4 stopped.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <thumbs/thumbs.h>

struct watch {
    struct thumbs_batch *batch;
    unsigned long most;  /* sources to take; 0: all */
    atomic_ulong n_seen; /* callbacks come from several threads at a time */
    sigset_t signals;    /* that stop the run */
};

/* One source has its status. What the event points to is there during the call only. */
static void on_event(void *user, const struct thumbs_event *event)
{
    struct watch *watch = user;
    flockfile(stdout); /* lines of several threads stay whole */
    printf("%s %s", thumbs_status_name(event->status), event->source);
    if (event->error) printf(": %s", event->error->message);
    putchar('\n');
    funlockfile(stdout);
    if (atomic_fetch_add(&watch->n_seen, 1) + 1 == watch->most) thumbs_batch_stop(watch->batch);
}

/* thumbs_batch_stop() is not for signal handlers, so a thread waits for the signals. */
static void *wait_for_signal(void *user)
{
    struct watch *watch = user;
    int number;
    if (sigwait(&watch->signals, &number) != 0) return NULL;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL); /* not within a call of the library */
    fprintf(stderr, "%s: finishing what is being worked on\n", strsignal(number));
    thumbs_batch_stop(watch->batch);
    return NULL;
}

static enum thumbs_code run(struct watch *watch, struct thumbs_error *err)
{
    pthread_t waiter;
    if (pthread_create(&waiter, NULL, wait_for_signal, watch) != 0) {
        snprintf(err->message, sizeof err->message, "no thread can be started");
        return THUMBS_MEMORY;
    }
    enum thumbs_code code = thumbs_batch_run(watch->batch, on_event, watch, err);
    pthread_cancel(waiter); /* sigwait() is a place where that takes effect */
    pthread_join(waiter, NULL);
    return code;
}

static int tell(struct thumbs_batch *batch, enum thumbs_code code, const struct thumbs_error *err)
{
    struct thumbs_totals totals;
    thumbs_batch_totals(batch, &totals);
    printf("%" PRIu64 " done, %" PRIu64 " up to date, %" PRIu64 " failed\n",
           totals.by_status[THUMBS_STATUS_DONE] + totals.by_status[THUMBS_STATUS_DAMAGED],
           totals.by_status[THUMBS_STATUS_UP_TO_DATE],
           totals.by_status[THUMBS_STATUS_FAILED] + totals.by_status[THUMBS_STATUS_KNOWN]);
    if (code == THUMBS_STOPPED) return 4;
    if (code != THUMBS_OK) {
        fprintf(stderr, "batch: %s\n", err->message);
        return 3;
    }
    return totals.by_status[THUMBS_STATUS_FAILED] + totals.by_status[THUMBS_STATUS_KNOWN] > 0;
}

int main(int argc, char **argv)
{
    struct thumbs_options options;
    struct thumbs_error err = {0};
    struct watch watch = {0};

    /* Before all else: a worker process begins here, too. */
    if (argc > 1 && strcmp(argv[1], THUMBS_WORKER_ARG) == 0) return thumbs_worker_main();
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: batch SOURCE DEST [MOST]\n");
        return 2;
    }
    if (argc == 4) watch.most = strtoul(argv[3], NULL, 10);

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line as it comes */
    /* Every thread that is made from here on leaves the signals to wait_for_signal(). */
    sigemptyset(&watch.signals);
    sigaddset(&watch.signals, SIGINT);
    sigaddset(&watch.signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &watch.signals, NULL);

    thumbs_options_init(&options);
    options.worker_program = "/proc/self/exe";
    const char *sources[] = {argv[1]};
    enum thumbs_code code = thumbs_batch_create(&options, sources, 1, argv[2], &watch.batch, &err);
    if (code != THUMBS_OK) {
        fprintf(stderr, "batch: %s\n", err.message);
        return code == THUMBS_USAGE ? 2 : 3;
    }
    code = run(&watch, &err);
    int status = tell(watch.batch, code, &err);
    thumbs_batch_destroy(watch.batch);
    return status;
}

/* SPDX-License-Identifier: MIT */
/*
 * signals.h - SIGINT, SIGTERM, SIGHUP and SIGUSR1 become calls on an ordinary thread, so that no
 * code of ours ever runs inside a signal handler. SIGPIPE is ignored: a closed pipe is a write
 * error like any other. SIGHUP is not caught where it is ignored (nohup), nor is a Ctrl-C at the
 * terminal where SIGINT is (background jobs of scripts).
 */
#ifndef THUMBS_CLI_SIGNALS_H
#define THUMBS_CLI_SIGNALS_H

#include <pthread.h>

#include "thumbs/thumbs.h"

struct cli_signals {
    /* Called from the signal thread: for the first signal, which is to end the run in good order;
     * and for the second, right before the process ends at once with status 128+signal. */
    void (*on_first)(void *user, int signal);
    void (*on_second)(void *user, int signal);
    /* For each SIGUSR1, from the signal thread: must not wait, since others are heard only after
     * it. */
    void (*on_ask)(void *user);
    void *user;

    /* private */
    pthread_t thread;
    bool started;
    bool int_ignored; /* SIGINT was ignored from the beginning */
    int signal_fd, stop_fd;
};

/* Set the callbacks first. Blocks the signals in the calling thread, and so in all threads and
 * programs started after it; to be called before any thread exists. MEMORY or INTERNAL. */
enum thumbs_code cli_signals_init(struct cli_signals *signals, struct thumbs_error *err);
/* Ends the thread; no callback runs after it. The signals stay blocked: what comes now is too late
 * to matter. Only after a cli_signals_init(), whatever that returned. */
void cli_signals_finish(struct cli_signals *signals);

#endif

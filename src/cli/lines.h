/* SPDX-License-Identifier: MIT */
/*
 * lines.h - many threads write whole lines to one file. What is written is at most a second old on
 * disk, so that a kill loses little and `tail -f` is of use, yet not every line costs a system
 * call.
 */
#ifndef THUMBS_CLI_LINES_H
#define THUMBS_CLI_LINES_H

#include <pthread.h>

#include "base/bytes.h"
#include "thumbs/thumbs.h"

struct cli_lines {
    int fd;
    bool owned; /* close it at the end */
    /* Called once, from whichever thread saw the first failure, without the lock; may be NULL. What
     * is added after it is dropped. */
    void (*on_error)(void *user, int os_errno);
    void *user;

    pthread_mutex_t lock; /* covers all below */
    pthread_cond_t wake;
    pthread_t flusher;
    bool has_flusher; /* else each line is written at once */
    bool stop;
    struct th_bytes buffer;
    int os_errno; /* of the first failure */
};

/* owned: fd is closed by cli_lines_finish(). Cannot fail: without a thread to flush, each line is
 * written at once. */
void cli_lines_init(struct cli_lines *lines, int fd, bool owned,
                    void (*on_error)(void *user, int os_errno), void *user);
/* Add whole lines. Any thread. */
void cli_lines_add(struct cli_lines *lines, const struct th_bytes *text);
/* Write what is left, end. 0, or the errno value of the first failure of all. */
int cli_lines_finish(struct cli_lines *lines);

#endif

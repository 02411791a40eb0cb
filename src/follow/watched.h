/* SPDX-License-Identifier: MIT */
/*
 * watched.h - the folders of SOURCE that the kernel watches for us; inside follow only. One owner,
 * not thread-safe.
 */
#ifndef TH_FOLLOW_WATCHED_H
#define TH_FOLLOW_WATCHED_H

#include "follow/follow_options.h"
#include "thumbs/thumbs.h"

/* One number a folder, in no order. Zero-initialise. */
struct th_watched {
    int *wds;
    size_t n, cap;
};

/* Watch all folders that there are now; those that were watched and are no more are let go. False,
 * and *err: UNREADABLE (a SOURCE is gone), MEMORY, INTERNAL (the kernel watches no more). What
 * cannot be opened below SOURCE is left to the run, which reports it. */
bool th_watched_renew(struct th_watched *watched, int inotify_fd,
                      const struct th_follow_options *options, struct thumbs_error *err);
void th_watched_finish(struct th_watched *watched);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * watched.h - the folders of SOURCE that the kernel watches for us, and where each lies; inside
 * follow only. One owner, not thread-safe.
 */
#ifndef TH_FOLLOW_WATCHED_H
#define TH_FOLLOW_WATCHED_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/hashmap.h"
#include "follow/follow_options.h"
#include "thumbs/thumbs.h"

#define TH_WATCHED_NONE SIZE_MAX

struct th_watch {
    int wd;
    size_t parent; /* which of them it lies in; NONE: it is a SOURCE */
    size_t name;   /* where its name begins in `names`; a SOURCE has its path there */
    uint64_t dev, ino;
};

/* Zero-initialise. */
struct th_watched {
    struct th_watch *all; /* parents before what lies in them */
    size_t n, cap;
    struct th_bytes names; /* a NUL behind each */
    struct th_hashmap by_wd;
    /* Not each of them has one place, or a SOURCE is a file: it cannot be told where a change
     * belongs. */
    bool ambiguous;
};

/* Watch all folders that there are now; those that were watched and are no more are let go. False,
 * and *err: UNREADABLE (a SOURCE is gone), MEMORY, INTERNAL (the kernel watches no more). What
 * cannot be opened below SOURCE is left to the run, which reports it. */
bool th_watched_renew(struct th_watched *watched, int inotify_fd,
                      const struct th_follow_options *options, struct thumbs_error *err);
/* Watch also the folder of this name in one of them, and what is below it, as far as that is new:
 * what was added has the numbers from the former `n` on. False as above; a folder that is not there
 * any more is none to be watched. */
bool th_watched_add(struct th_watched *watched, int inotify_fd,
                    const struct th_follow_options *options, size_t parent, const char *name,
                    struct thumbs_error *err);
/* Which of them an event is about, or NONE. */
size_t th_watched_find(const struct th_watched *watched, int wd);
void th_watched_finish(struct th_watched *watched);

#endif

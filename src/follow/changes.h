/* SPDX-License-Identifier: MIT */
/*
 * changes.h - what has changed in SOURCE, as events of the kernel tell it; inside follow only.
 *
 *     th_changes_begin(&changes);                              nothing has
 *     th_changes_take(&changes, &watched, event, options);     ... each event
 *     th_changes_settle(&changes, &watched, ...);              new folders are watched, too
 *     th_changes_told(&changes);                               for a run
 *
 * Kept are some 16 to 32 bytes for each folder on the way to a change and for each file. One owner,
 * not thread-safe.
 */
#ifndef TH_FOLLOW_CHANGES_H
#define TH_FOLLOW_CHANGES_H

#include <sys/inotify.h>

#include "follow/watched.h"

/* Zero-initialise. */
struct th_changes {
    struct thumbs_changes told;
    struct th_hashmap folders;   /* device and inode -> enum thumbs_change */
    struct th_hashmap files;     /* and name */
    struct th_bytes new_folders; /* the number of what it lies in, its name and a NUL, for each */
    bool any;                    /* something has changed */
    bool all;                    /* it is not known what, or it concerns the whole */
};

void th_changes_begin(struct th_changes *changes);
void th_changes_take(struct th_changes *changes, const struct th_watched *watched,
                     const struct inotify_event *event, const struct th_follow_options *options);
/* Watch new folders; all that is in them has changed. False as th_watched_add(). */
bool th_changes_settle(struct th_changes *changes, struct th_watched *watched, int inotify_fd,
                       const struct th_follow_options *options, struct thumbs_error *err);
/* Valid until the next begin. NULL: all may have changed. */
const struct thumbs_changes *th_changes_told(struct th_changes *changes);
void th_changes_finish(struct th_changes *changes);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * follow.h - tells when something in SOURCE has changed, and what, by inotify.
 *
 * Files that have come, changed or gone are told, and folders that have come. A folder that was
 * moved or has gone, rules that have changed, a full queue of the kernel: then it is told that all
 * of SOURCE may have changed. Kept for each folder are its name and some 50 bytes.
 *
 * One owner; only th_follow_stop() may be called from another thread.
 */
#ifndef TH_FOLLOW_FOLLOW_H
#define TH_FOLLOW_FOLLOW_H

#include "follow/follow_options.h"
#include "thumbs/thumbs.h"

struct th_follow;

/* Watch from now on. UNREADABLE: a SOURCE cannot be watched; MEMORY; INTERNAL: the system offers no
 * (more) watches, and the message says what to raise. */
enum thumbs_code th_follow_create(const struct th_follow_options *options, struct th_follow **out,
                                  struct thumbs_error *err);
void th_follow_destroy(struct th_follow *follow); /* NULL is fine */

/* Wait until something has changed since the last call (or since create), and then nothing more for
 * a third of a second, but at most five. Then all folders that there are by now are watched, so a
 * run that begins after it misses nothing. *changes: what has changed, valid until the next call;
 * NULL: all may have. STOPPED: th_follow_stop() was called. Else as create. */
enum thumbs_code th_follow_wait(struct th_follow *follow, const struct thumbs_changes **changes,
                                struct thumbs_error *err);
/* End this wait, and all to come. */
void th_follow_stop(struct th_follow *follow);

#endif

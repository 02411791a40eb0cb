/* SPDX-License-Identifier: MIT */
/*
 * sent.h - the files that a worker has been sent, oldest first, and what they hold of the budget.
 *
 *   th_sent_give()                  the first one, that memory has been reserved for (admission.h)
 *   th_sent_fill()                  more, if there are and memory allows
 *   th_sent_take_oldest()           it was answered, or th_sent_fail_oldest(): there will be no
 * answer
 *
 * Only the supervisor's own thread calls.
 */
#ifndef TH_WORK_SENT_H
#define TH_WORK_SENT_H

#include "work/supervision.h"

/* An admitted item with its memory reserved. Without a worker it is sent by who starts one. */
void th_sent_give(struct th_supervisor *supervisor, struct th_item *item);

/* Fill the worker up with files that are ready now and that there is memory for now. One that there
 * is none for waits where any supervisor finds it: this worker may take its time. */
void th_sent_fill(struct th_supervisor *supervisor);

/* The caller's from now on; what it held of the budget is given back. */
struct th_item *th_sent_take_oldest(struct th_supervisor *supervisor);
/* The same, finished as failed. to_blame: it is the file's doing. */
void th_sent_fail_oldest(struct th_supervisor *supervisor, const struct thumbs_error *error,
                         bool to_blame);

/* The worker begins the oldest now. */
void th_sent_begin_time(struct th_supervisor *supervisor);

/* Tell where the files are: called whenever the first of them, or the worker, is another one. */
void th_sent_tell(const struct th_supervisor *supervisor);

/* What the worker may hold: its fixed part, and what was reserved with a quarter on top. */
uint64_t th_sent_share_bytes(const struct th_supervisor *supervisor);

/* What the worker lacks for the oldest: what that is guessed to want, or else libvips, which takes
 * what faster ways decline. 0: it has all. */
uint32_t th_sent_missing_libraries(const struct th_supervisor *supervisor);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * reporter.h - the one place where the status of a source is reported: counted once, called back
 * once.
 *
 * Who holds an entry or a file calls one of these, once, and then destroys it. Any thread.
 */
#ifndef TH_RUN_REPORTER_H
#define TH_RUN_REPORTER_H

#include "run/state.h"

/* The status as the caller has put it together; source and named are filled in here. */
void th_reporter_event(struct thumbs_batch *batch, const struct th_walk_entry *entry,
                       struct thumbs_event *event);

/* An entry of the walk that is no file. */
void th_reporter_entry(struct thumbs_batch *batch, const struct th_walk_entry *entry);
/* A file for which nothing could be begun. */
void th_reporter_failure(struct thumbs_batch *batch, const struct th_walk_entry *entry,
                         const struct thumbs_error *error);

/* The same for a file in flight, which is seen to be reported meanwhile. */
void th_reporter_file_event(struct thumbs_batch *batch, struct th_file *file,
                            struct thumbs_event *event);
/* One that was not worked on. error: NULL for UP_TO_DATE. */
void th_reporter_file(struct thumbs_batch *batch, struct th_file *file, enum thumbs_status status,
                      const struct thumbs_error *error);

#endif

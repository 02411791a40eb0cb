/* SPDX-License-Identifier: MIT */
/*
 * failures.h - how work on a source failed: asked before work, told afterwards. See history.h.
 */
#ifndef TH_COMMIT_FAILURES_H
#define TH_COMMIT_FAILURES_H

#include "commit/source_id.h"
#include "thumbs/thumbs.h"

struct th_output_folder;

/* Only these two verdicts cost more than a look at the file each time, and will be the same next
 * time. (MEMORY is not among them: it says as much about this run's budget and the machine as about
 * the source.) */
static inline bool th_history_remembers(enum thumbs_code code)
{
    return code == THUMBS_CRASHED || code == THUMBS_TIMEOUT;
}

/* Remember how work on a source failed: *error with a code as above. timeout_ns is the time it was
 * allowed (0: without end). Best effort; nothing in a dry run. Any thread. */
void th_history_remember_failure(struct th_output_folder *folder, const char *name,
                                 const struct th_source_id *id, uint64_t timeout_ns,
                                 const struct thumbs_error *error);
/* Is such a failure known of this state of the source, under the options of DEST's fingerprint?
 * Then *error tells it as a memory. Not so where it took too long and is now allowed more time than
 * it was then. Any thread. */
bool th_history_recall_failure(struct th_output_folder *folder, const char *name,
                               const struct th_source_id *id, uint64_t timeout_ns,
                               struct thumbs_error *error);
/* It was tried again and failed in another way: what was known when the output folder was created
 * is true no more. Best effort, nothing where nothing was known. Any thread. */
void th_history_forget_failure(struct th_output_folder *folder, const char *name);

#endif

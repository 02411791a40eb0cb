/* SPDX-License-Identifier: MIT */
/*
 * failures.h - how work on a source failed: asked before work, told afterwards. See history.h.
 */
#ifndef TH_COMMIT_FAILURES_H
#define TH_COMMIT_FAILURES_H

#include "commit/source_id.h"
#include "thumbs/thumbs.h"

struct th_output_folder;

/* These verdicts are about the source, and will be the same next time. (MEMORY is not among them:
 * it says as much about this run's budget and the machine as about the source.) */
static inline bool th_history_remembers(enum thumbs_code code)
{
    return code == THUMBS_CRASHED || code == THUMBS_TIMEOUT || code == THUMBS_CORRUPT ||
           code == THUMBS_UNSUPPORTED || code == THUMBS_TOO_LARGE;
}

/* What a source was allowed, as far as a verdict depends on it. 0: without end. */
struct th_failure_limits {
    uint64_t timeout_ns, max_pixels, max_bytes;
    uint64_t abilities; /* a bit for each decoder that there is */
};

/* Remember how work on a source failed: *error with a code as above. Best effort; nothing in a dry
 * run. Any thread. */
void th_history_remember_failure(struct th_output_folder *folder, const char *name,
                                 const struct th_source_id *id,
                                 const struct th_failure_limits *limits,
                                 const struct thumbs_error *error);
/* Is such a failure known of this state of the source (with no other content, if both are known),
 * or (where id->content is known) of this content, under the options of DEST's fingerprint? Then
 * *error tells it as a memory, and this state is the one on record from now on. Not so where it is
 * now allowed more than it was then, if that was the reason. Any thread. */
bool th_history_recall_failure(struct th_output_folder *folder, const char *name,
                               const struct th_source_id *id,
                               const struct th_failure_limits *limits, struct thumbs_error *error);
/* Is one on record about this name that th_history_recall_failure() may know again by content? */
bool th_history_may_recall_failure(const struct th_output_folder *folder, const char *name,
                                   const struct th_source_id *id);
/* It was tried again and failed in another way: what was known when the output folder was created
 * is true no more. Best effort, nothing where nothing was known. Any thread. */
void th_history_forget_failure(struct th_output_folder *folder, const char *name);

#endif

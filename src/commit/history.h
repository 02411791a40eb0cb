/* SPDX-License-Identifier: MIT */
/*
 * history.h - what was made from a source, and how work on it failed: asked before work, told
 * afterwards.
 *
 * What is asked is what was known when the output folder was created. Telling is best effort: a run
 * does not fail for what it could not write down. See dest.h for the calling sequence.
 */
#ifndef TH_COMMIT_HISTORY_H
#define TH_COMMIT_HISTORY_H

#include <sys/stat.h>

#include "base/bytes.h"
#include "commit/source_id.h"
#include "thumbs/thumbs.h"

struct th_output_folder;

/* ---- what was made ---- */

enum th_known {
    TH_KNOWN_NOTHING,    /* never seen, changed, other options, or an output is missing or not as it
                            was made */
    TH_KNOWN_UP_TO_DATE, /* every output stands, is as long as it was made and bears the source's
                            mtime */
    TH_KNOWN_NOT_IMAGE   /* was looked at and is no image */
};
/* What the manifest, as it was when the output folder was created, and the outputs themselves say.
 * Opens no source. keep_extension and name as in th_name_parts: a change of keep_extension makes it
 * unknown. */
enum th_known th_history_lookup(struct th_output_folder *folder, const char *name,
                                bool keep_extension, const struct th_source_id *id);

/* Whether {stem} was the whole name when outputs of this source were made, if those outputs have
 * gone to no other source since; and whether that was under these very options, or under others,
 * which may lead to other names. False: nothing is on record. Any thread. */
bool th_history_kept_name(const struct th_output_folder *folder, const char *name,
                          bool *keep_extension, bool *same_options);
/* Is this source on record as the last that made the output of this path? Any thread. */
bool th_history_owns(const struct th_output_folder *folder, const char *path, const char *name);
/* Is another source on record as the last that made the output of this path? Then *owner (zeroed
 * before, the caller's to finish in any case) is its name. Any thread. */
bool th_history_owner(const struct th_output_folder *folder, const char *path, const char *name,
                      struct th_bytes *owner);
/* Remember that a source is no image. Best effort. */
void th_history_remember_not_image(struct th_output_folder *folder, const char *name,
                                   const struct th_source_id *id);

/* ---- sources that did harm ---- */

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

/* ---- for write.c ---- */

/* A finished output: the path below DEST, from th_outputs_path(), and the bytes. */
struct th_commit_output {
    const char *path;
    const uint8_t *data;
    size_t len;
};
/* Does the manifest say that thumbs made what stands under the name of this output? */
bool th_history_made(const struct th_output_folder *folder, const char *path,
                     const struct stat *st);
/* Was what stands there written after thumbs made it, as an editor does it? It has neither the
 * length on record nor the time of its source, then or now (id). Unknown without a record. */
bool th_history_edited(const struct th_output_folder *folder, const char *path,
                       const struct stat *st, const struct th_source_id *id);
/* To be called before outputs are replaced: what is recorded of them must not seem true by what
 * stands then. */
void th_history_take_back(struct th_output_folder *folder, const char *name, bool keep_extension,
                          const struct th_source_id *id, const struct th_commit_output *outputs,
                          size_t n_outputs);
/* To be called when all outputs have got their names. */
void th_history_remember(struct th_output_folder *folder, const char *name, bool keep_extension,
                         const struct th_source_id *id, const struct th_commit_output *outputs,
                         size_t n_outputs);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * history.h - what was made from a source: asked before work, told afterwards.
 *
 * What is asked is what was known when the output folder was created. Telling is best effort: a run
 * does not fail for what it could not write down. See dest.h for the calling sequence.
 */
#ifndef TH_COMMIT_HISTORY_H
#define TH_COMMIT_HISTORY_H

#include <sys/stat.h>

#include "base/bytes.h"
#include "commit/same_bytes.h"
#include "commit/source_id.h"
#include "thumbs/thumbs.h"

struct th_output_folder;

/* ---- what was made ---- */

enum th_known {
    TH_KNOWN_NOTHING,    /* never seen, changed, other options, or an output is missing or not as it
                            was made */
    TH_KNOWN_UP_TO_DATE, /* every output stands, is as long as it was made and bears the source's
                            mtime, or what it was when they were made */
    TH_KNOWN_IF_SAME,    /* the same, but that the source was changed or touched since: ask
                            th_history_is_same() when its content is known */
    TH_KNOWN_NOT_IMAGE   /* was looked at and is no image */
};
/* What the manifest, as it was when the output folder was created, and the outputs themselves say.
 * Opens no source. keep_extension and name as in th_name_parts: a change of keep_extension makes it
 * unknown. */
enum th_known th_history_lookup(struct th_output_folder *folder, const char *name,
                                bool keep_extension, const struct th_source_id *id);

/* id->content is known: has the source that very content under the options of DEST's fingerprint,
 * and does all stand that was made of it? Any thread. */
bool th_history_is_same(struct th_output_folder *folder, const char *name, bool keep_extension,
                        const struct th_source_id *id);
/* It was so: from now on this state of the source is the one on record. Outputs are left as they
 * are. Best effort, nothing in a dry run. Any thread. */
void th_history_refresh(struct th_output_folder *folder, const char *name,
                        const struct th_source_id *id);

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

/* ---- for write.c ---- */

/* A finished output: the path below DEST, from th_outputs_path(), and the bytes; what else is known
 * of it is to be told again. */
struct th_commit_output {
    const char *path;
    const uint8_t *data;
    size_t len;
    enum thumbs_format format;
    uint32_t width, height;
    uint32_t sizes;   /* as in struct thumbs_output */
    uint64_t content; /* th_mark_content() of the bytes; 0: not known */
    bool shared;      /* its name tells its content: if it stands there already, it stays */
};
/* Does the manifest say that thumbs made what stands under the name of this output? */
bool th_history_made(const struct th_output_folder *folder, const char *path,
                     const struct stat *st);
/* Was what stands there written after thumbs made it, as an editor does it? It has neither the
 * length on record nor the time of its source, then or now (id). Unknown without a record. */
bool th_history_edited(const struct th_output_folder *folder, const char *path,
                       const struct stat *st, const struct th_source_id *id);
/* To be called before outputs are replaced: what is recorded of them must not seem true by what
 * stands then. `stood` has an entry for each output: which are not replaced. */
void th_history_take_back(struct th_output_folder *folder, const char *name, bool keep_extension,
                          const struct th_source_id *id, const struct th_commit_output *outputs,
                          const struct th_stood *stood, size_t n_outputs);
/* To be called when all outputs have got their names. */
void th_history_remember(struct th_output_folder *folder, const char *name, bool keep_extension,
                         const struct th_source_id *id, const struct th_commit_output *outputs,
                         const struct th_stood *stood, size_t n_outputs);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * commit.h - finished bytes to a file under DEST, whole or not at all; the names of outputs; and what was made before.
 *
 * Owns DEST: its open folder, its counterpart folders ("places"), temporary files `.thumbs-<run>-<n>`, and the memory
 * in DEST/.thumbs/ (one manifest per source folder: which outputs were made from which state of a source under which
 * options, and which files are not images). Nothing is ever written outside DEST: folders below it are opened part by
 * part without following symbolic links. Knows nothing of pictures, queues or walking.
 *
 * Commit is the shielded step: once begun it runs to its rename or removes its temporary file.
 */
#ifndef TH_COMMIT_COMMIT_H
#define TH_COMMIT_COMMIT_H

#include "base/bytes.h"
#include "naming/safe_path.h"
#include "thumbs/thumbs.h"

/* ---- DEST ---- */

/* Where trees lie below DEST: that of the one SOURCE straight under it, or each under its own name. ANY: there is no
 * tree. */
enum th_layout { TH_LAYOUT_ANY, TH_LAYOUT_ONE, TH_LAYOUT_SEVERAL };

struct th_dest;
struct th_dest_options {
    const char *path;
    bool overwrite; /* replace files that thumbs did not make */
    bool dry_run;   /* write nothing, make nothing; DEST may be missing */
    enum th_layout layout;
    uint64_t fingerprint; /* of all options that matter to bytes and names, and of the version */
};
/* Open DEST (make it and its parents where missing), check that it can be written, sign this run in (a locked marker in
 * DEST/.thumbs/). */
enum thumbs_code th_dest_create(const struct th_dest_options *options, struct th_dest **out, struct thumbs_error *err);
void th_dest_destroy(struct th_dest *dest); /* NULL is fine; after all its places */
/* Device and inode of DEST, so the walk does not enter it. False in a dry run where it is missing. */
bool th_dest_identity(const struct th_dest *dest, uint64_t *dev, uint64_t *ino);

/* The layout of the last run into DEST, if it was not that of this one; else ANY. */
enum th_layout th_dest_other_layout(const struct th_dest *dest);

/* An output could not be written, for os_errno (0: not known): will it be so with all that are to come? True where DEST
 * has been removed since it was opened, and where after an error of the disk, or of the network it is behind, a probe
 * file cannot be written either. Any thread. */
bool th_dest_is_lost(struct th_dest *dest, int os_errno);

/* ---- places: the counterpart in DEST of one source folder ---- */

struct th_place;
/* dir: path of the source folder below SOURCE. Reads its manifest and removes stale temporaries of killed runs from the
 * output folder of the same name. Never fails but for memory (NULL): a place that cannot be read just remembers
 * nothing. Thread-safe in use. */
struct th_place *th_place_create(struct th_dest *dest, const char *dir);
void th_place_destroy(void *place); /* of type struct th_place; compacts its manifest if worth it */

/* What a source file was when it was read. Tools that keep size and mtime change the ctime, or put another file (inode)
 * in its place. */
struct th_source_id {
    uint64_t size;
    int64_t mtime_sec, ctime_sec;
    int32_t mtime_nsec, ctime_nsec;
    uint64_t inode; /* 0 where the file system does not keep it */
};
enum th_known {
    TH_KNOWN_NOTHING,    /* never seen, changed, other options, or an output is missing or not as it was made */
    TH_KNOWN_UP_TO_DATE, /* every output stands, is as long as it was made and bears the source's mtime */
    TH_KNOWN_NOT_IMAGE   /* was looked at and is no image */
};
/* What the manifest, as it was when the place was created, and the outputs themselves say. Opens no
 * source. keep_extension and name as in th_name_parts: a change of keep_extension makes it
 * unknown. */
enum th_known th_place_lookup(struct th_place *place, const char *name, bool keep_extension,
                              const struct th_source_id *id);

/* One finished source: write all outputs, each with thumbs' mark in it (commit/maker_mark.h), by
 * temporary file, checked write and close, mtime of the source, rename; then remember it. What
 * stands under a name already is replaced if it is empty, was made by thumbs (the manifest or
 * the mark says so) or options.overwrite is set. The paths are below DEST, from
 * th_template_expand() (INTERNAL if they are not like that). Two outputs of one path and the
 * same bytes are one. On failure outputs already renamed stay (each is whole), nothing is
 * remembered. Codes NOT_OURS, NO_SPACE, NOT_WRITABLE, MEMORY, NAME_CLASH (one path, other
 * bytes); stage write. Any thread. */
struct th_commit_output {
    const char *path;
    const uint8_t *data;
    size_t len;
};
/* How long the file of such an output will be, with its mark. */
size_t th_commit_len(const uint8_t *data, size_t len);
enum thumbs_code th_place_commit(struct th_place *place, const char *name, bool keep_extension,
                                 const struct th_source_id *id, const struct th_commit_output *outputs,
                                 size_t n_outputs, struct thumbs_error *err);
/* The inodes of this folder's sources are given anew whenever it is mounted: they are not to be compared. To be called
 * before all others. */
void th_place_ignore_inodes(struct th_place *place);
/* Whether {stem} was the whole name when outputs of this source were made, under whatever options, if those outputs
 * have gone to no other source since. False: nothing is on record. Any thread. */
bool th_place_kept_name(const struct th_place *place, const char *name, bool *keep_extension);
/* Is another source on record as the last that made the output of this path? Then *owner (zeroed before, the caller's
 * to finish in any case) is its name. Any thread. */
bool th_place_owner(const struct th_place *place, const char *path, const char *name, struct th_bytes *owner);
/* Remember that a source is no image. Best effort. */
void th_place_remember_not_image(struct th_place *place, const char *name, const struct th_source_id *id);

/* ---- sources that did harm ---- */

/* Only these two verdicts cost more than a look at the file each time, and will be the same next time. (MEMORY is not
 * among them: it says as much about this run's budget and the machine as about the source.) */
static inline bool th_failure_is_worth_remembering(enum thumbs_code code)
{
    return code == THUMBS_CRASHED || code == THUMBS_TIMEOUT;
}

/* Remember how work on a source failed: *error with a code as above. timeout_ns is the time it was allowed (0: without
 * end). Best effort; nothing in a dry run. Any thread. */
void th_place_remember_failure(struct th_place *place, const char *name, const struct th_source_id *id,
                               uint64_t timeout_ns, const struct thumbs_error *error);
/* Is such a failure known of this state of the source, under the options of DEST's fingerprint? Then *error tells it as
 * a memory. Not so where it took too long and is now allowed more time than it was then. Any thread. */
bool th_place_recall_failure(struct th_place *place, const char *name, const struct th_source_id *id,
                             uint64_t timeout_ns, struct thumbs_error *error);
/* It was tried again and failed in another way: what was known when the place was created is true no more. Best effort,
 * nothing where nothing was known. Any thread. */
void th_place_forget_failure(struct th_place *place, const char *name);

#endif

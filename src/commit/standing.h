/* SPDX-License-Identifier: MIT */
/* standing.h - are the outputs below DEST still those that were made? Judged by names, lengths
 * and times: only folders are opened. Any thread. Not for other rooms. */
#ifndef TH_COMMIT_STANDING_H
#define TH_COMMIT_STANDING_H

#include <sys/stat.h>

#include "commit/output_folder_internal.h"

/* The time that the outputs of a record bear. */
struct timespec th_standing_time(const struct th_manifest_record *record);
/* The same of one output of it, given as its word. */
struct timespec th_standing_output_time(const struct th_manifest_record *record, const char *word,
                                        size_t len);
struct timespec th_standing_source_time(const struct th_source_id *id);
/* Is that the time of an output, as far as its file system can hold it? */
bool th_standing_is_time(const struct th_dest *dest, const struct timespec *output,
                         const struct timespec *time);
/* Is this what was made, as far as can be told without opening it? Length 0: it is not known how
 * long it was. An empty file is none of ours, whatever its time: a power cut may leave such. */
bool th_standing_is_as_made(const struct th_output_folder *folder, const struct stat *st,
                            uint64_t len, const struct timespec *time);
/* Do all outputs of a record stand as they were made, and belong to it still? An output belongs to
 * several where the last line about it says that it has the same bytes. */
bool th_standing_outputs(struct th_output_folder *folder, const struct th_manifest_record *record);

/* Where an output stands: an open folder, and the name in it. */
struct th_spot {
    struct th_folder_ref ref;
    const char *name;
};
/* output: decoded, without a length, as it stands in the manifest. False: its folder is not
 * there. The reference is the caller's to release in any case. */
bool th_standing_find(struct th_output_folder *folder, const char *output, struct th_spot *out);

#endif

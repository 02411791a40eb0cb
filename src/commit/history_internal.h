/* SPDX-License-Identifier: MIT */
/* history_internal.h - what the files of the history share. Not for other rooms. */
#ifndef TH_COMMIT_HISTORY_INTERNAL_H
#define TH_COMMIT_HISTORY_INTERNAL_H

#include "commit/output_folder_internal.h"

/* Is there a record of that status about this very state of the source? */
bool th_history_find_state(const struct th_output_folder *folder, const char *name, const char *key,
                           char status, const struct th_source_id *id,
                           struct th_manifest_record *out);
/* What was loaded of a source of that name that was no image to this version, in this state of it
 * (NULL: in any). */
bool th_history_find_no_image(const struct th_output_folder *folder, const char *name,
                              const struct th_source_id *id, struct th_manifest_record *out);
/* Is there a line about this name and key already? */
bool th_history_is_known(const struct th_output_folder *folder, const char *name, const char *key);

/* Append the path below DEST of an output, given as its word (len bytes) without the length. False
 * if it is none. */
bool th_history_add_path(const struct th_output_folder *folder, struct th_bytes *path,
                         const char *word, size_t len);
/* The words of a line up to the name; time as in th_manifest_begin_line(). */
void th_history_begin_line(const struct th_output_folder *folder, struct th_bytes *line,
                           char status, const char *key, const struct th_source_id *id,
                           const struct timespec *time, bool keep_extension, const char *name);
/* End the line and append it. known: there is one about this name and key already. False: it may
 * not have been written. */
bool th_history_append(struct th_output_folder *folder, bool known, struct th_bytes *line);
/* Take a record back: nothing is known of its name under its key. If that cannot be written, all
 * is given up. */
void th_history_forget_record(struct th_output_folder *folder,
                              const struct th_manifest_record *record);

#endif

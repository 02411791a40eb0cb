/* SPDX-License-Identifier: MIT */
/* file.h - a file in flight: its beginning and its end, and what commit knows it by. */
#ifndef TH_RUN_FILE_H
#define TH_RUN_FILE_H

#include "commit/output_folder.h"
#include "commit/source_id.h"
#include "run/state.h"

/* A file in flight for a walk entry, which it takes over (*entry is zeroed); NULL: no memory, the
 * entry stays. */
struct th_file *th_file_create(struct thumbs_batch *batch, struct th_walk_entry *entry);
/* Gives a buffer back to the batch. NULL is fine. */
void th_file_destroy(struct thumbs_batch *batch, struct th_file *file);

/* What was made of its folder in DEST. */
struct th_output_folder *th_file_output_folder(const struct th_file *file);
/* What its outputs are named by. */
struct th_naming_source th_file_source(const struct thumbs_batch *batch,
                                       const struct th_file *file);
/* The state of a source, but for its content. */
struct th_source_id th_file_id_of(const struct stat *st);
/* Its state when it was read. */
struct th_source_id th_file_id(const struct th_file *file);
/* An event that tells what is known of the file itself; the rest is zero. */
struct thumbs_event th_file_event(const struct th_file *file);

#endif

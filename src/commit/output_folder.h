/* SPDX-License-Identifier: MIT */
/*
 * output_folder.h - the counterpart in DEST of one source folder: where its outputs go, and what is
 * remembered of it.
 *
 * See dest.h for the calling sequence.
 */
#ifndef TH_COMMIT_OUTPUT_FOLDER_H
#define TH_COMMIT_OUTPUT_FOLDER_H

struct th_dest;
struct th_output_folder;

/* dir: path of the source folder below SOURCE. Reads its manifest and removes stale temporaries of
 * killed runs from the output folder of the same name. Never fails but for memory (NULL): where the
 * manifest cannot be read, nothing is remembered. Thread-safe in use. */
struct th_output_folder *th_output_folder_create(struct th_dest *dest, const char *dir);
void th_output_folder_destroy(
    void *folder); /* a struct th_output_folder; compacts its manifest where that pays */
/* The inodes of this folder's sources are given anew whenever it is mounted: they are not to be
 * compared. To be called before all others. */
void th_output_folder_ignore_inodes(struct th_output_folder *folder);

#endif

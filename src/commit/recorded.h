/* SPDX-License-Identifier: MIT */
/*
 * recorded.h - the outputs on record, one after the other, and their removal.
 *
 *   th_recorded_each_folder()      each source folder that anything is on record of
 *   th_recorded_each()             each output on record of one of them
 *   th_recorded_look()             does it stand, and is it ours?
 *   th_recorded_remove()           ... and away with it
 *   th_recorded_drop_folder()
 *
 * Which of them are to go is not this room's to say. An output is removed before its record is: a
 * run that dies in between leaves a record of what does not stand, which is never up to date.
 *
 * To be used when no file of this run is in flight; one thread.
 */
#ifndef TH_COMMIT_RECORDED_H
#define TH_COMMIT_RECORDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

struct th_dest;
struct th_output_folder;
struct th_source_id;
struct th_manifest_record;
struct th_recorded_pass;

/* An output, and a source of which it was made. Borrowed during the call. */
struct th_recorded {
    const char *path; /* below DEST */
    const char *dir;  /* the source: path of its folder, and its name */
    const char *name;
    bool own_options; /* it was made under the options of this run */
    /* This is the last that made it. Else others have made it since, which may have left it as it
     * was, where its name tells its content. */
    bool is_owner;
    uint64_t source; /* a hash of dir and name */
    uint64_t hash;   /* of the path */
    /* For this room: */
    const struct th_manifest_record *record;
    const char *word;
    size_t word_len;
    struct th_recorded_pass *pass;
};
typedef bool th_recorded_fn(void *user, struct th_output_folder *folder,
                            const struct th_recorded *recorded);

/* Call each() with the outputs that the manifest of a source folder (as it was when `folder` was
 * created) lists, until it returns false: each with its owner, and with everybody else of whom it
 * still is on record. False: so it did, or there was no memory. */
bool th_recorded_each(struct th_output_folder *folder, th_recorded_fn *each, void *user);

/* Was the source made under the options of this run, into outputs that stand and of which this is
 * none? */
bool th_recorded_is_stale(struct th_output_folder *folder, const struct th_recorded *recorded);
/* Was the source found to be no image since, in this state of it? NULL: in any. */
bool th_recorded_is_of_no_image(struct th_output_folder *folder, const struct th_recorded *recorded,
                                const struct th_source_id *id);

enum th_stands { TH_STANDS_NOT, TH_STANDS_OURS, TH_STANDS_FOREIGN };
/* What is there under its name. FOREIGN: thumbs did not make it, or it was edited since. */
enum th_stands th_recorded_look(struct th_output_folder *folder,
                                const struct th_recorded *recorded);
/* Remove it, if it is ours, and remember that. OK where it was not there any more. From within
 * th_recorded_each(), with its owner. */
enum thumbs_code th_recorded_remove(struct th_output_folder *folder,
                                    const struct th_recorded *recorded, struct thumbs_error *err);
/* Remove folders that have become empty, from this one up, but never DEST. Only where no other run
 * is alive, which may be about to write there. */
void th_recorded_remove_empty(struct th_dest *dest, const char *path);

/* Remove the manifest of a source folder that is gone, if nothing made is on record in it. */
void th_recorded_drop_folder(struct th_output_folder *folder);

typedef bool th_recorded_folder_fn(void *user, const char *dir);
/* Call each() with the path of each source folder that has a manifest, in no order, until it
 * returns false. False: so it did, or what there is could not be read as a whole. */
bool th_recorded_each_folder(struct th_dest *dest, th_recorded_folder_fn *each, void *user);

#endif

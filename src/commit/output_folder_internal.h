/* SPDX-License-Identifier: MIT */
/* output_folder_internal.h - an output folder, as history.c and write.c see it. Not for other
 * rooms. */
#ifndef TH_COMMIT_OUTPUT_FOLDER_INTERNAL_H
#define TH_COMMIT_OUTPUT_FOLDER_INTERNAL_H

#include "base/hashmap.h"
#include "commit/dest_internal.h"
#include "commit/manifest.h"

#define TH_KEPT_FOLDERS 16

/* A folder that outputs go to and that is not its own: where a template says so. */
struct th_folder {
    char *path;
    size_t len;
    int fd;
};

struct th_output_folder {
    struct th_dest *dest;
    struct th_bytes path; /* path of its own output folder below DEST */
    uint64_t dir_hash;
    const char *key;    /* the fingerprint in the manifest; of dest */
    bool inodes_change; /* those of sources mean nothing */
    struct th_manifest manifest;

    /* Sources of the manifest as it was read that have a newer record by now: an older one of
     * theirs must not be forgotten behind it. The lock is held while a line about such a source is
     * appended. */
    pthread_mutex_t renewing;
    struct th_hashmap renewed; /* hashes of name and fingerprint */

    pthread_mutex_t lock; /* held to open what follows; readers look at the atomics first */
    atomic_int own_fd;    /* -1: not yet opened */
    atomic_size_t n_folders;
    struct th_folder folders[TH_KEPT_FOLDERS];

    struct th_output_folder *next; /* in dest->folders */
};

/* An open folder for a while: `owned` says whether the caller must close it. */
struct th_folder_ref {
    int fd;
    bool owned;
};
void th_folder_release(struct th_folder_ref *ref);

/* Is this path (len bytes) that of its own folder? */
bool th_folder_is_own(const struct th_output_folder *folder, const char *path, size_t len);
/* Its own folder, borrowed; -1 with errno and *err (may be NULL) set. */
int th_folder_own(struct th_output_folder *folder, bool make, struct thumbs_error *err);
/* The folder `path` below DEST. False with errno and *err (may be NULL) set. */
bool th_folder_get(struct th_output_folder *folder, const char *path, size_t len, bool make,
                   struct th_folder_ref *ref, struct thumbs_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * output_folder_internal.h - what the files about one place share: its folders (folders.c), what it remembers
 * (history.c), the writing of outputs (write.c), beginning and end (output_folder.c). Not for other
 * rooms.
 */
#ifndef TH_COMMIT_OUTPUT_FOLDER_INTERNAL_H
#define TH_COMMIT_OUTPUT_FOLDER_INTERNAL_H

#include <sys/stat.h>

#include "commit/manifest.h"

#define TH_PLACE_FOLDERS 16

/* A folder that outputs of this place go to and that is not its own: where a template says so. */
struct th_folder {
    char *path;
    size_t len;
    int fd;
};

struct th_place {
    struct th_dest *dest;
    struct th_bytes folder; /* path of its own output folder below DEST */
    uint64_t dir_hash;
    char key[17];       /* the fingerprint in the manifest */
    bool inodes_change; /* those of sources mean nothing */
    struct th_manifest manifest;

    pthread_mutex_t lock; /* held to open what follows; readers look at the atomics first */
    atomic_int own_fd;    /* -1: not yet opened */
    atomic_size_t n_folders;
    struct th_folder folders[TH_PLACE_FOLDERS];

    struct th_place *next; /* in dest->places */
};

/* ---- folders.c ---- */

/* An open folder for a while: `owned` says whether the caller must close it. */
struct th_folder_ref {
    int fd;
    bool owned;
};
void th_folder_release(struct th_folder_ref *ref);

/* Is this path (len bytes) that of the place's own folder? */
bool th_folder_is_own(const struct th_place *place, const char *path, size_t len);
/* The place's own folder, borrowed; -1 with errno and *err (may be NULL) set. */
int th_folder_own(struct th_place *place, bool make, struct thumbs_error *err);
/* The folder `path` below DEST. False with errno and *err (may be NULL) set. */
bool th_folder_get(struct th_place *place, const char *path, size_t len, bool make, struct th_folder_ref *ref,
                   struct thumbs_error *err);

/* ---- history.c ---- */

/* Does the manifest say that thumbs made what stands under the name of this output? */
bool th_history_made(const struct th_place *place, const char *path, const struct stat *st);
/* To be called before outputs are replaced: what is recorded of them must not seem true by what stands then. */
void th_history_forget(struct th_place *place, const char *name, bool keep_extension, const struct th_source_id *id,
                       const struct th_commit_output *outputs, size_t n_outputs);
/* To be called when all outputs have got their names. */
void th_history_remember(struct th_place *place, const char *name, bool keep_extension, const struct th_source_id *id,
                         const struct th_commit_output *outputs, size_t n_outputs);

#endif

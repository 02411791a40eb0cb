/* SPDX-License-Identifier: MIT */
/*
 * commit_internal.h - what the files of the commit room share: the open DEST with this run's sign-in (dest.c).
 * Not for other rooms.
 */
#ifndef TH_COMMIT_COMMIT_INTERNAL_H
#define TH_COMMIT_COMMIT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "commit/commit.h"

#define TH_MADE_DIR      "made"   /* in DEST/.thumbs: the manifests */
#define TH_MARKER_PREFIX "run-"   /* in DEST/.thumbs: a locked file for each run that is alive */
#define TH_LAYOUT_FILE   "layout" /* in DEST/.thumbs: one word, how trees lie in DEST */
#define TH_RUN_ID_LEN    16       /* hex digits */
#define TH_TEMP_NAME_MAX 48       /* prefix, run id, '-', 20 digits, NUL */
#define TH_SWEPT_SLOTS   1024
#define TH_SPARE_FOLDERS 64 /* open folders other than the places' own, all places together */

struct th_dest {
    /* Set at creation, then only read. */
    int fd; /* DEST; -1 in a dry run where it is missing */
    bool dry_run;
    bool overwrite;        /* whatever stands under the name of an output is replaced */
    bool remote;           /* appends by several machines need a lock (network file systems) */
    bool two_second_times; /* FAT: modification times are even seconds */
    uint64_t fingerprint;
    enum th_layout other_layout; /* that of the run before, if it was another */
    uint64_t dev, ino;
    uint64_t hash_seed; /* of tables in memory, so that nobody can prepare names that collide */
    char run_id[TH_RUN_ID_LEN + 1];

    /* Any thread. */
    atomic_uint_fast64_t n_temps;
    atomic_int n_spare_folders;
    /* Hashes of folders swept in this run. Forgetful: a second sweep does no harm. */
    _Atomic uint64_t swept[TH_SWEPT_SLOTS];

    pthread_mutex_t lock;        /* guards what follows; held over system calls, but no other lock is taken inside it */
    int marker_fd;               /* locked as long as this run lives */
    char (*live)[TH_RUN_ID_LEN]; /* other runs that were seen alive */
    size_t n_live, cap_live;

    pthread_mutex_t places_lock; /* guards `places`; outermost */
    struct th_place *places;     /* those that are open */
};

/* ---- DEST (dest.c) ---- */

/* Open the folder `path` (len bytes, no slash at either end, "" for DEST itself) below DEST, part by part and never
 * through a symbolic link; make what is missing if `make`. A file descriptor of the caller's, or -1 with errno and *err
 * (which may be NULL) set. *made (may be NULL) tells whether the last part is new. */
int th_dest_open_folder(const struct th_dest *dest, const char *path, size_t len, bool make, bool *made,
                        struct thumbs_error *err);

/* Open DEST/.thumbs/made. With `make` the two are made where missing and this run is signed in again if the state
 * folder was deleted under it. -1 and errno on failure. */
int th_dest_open_made(struct th_dest *dest, bool make);

/* Remove temporaries of dead runs from an open folder, once per run. `path` names it as above. */
void th_dest_sweep(struct th_dest *dest, int folder_fd, const char *path, size_t len);

/* Is a run other than this one signed in and alive (or not known to be dead)? */
bool th_dest_has_other_runs(struct th_dest *dest);

/* A new name for a temporary of this run. */
void th_dest_temp_name(struct th_dest *dest, char name[TH_TEMP_NAME_MAX]);

/* Describe a failed write below DEST: NO_SPACE with what is free, else NOT_WRITABLE. Returns the code. */
enum thumbs_code th_dest_write_error(const struct th_dest *dest, struct thumbs_error *err, int os_errno,
                                     const char *what);

#endif

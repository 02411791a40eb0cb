/* SPDX-License-Identifier: MIT */
/* dest_internal.h - the open DEST, as the files of this room share it. Not for other rooms. */
#ifndef TH_COMMIT_DEST_INTERNAL_H
#define TH_COMMIT_DEST_INTERNAL_H

#include "commit/layout.h"
#include "commit/run_lock.h"
#include "commit/turn.h"
#include "thumbs/thumbs.h"

#define TH_SPARE_FOLDERS 64 /* open folders other than the output folders' own, all together */

struct th_dest {
    /* Set at creation, then only read. */
    int fd; /* DEST; -1 in a dry run where it is missing */
    bool dry_run;
    bool overwrite;        /* whatever stands under the name of an output is replaced */
    unsigned output_mode;  /* permissions of outputs; 0: as the umask leaves them */
    bool remote;           /* appends by several machines need a lock (network file systems) */
    bool two_second_times; /* FAT: modification times are even seconds */
    char key[17];          /* the fingerprint of this run, as manifests write it */
    enum th_layout other_layout; /* that of the run before, if it was another */
    uint64_t dev, ino;
    unsigned folding; /* bits of naming/fold.h */
    struct th_turn_job job;
    bool unlocked; /* turns cannot be taken here */

    /* The thread that creates, waits and destroys. */
    int turn_fd; /* -1: there is none to give back */
    bool waits;
    char waits_for[TH_RUN_SIGN_MAX + 64];

    /* Any thread. */
    struct th_run_lock run;
    atomic_int n_spare_folders;
    atomic_bool has_newer; /* manifests that a newer version wrote, and that are left as they are */

    pthread_mutex_t sharing; /* held while an output that several sources share gets its name */
    pthread_mutex_t folders_lock;     /* guards `folders`; outermost */
    struct th_output_folder *folders; /* those that are open */
};

/* The folder `path` below DEST; see th_open_below(). *made may be NULL. */
int th_dest_open_folder(struct th_dest *dest, const char *path, size_t len, bool make, bool *made,
                        struct thumbs_error *err);

/* Open DEST/.thumbs/made. With `make` the two are made where missing, and the run lock is taken
 * again if the state folder was deleted under it. -1 and errno on failure. */
int th_dest_open_made(struct th_dest *dest, bool make);

/* Remove temporaries of dead runs from an open folder, once per run, and not in a dry run. */
void th_dest_sweep(struct th_dest *dest, int folder_fd, const char *path, size_t len);

/* Is a run other than this one alive (or not known to be dead)? */
bool th_dest_has_other_runs(struct th_dest *dest);

/* Describe a failed write below DEST: NO_SPACE with what is free, else NOT_WRITABLE. Returns the
 * code. */
enum thumbs_code th_dest_write_error(const struct th_dest *dest, struct thumbs_error *err,
                                     int os_errno, const char *what);

#endif

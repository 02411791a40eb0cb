/* SPDX-License-Identifier: MIT */
/*
 * dest.h - DEST: opened, made where it is missing, and known to be written by this run.
 *
 *   th_dest_create()
 *   for each source folder:
 *       th_output_folder_create()            output_folder.h
 *       for each of its sources:
 *           th_history_lookup() ...          history.h: is it up to date?
 *           th_write_outputs()               write.h: whole files or none, and remembered
 *       th_output_folder_destroy()
 *   th_dest_destroy()
 *
 * Nothing is ever written outside DEST. What is not an output lies in DEST/.thumbs/: one manifest
 * for each source folder (manifest.h), one lock for each run that is alive (run_lock.h), the lock
 * by which runs take turns (turn.h), the layout (layout.h).
 */
#ifndef TH_COMMIT_DEST_H
#define TH_COMMIT_DEST_H

#include <stdbool.h>
#include <stdint.h>

#include "commit/layout.h"
#include "commit/turn.h"
#include "thumbs/thumbs.h"

struct th_dest;
struct th_dest_options {
    const char *path;
    bool overwrite;       /* replace files that thumbs did not make */
    unsigned output_mode; /* permissions of outputs; 0: as the umask leaves them */
    bool dry_run;         /* write nothing, make nothing; DEST may be missing */
    enum th_layout layout;
    uint64_t fingerprint;   /* of all options that matter to bytes and names, and of the version */
    struct th_turn_job job; /* whose turn it is to be; not in a dry run */
    bool wait;              /* where another run has the turn, it is waited for by th_dest_wait() */
};
/* Open DEST (make it and its parents where missing), check that it can be written, take the lock of
 * this run (run_lock.h), and its turn (turn.h). NOT_WRITABLE also where another run has that, and
 * it is not to be waited for. */
enum thumbs_code th_dest_create(const struct th_dest_options *options, struct th_dest **out,
                                struct thumbs_error *err);
void th_dest_destroy(struct th_dest *dest); /* NULL is fine; after all its output folders */
/* Device and inode of DEST, so the walk does not enter it. False in a dry run where it is
 * missing. */
bool th_dest_identity(const struct th_dest *dest, uint64_t *dev, uint64_t *ino);

/* Is another run to be waited for? Then one clause says so; else NULL. */
const char *th_dest_waits_for(const struct th_dest *dest);
/* Wait until it is our turn; asks stopped() several times a second. To be called before anything is
 * read or written. False: stopped. */
bool th_dest_wait(struct th_dest *dest, bool (*stopped)(void *user), void *user);
/* Nothing keeps other runs away, since there are no locks here. */
bool th_dest_is_unlocked(const struct th_dest *dest);
/* Has it manifests of a newer version of thumbs? Those are neither read nor written. */
bool th_dest_has_newer(const struct th_dest *dest);

/* A random number: for tables in memory, so that nobody can prepare names that collide in them. */
uint64_t th_dest_seed(const struct th_dest *dest);

/* What its file system takes for one name: bits of naming/fold.h. In a dry run only as far as can
 * be told without making a file. */
unsigned th_dest_folding(const struct th_dest *dest);

/* The layout of the last run into DEST, if it was not that of this one; else ANY. */
enum th_layout th_dest_other_layout(const struct th_dest *dest);

/* An output could not be written, for os_errno (0: not known): will it be so with all that are to
 * come? True where DEST has been removed since it was opened, and where after an error of the disk,
 * or of the network it is behind, a probe file cannot be written either. Any thread. */
bool th_dest_is_lost(struct th_dest *dest, int os_errno);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * run_lock.h - which runs into DEST are alive, and the removal of what dead ones left behind.
 *
 *   th_run_lock_init(), then dest_fd is set
 *   th_run_lock_take()              before the first temporary
 *   th_run_lock_temp_name()         names of temporaries, which tell whose they are
 *   th_run_lock_sweep_once()        each folder, before it is written to
 *   th_run_lock_finish()
 *
 * A run is alive as long as it holds the lock on its file DEST/.thumbs/run-<id>. The lock belongs
 * to the open file (F_OFD_SETLK), so the kernel drops it whatever kills the process, and it reaches
 * other machines where the file system does. Process ids would say nothing there.
 */
#ifndef TH_COMMIT_RUN_LOCK_H
#define TH_COMMIT_RUN_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TH_RUN_ID_LEN    16 /* hex digits */
#define TH_TEMP_NAME_MAX 48 /* prefix, run id, '-', 20 digits, NUL */
#define TH_SWEPT_FOLDERS 1024
#define TH_RUN_SIGN_MAX  120

/* Zero-initialise, then th_run_lock_init(). */
struct th_run_lock {
    char id[TH_RUN_ID_LEN + 1];
    uint64_t seed; /* random: of tables in memory, so that nobody can prepare names that collide */
    int dest_fd;   /* borrowed; set once DEST is open */

    /* Any thread. */
    atomic_uint_fast64_t n_temps;
    /* Hashes of folders swept in this run. Forgetful: a second sweep does no harm. */
    _Atomic uint64_t swept[TH_SWEPT_FOLDERS];

    pthread_mutex_t lock; /* guards what follows; held over system calls, but no other lock is taken
                             inside it */
    int fd;               /* locked as long as this run lives; -1: not taken */
    char (*live)[TH_RUN_ID_LEN]; /* other runs that were seen alive */
    size_t n_live, cap_live;
};

void th_run_lock_init(struct th_run_lock *run);
void th_run_lock_finish(struct th_run_lock *run); /* gives the lock up */

/* state_fd: DEST/.thumbs. Once more if that was deleted under this run. False with errno. */
bool th_run_lock_take(struct th_run_lock *run, int state_fd);
/* Is a run other than this one alive (or not known to be dead)? Locks of dead ones are removed if
 * wished. */
bool th_run_lock_others(const struct th_run_lock *run, int state_fd, bool remove);

/* Write into the lock of this run who it is, for others to read while it lives. Best effort. */
void th_run_lock_sign(struct th_run_lock *run);
/* Who one of the other runs is that live and have signed: "process 1234 on host"; "" if nobody has.
 * Printable characters only. */
void th_run_lock_find_signed(const struct th_run_lock *run, int state_fd,
                             char who[TH_RUN_SIGN_MAX]);

/* A new name for a temporary of this run. Any thread. */
void th_run_lock_temp_name(struct th_run_lock *run, char name[TH_TEMP_NAME_MAX]);
/* Remove temporaries of dead runs from an open folder. Any thread. */
void th_run_lock_sweep(struct th_run_lock *run, int folder_fd);
/* The same, but once a run; `path` (len bytes) names the folder. */
void th_run_lock_sweep_once(struct th_run_lock *run, int folder_fd, const char *path, size_t len);

#endif

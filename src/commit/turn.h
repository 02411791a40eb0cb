/* SPDX-License-Identifier: MIT */
/*
 * turn.h - one run at a time on a DEST, or the shards of one job together.
 *
 * Runs that share DEST do each other no harm: what is written stays whole. But a second run of the
 * same sources would do the work of the first again, and two that remove what is out of date would
 * each go by what the other is about to change. So a run takes its turn by locks on ranges of
 * DEST/.thumbs/lock: a run over all takes the whole range, a shard its own byte. They belong to the
 * open file (F_OFD_SETLK), as in run_lock.h, so the kernel drops them whatever ends the process,
 * and they reach other machines where the file system does. A flock() could not tell shards apart.
 * The file says which job its shards are of, and who was the last to begin.
 *
 * No state but the open file; any thread.
 */
#ifndef TH_COMMIT_TURN_H
#define TH_COMMIT_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* Who wants to run. */
struct th_turn_job {
    uint64_t id;              /* the same for all shards of a job; 0: no turn is taken */
    uint32_t shard, n_shards; /* n_shards below 2: a run over all */
};

enum th_turn {
    TH_TURN_TAKEN,
    TH_TURN_BUSY,    /* another run has it */
    TH_TURN_NO_LOCKS /* it cannot be told: the file system has no locks, or the file is another's */
};
/* state_fd: DEST/.thumbs. TAKEN: *fd is the caller's; the turn ends when it is closed. */
enum th_turn th_turn_take(int state_fd, const struct th_turn_job *job, int *fd);

#endif

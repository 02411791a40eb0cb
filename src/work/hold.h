/* SPDX-License-Identifier: MIT */
/*
 * hold.h - when a worker process has had its time: between two files it holds more than it may, or
 * it has seen many files.
 *
 * The memory of a worker that takes its time is looked at while it works; many that answer at once
 * would never be. So its memory is read at hand-overs too, from a descriptor that stays open, which
 * takes some microseconds; at most a hundred times a second.
 */
#ifndef TH_WORK_HOLD_H
#define TH_WORK_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A picture may take its worker over without a sign and then draw what it likes for all that come
 * after it. So none works on more than this. */
#define TH_HOLD_MOST_FILES 1000

struct th_hold {
    pid_t pid;
    int fd; /* of its numbers in /proc; -1: not open */
    bool is_blind;
    unsigned n_files;
    uint64_t looked_ns;
};

/* A worker begins; what was kept of the one before is closed. */
void th_hold_begin(struct th_hold *hold, pid_t pid);
void th_hold_finish(struct th_hold *hold);

/* It has answered one file more. True: it is to be replaced. `most_bytes`: of its own memory. */
bool th_hold_is_worn(struct th_hold *hold, uint64_t now_ns, uint64_t most_bytes);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * shared.h - the memory that a supervisor shares with its worker: the status page, which tells
 * which file was begun, and the sinks, into which thumbnails come.
 *
 *   th_shared_init()
 *   th_shared_reset(), _fds()       for each worker
 *   th_shared_cover()               before outputs are read
 *   th_shared_trim()                after they were committed
 *   th_shared_finish()
 *
 * It belongs to this process and outlives workers, so what a worker may do to it is bounded:
 * nothing shrinks (reading it here never faults), the status page does not grow, and what a worker
 * left behind goes back.
 */
#ifndef TH_WORK_SHARED_H
#define TH_WORK_SHARED_H

#include "work/wire.h"

#define TH_SHARED_N_FDS (1 + TH_WIRE_N_SINKS)

struct th_shared_sink {
    int fd;
    const uint8_t *data; /* `len` bytes are mapped for reading */
    size_t len;
};

struct th_shared {
    int status_fd;
    struct th_wire_status_page *status;
    struct th_shared_sink sinks[TH_WIRE_N_SINKS];
};

/* False: no memory or descriptors; th_shared_finish() is due all the same. */
bool th_shared_init(struct th_shared *shared);
void th_shared_finish(struct th_shared *shared);

/* The descriptors for a worker, in the order in which it expects them: TH_SHARED_N_FDS. */
void th_shared_fds(const struct th_shared *shared, int *fds);

/* See that the first `need` bytes of the sink can be read. False: it has fewer, or there is no
 * address space. */
bool th_shared_cover(struct th_shared *shared, unsigned i_sink, uint64_t need);

/* Bytes of memory that the sinks hold. Costs a system call each. */
uint64_t th_shared_held_bytes(const struct th_shared *shared);

/* The outputs in this sink have been committed: what they took goes back, but for the beginning.
 * Costs nothing where they were small. */
void th_shared_trim(struct th_shared *shared, unsigned i_sink);

/* The worker is gone: a fresh status page, and what it had put into the sinks goes back to the
 * system, but for the beginning that the next one will use. */
void th_shared_reset(struct th_shared *shared);

#endif

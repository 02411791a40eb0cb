/*
 * shared.h - the memory that an attendant shares with its worker: the page that tells which file was begun, and the
 * areas into which thumbnails come. It belongs to this process and outlives workers, so what a worker may do to it is
 * bounded: nothing shrinks (reading it here never faults), the page does not grow, and what a worker left behind goes
 * back.
 */
#ifndef TH_WORK_SHARED_H
#define TH_WORK_SHARED_H

#include "work/wire.h"

#define TH_AREAS_N_FDS (1 + TH_WIRE_N_SINKS)

struct th_area {
    int fd;
    const uint8_t *data; /* `len` bytes are mapped for reading */
    size_t len;
};

struct th_areas {
    int page_fd;
    struct th_wire_page *page;
    struct th_area sinks[TH_WIRE_N_SINKS];
};

/* False: no memory or descriptors; th_areas_finish() is due all the same. */
bool th_areas_init(struct th_areas *areas);
void th_areas_finish(struct th_areas *areas);

/* The descriptors for a worker, in the order in which it expects them: TH_AREAS_N_FDS. */
void th_areas_fds(const struct th_areas *areas, int *fds);

/* See that the first `need` bytes of the sink can be read. False: it has fewer, or there is no address space. */
bool th_areas_cover(struct th_areas *areas, unsigned i_sink, uint64_t need);

/* Bytes of memory that the areas hold. Costs a system call each. */
uint64_t th_areas_held_bytes(const struct th_areas *areas);

/* The outputs in this sink have been committed: what they took goes back, but for the beginning. Costs nothing where
 * they were small. */
void th_areas_trim(struct th_areas *areas, unsigned i_sink);

/* The worker is gone: a fresh page, and what it had put into the sinks goes back to the system, but for the beginning
 * that the next one will use. */
void th_areas_reset(struct th_areas *areas);

#endif

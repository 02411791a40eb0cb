/* SPDX-License-Identifier: MIT */
/*
 * buffers.h - the buffers that hold loaded files, under a budget of bytes.
 *
 * A buffer is the memory of one file, owned by exactly one stage at a time. There is a fixed number
 * of them and a bound on the bytes of all that are out together; who wants one waits, first come
 * first served, so a large file is not overtaken for ever by small ones. A file larger than the
 * whole budget is let in when it is alone.
 *
 * Buffers keep their memory when they come back: fresh pages cost a fault and a clear for every
 * 4 KiB. A file gets the smallest buffer that is warm enough for it. What is out and what is kept
 * is together no more than the budget and an eighth; where a file needs the room, the buffers that
 * were free for longest lose their pages. While none is out, no more than an eighth is kept. In
 * shared form each buffer is a memfd: a worker process maps it read-only, so file bytes reach it
 * without a copy. All functions are thread-safe.
 */
#ifndef TH_BUFFERS_BUFFERS_H
#define TH_BUFFERS_BUFFERS_H

#include "thumbs/thumbs.h"

#define TH_BUFFERS_MAX (1u << 20) /* buffers of one run, so ids are below */

struct th_buffer {
    uint32_t id; /* 0 to n_buffers - 1 */
    int fd; /* shared: the memfd, opened read-only where /proc allows, to be handed to workers; else
               -1 */
    uint8_t *data; /* cap bytes, writable by the owner */
    size_t len;    /* bytes in use, set by the owner */
    size_t cap;    /* bytes mapped */

    /* private to buffers.c */
    int write_fd;
    uint64_t charged;
    size_t touched;                    /* bytes from the beginning that may be resident */
    size_t keep;                       /* of these, what may stay when it is taken */
    struct th_buffer *warmer, *colder; /* neighbours among free ones */
};

struct th_buffers;

/* n_buffers (1 to 2^20) buffers and budget_bytes (at least 1) for what they hold. shared: for
 * worker processes. */
enum thumbs_code th_buffers_create(unsigned n_buffers, uint64_t budget_bytes, bool shared,
                                   struct th_buffers **out, struct thumbs_error *err);
/* All buffers must be back. NULL is fine. */
void th_buffers_destroy(struct th_buffers *buffers);

/* A buffer with room for `bytes`, waiting for a free one and for the budget. Codes: MEMORY; STOPPED
 * after cancel. */
enum thumbs_code th_buffers_take(struct th_buffers *buffers, size_t bytes, struct th_buffer **out,
                                 struct thumbs_error *err);
/* The same without waiting, for a thread that has other things to do. False: it would have to wait
 * now, for room or for its turn behind others who wait. True: *code is what th_buffers_take() would
 * have returned (*out is set if OK). Who is told to wait has no place in the line; so one thread
 * that takes this way should do so in the order of its own files. */
bool th_buffers_try_take(struct th_buffers *buffers, size_t bytes, struct th_buffer **out,
                         enum thumbs_code *code, struct thumbs_error *err);
/* Back with it. NULL is fine. */
void th_buffers_give(struct th_buffers *buffers, struct th_buffer *buffer);
/* While n_eager buffers (at least 1) or more are out, a file that would touch more than a little
 * fresh memory waits for a buffer that is warm. Before this is called there is no such bound. Call
 * it before any are taken. */
void th_buffers_spare_memory(struct th_buffers *buffers, unsigned n_eager);
/* Waiting and later takes return STOPPED. */
void th_buffers_cancel(struct th_buffers *buffers);
/* Bytes out just now. */
uint64_t th_buffers_in_use_bytes(struct th_buffers *buffers);
/* Bytes that may be resident beyond those: in free buffers, or behind the end of a file. */
uint64_t th_buffers_kept_bytes(struct th_buffers *buffers);

#endif

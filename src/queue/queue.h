/* SPDX-License-Identifier: MIT */
/*
 * queue.h - one bounded first-in first-out queue of pointers, many producers, many consumers.
 *
 * Bounded in items; a full queue makes producers wait, which is the back-pressure of the pipeline
 * (the bound in bytes is kept by buffers.h, before a file is read). Knows nothing of what it
 * carries. All functions are thread-safe.
 *
 * A ring of cells with a turn counter each: a producer or consumer draws a ticket with one atomic
 * addition and then works on its cell alone, so there is no lock and threads that wait sleep on
 * their own cell (a futex), not in one crowd. See docs/design/queue-and-io.md for why this and not
 * a mutex.
 */
#ifndef TH_QUEUE_QUEUE_H
#define TH_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct th_queue;

/* A queue for `capacity` (1 to 2^24) items; NULL: no memory. */
struct th_queue *th_queue_create(size_t capacity);

/* Items still inside are the caller's to have drained. NULL is fine. No other call may be under
 * way. */
void th_queue_destroy(struct th_queue *queue);

/* Hand `item` (not NULL) over, waiting while the queue is full. True: the queue owns it. False: the
 * queue was cancelled and the caller still owns it. */
bool th_queue_push(struct th_queue *queue, void *item);

/* Take the oldest item, waiting while there is none. NULL: closed and drained, or cancelled. */
void *th_queue_pop(struct th_queue *queue);

/* Take the oldest item if one is ready. NULL: none just now. */
void *th_queue_try_pop(struct th_queue *queue);

/* No more pushes will come (every producer has returned from its last
 * push): consumers drain what is left, then get NULL. */
void th_queue_close(struct th_queue *queue);

/* Stop: waiting and later calls return at once with nothing. Items left inside are got with
 * th_queue_drain(). */
void th_queue_cancel(struct th_queue *queue);

/* After cancel or close, when no other call is under way: one of the items left, or NULL. */
void *th_queue_drain(struct th_queue *queue);

/* Closed and drained, or cancelled: no pop will ever get anything. */
bool th_queue_is_finished(const struct th_queue *queue);

/* Items inside, roughly; for display. */
size_t th_queue_depth(const struct th_queue *queue);

#endif

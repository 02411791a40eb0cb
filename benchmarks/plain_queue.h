/* SPDX-License-Identifier: MIT */
/*
 * plain_queue.h - the textbook bounded queue: one mutex, two conditions, a ring. It stands beside
 * queue/queue.h in bench_queue, so that the ring of tickets has to show what it is worth.
 *
 * The calls mean what those of queue.h mean. All are thread-safe.
 */
#ifndef BENCHMARKS_PLAIN_QUEUE_H
#define BENCHMARKS_PLAIN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct plain_queue;

struct plain_queue *plain_queue_create(size_t capacity); /* NULL: no memory */
void plain_queue_destroy(struct plain_queue *queue);
bool plain_queue_push(struct plain_queue *queue, void *item);
void *plain_queue_pop(struct plain_queue *queue);
void plain_queue_cancel(struct plain_queue *queue);
void *plain_queue_drain(struct plain_queue *queue);

#endif

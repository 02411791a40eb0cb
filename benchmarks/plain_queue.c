/* SPDX-License-Identifier: MIT */
#include "plain_queue.h"

#include <pthread.h>
#include <stdlib.h>

struct plain_queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full;
    size_t capacity, first, n;
    unsigned n_consumers_waiting, n_producers_waiting;
    bool cancelled;
    void *items[];
};

struct plain_queue *plain_queue_create(size_t capacity)
{
    struct plain_queue *q = calloc(1, sizeof *q + capacity * sizeof q->items[0]);
    if (!q) return NULL;
    q->capacity = capacity;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->not_empty, NULL);
    pthread_cond_init(&q->not_full, NULL);
    return q;
}

void plain_queue_destroy(struct plain_queue *q)
{
    pthread_cond_destroy(&q->not_full);
    pthread_cond_destroy(&q->not_empty);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

bool plain_queue_push(struct plain_queue *q, void *item)
{
    pthread_mutex_lock(&q->lock);
    while (q->n == q->capacity && !q->cancelled) {
        q->n_producers_waiting++;
        pthread_cond_wait(&q->not_full, &q->lock);
        q->n_producers_waiting--;
    }
    bool pushed = !q->cancelled;
    if (pushed) q->items[(q->first + q->n++) % q->capacity] = item;
    bool wake = pushed && q->n_consumers_waiting > 0;
    pthread_mutex_unlock(&q->lock);
    if (wake) pthread_cond_signal(&q->not_empty);
    return pushed;
}

static void *take(struct plain_queue *q)
{
    void *item = q->items[q->first];
    q->first = (q->first + 1) % q->capacity;
    q->n--;
    return item;
}

/* Producers are woken when the queue is half empty, so that each has many items to push. */
void *plain_queue_pop(struct plain_queue *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->n == 0 && !q->cancelled) {
        q->n_consumers_waiting++;
        pthread_cond_wait(&q->not_empty, &q->lock);
        q->n_consumers_waiting--;
    }
    void *item = q->n > 0 && !q->cancelled ? take(q) : NULL;
    bool one = q->n_producers_waiting > 0 && q->n == q->capacity / 2;
    bool all = q->n_producers_waiting > 0 && q->n == 0;
    pthread_mutex_unlock(&q->lock);
    if (all)
        pthread_cond_broadcast(&q->not_full);
    else if (one)
        pthread_cond_signal(&q->not_full);
    return item;
}

void plain_queue_cancel(struct plain_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->cancelled = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->not_empty);
    pthread_cond_broadcast(&q->not_full);
}

void *plain_queue_drain(struct plain_queue *q)
{
    return q->n > 0 ? take(q) : NULL;
}

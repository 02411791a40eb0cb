/* SPDX-License-Identifier: MIT */
#include "work/requeue.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

bool th_requeue_init(struct th_requeue *s, size_t cap)
{
    *s = (struct th_requeue){.items = th_calloc(cap, sizeof(struct th_item *)), .cap = cap};
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    return s->items != NULL;
}

void th_requeue_finish(struct th_requeue *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->items);
}

void th_requeue_enter(struct th_requeue *s)
{
    pthread_mutex_lock(&s->lock);
    s->n_busy++;
    pthread_mutex_unlock(&s->lock);
}

void th_requeue_leave(struct th_requeue *s)
{
    pthread_mutex_lock(&s->lock);
    s->n_busy--;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void th_requeue_put(struct th_requeue *s, struct th_item *item)
{
    pthread_mutex_lock(&s->lock);
    size_t n = atomic_load(&s->n);
    if (n == s->cap) abort(); /* a mistake of ours: see th_requeue_init() */
    s->items[n] = item;
    atomic_store(&s->n, n + 1);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* With the lock held. */
static struct th_item *take(struct th_requeue *s)
{
    size_t n = atomic_load(&s->n);
    if (n == 0) return NULL;
    struct th_item *item = s->items[0];
    memmove(&s->items[0], &s->items[1], (n - 1) * sizeof s->items[0]);
    atomic_store(&s->n, n - 1);
    return item;
}

struct th_item *th_requeue_try_take(struct th_requeue *s)
{
    if (atomic_load_explicit(&s->n, memory_order_relaxed) == 0) return NULL;
    pthread_mutex_lock(&s->lock);
    struct th_item *item = take(s);
    pthread_mutex_unlock(&s->lock);
    return item;
}

struct th_item *th_requeue_take(struct th_requeue *s)
{
    struct th_item *item;
    pthread_mutex_lock(&s->lock);
    s->n_busy--;
    pthread_cond_broadcast(&s->changed);
    while (!(item = take(s)) && s->n_busy > 0)
        pthread_cond_wait(&s->changed, &s->lock);
    s->n_busy++;
    pthread_mutex_unlock(&s->lock);
    return item;
}

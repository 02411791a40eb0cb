/* SPDX-License-Identifier: MIT */
/*
 * Many producers and consumers on one queue: nothing lost, nothing twice, order kept for each
 * producer, and a cancel in the middle leaves every item with exactly one owner. A plain main, for
 * ThreadSanitizer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/queue.h"

enum { MAX_THREADS = 8, ITEMS_PER_PRODUCER = 6000 };

struct test {
    struct th_queue *queue;
    unsigned n_producers, n_consumers;
    atomic_uint producers_left;
    atomic_uchar *seen;            /* by item number */
    atomic_ulong n_popped, n_kept; /* kept: pushes that were refused */
    bool use_try;
    unsigned long cancel_after; /* pops after which a consumer cancels; 0: never */
};

struct producer {
    struct test *test;
    unsigned index;
};

/* Item numbers start at 1, since NULL is no item. */
static void *item_of(unsigned producer, unsigned i)
{
    return (void *)((uintptr_t)producer * ITEMS_PER_PRODUCER + i + 1);
}

static void note(struct test *t, void *item)
{
    if (atomic_fetch_add(&t->seen[(uintptr_t)item - 1], 1) != 0) {
        fprintf(stderr, "item %lu came twice\n", (unsigned long)(uintptr_t)item);
        abort();
    }
}

static void *produce(void *arg)
{
    struct producer *p = arg;
    struct test *t = p->test;
    for (unsigned i = 0; i < ITEMS_PER_PRODUCER; i++) {
        void *item = item_of(p->index, i);
        if (th_queue_push(t->queue, item)) continue;
        note(t, item);
        atomic_fetch_add(&t->n_kept, 1);
    }
    if (atomic_fetch_sub(&t->producers_left, 1) == 1) th_queue_close(t->queue);
    return NULL;
}

static void check_order(uintptr_t *last, void *item)
{
    uintptr_t n = (uintptr_t)item - 1, producer = n / ITEMS_PER_PRODUCER;
    if (last[producer] > n + 1) {
        fprintf(stderr, "item %lu overtook %lu\n", (unsigned long)last[producer] - 1,
                (unsigned long)n);
        abort();
    }
    last[producer] = n + 1;
}

static void *consume(void *arg)
{
    struct test *t = arg;
    uintptr_t last[MAX_THREADS] = {0};
    for (;;) {
        void *item = t->use_try ? th_queue_try_pop(t->queue) : NULL;
        if (!item) item = th_queue_pop(t->queue);
        if (!item) return NULL;
        note(t, item);
        check_order(last, item);
        if (atomic_fetch_add(&t->n_popped, 1) + 1 == t->cancel_after) th_queue_cancel(t->queue);
    }
}

static int run(size_t capacity, unsigned n_producers, unsigned n_consumers, bool use_try,
               unsigned long cancel_after)
{
    unsigned long n_items = (unsigned long)n_producers * ITEMS_PER_PRODUCER, n_drained = 0;
    struct test t = {.queue = th_queue_create(capacity),
                     .n_producers = n_producers,
                     .n_consumers = n_consumers,
                     .seen = calloc(n_items, sizeof *t.seen),
                     .use_try = use_try,
                     .cancel_after = cancel_after};
    struct producer producers[MAX_THREADS];
    pthread_t threads[2 * MAX_THREADS];
    if (!t.queue || !t.seen) return 1;
    atomic_init(&t.producers_left, n_producers);
    for (unsigned i = 0; i < n_producers; i++) {
        producers[i] = (struct producer){.test = &t, .index = i};
        pthread_create(&threads[i], NULL, produce, &producers[i]);
    }
    for (unsigned i = 0; i < n_consumers; i++)
        pthread_create(&threads[n_producers + i], NULL, consume, &t);
    for (unsigned i = 0; i < n_producers + n_consumers; i++)
        pthread_join(threads[i], NULL);
    for (void *item; (item = th_queue_drain(t.queue)); n_drained++)
        note(&t, item);

    int failed = 0;
    for (unsigned long i = 0; i < n_items; i++)
        failed |= atomic_load(&t.seen[i]) != 1;
    printf("capacity %zu, %u to %u%s%s: %lu popped, %lu kept, %lu drained: %s\n", capacity,
           n_producers, n_consumers, use_try ? ", try" : "", cancel_after ? ", cancelled" : "",
           atomic_load(&t.n_popped), atomic_load(&t.n_kept), n_drained,
           failed ? "LOST ITEMS" : "ok");
    th_queue_destroy(t.queue);
    free(t.seen);
    return failed;
}

int main(void)
{
    static const size_t capacities[] = {1, 2, 3, 16, 257};
    static const unsigned teams[][2] = {{1, 1}, {4, 1}, {1, 4}, {4, 4}, {8, 8}};
    int failed = 0;
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        for (size_t t = 0; t < sizeof teams / sizeof *teams; t++) {
            failed |= run(capacities[c], teams[t][0], teams[t][1], t % 2, 0);
            failed |= run(capacities[c], teams[t][0], teams[t][1], !(t % 2), 777);
        }
    }
    return failed;
}

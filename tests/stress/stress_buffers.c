/* SPDX-License-Identifier: MIT */
/* Many threads take and give buffers of random sizes: never over budget (but for a giant alone),
 * never two owners of one buffer, cancel ends it. A plain main, for ThreadSanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "buffers/buffers.h"

enum { N_BUFFERS = 6, N_THREADS = 8, ROUNDS = 3000, BUDGET = 1 << 20 };

static struct th_buffers *buffers;
static atomic_int owners[N_BUFFERS];
static atomic_long in_use;
static atomic_int failed;

static size_t random_size(unsigned *seed)
{
    unsigned r = (unsigned)rand_r(seed);
    return r % 50 == 0 ? BUDGET + r % BUDGET : r % (BUDGET / 4);
}

static void *work(void *arg)
{
    unsigned seed = (unsigned)(size_t)arg;
    for (int i = 0; i < ROUNDS; i++) {
        size_t bytes = random_size(&seed);
        struct th_buffer *buffer;
        if (th_buffers_take(buffers, bytes, &buffer, NULL) != THUMBS_OK) return NULL;
        long before = atomic_fetch_add(&in_use, (long)bytes);
        if (atomic_fetch_add(&owners[buffer->id], 1) != 0) atomic_store(&failed, 1);
        if (before != 0 && before + (long)bytes > BUDGET) atomic_store(&failed, 2);
        buffer->data[0] = (uint8_t)i;
        if (bytes) buffer->data[bytes - 1] = (uint8_t)i;
        buffer->len = bytes;
        atomic_fetch_sub(&owners[buffer->id], 1);
        atomic_fetch_sub(&in_use, (long)bytes);
        th_buffers_give(buffers, buffer);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[N_THREADS];
    for (int shared = 0; shared < 2; shared++) {
        if (th_buffers_create(N_BUFFERS, BUDGET, shared, &buffers, NULL) != THUMBS_OK) return 1;
        for (size_t i = 0; i < N_THREADS; i++)
            pthread_create(&threads[i], NULL, work, (void *)(i + 1));
        for (size_t i = 0; i < N_THREADS; i++)
            pthread_join(threads[i], NULL);
        if (th_buffers_in_use_bytes(buffers) != 0) atomic_store(&failed, 3);
        th_buffers_cancel(buffers);
        struct th_buffer *buffer;
        if (th_buffers_take(buffers, 1, &buffer, NULL) != THUMBS_STOPPED) atomic_store(&failed, 4);
        th_buffers_destroy(buffers);
    }
    printf("buffers: %s (%d)\n", atomic_load(&failed) ? "FAILED" : "ok", atomic_load(&failed));
    return atomic_load(&failed) != 0;
}

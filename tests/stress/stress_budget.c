/* SPDX-License-Identifier: MIT */
/* Many threads take and give random amounts: never more than the limit is out, whoever waits gets
 * his turn, nothing is lost. Under TSan it also shows that the fast way and the slow way agree. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/budget.h"
#include "base/sys.h"

enum { N_THREADS = 8, N_ROUNDS = 30000, LIMIT = 1000, GIANT = 990 };

static struct th_budget budget;
static _Atomic uint64_t out;
static atomic_uint n_over, n_giants;

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void *taker(void *arg)
{
    unsigned state = (unsigned)(uintptr_t)arg;
    for (int i = 0; i < N_ROUNDS; i++) {
        uint64_t bytes = next_random(&state) % 64 == 0 ? GIANT : next_random(&state) % 300;
        bool mine = next_random(&state) % 2 ? th_budget_try_take(&budget, bytes)
                                            : th_budget_take(&budget, bytes);
        if (!mine) continue;
        if (bytes == GIANT) atomic_fetch_add(&n_giants, 1);
        if (atomic_fetch_add(&out, bytes) + bytes > LIMIT) atomic_fetch_add(&n_over, 1);
        atomic_fetch_sub(&out, bytes);
        th_budget_give(&budget, bytes);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[N_THREADS];
    th_budget_init(&budget, LIMIT);
    for (int i = 0; i < N_THREADS; i++) {
        if (th_thread_start(&threads[i], taker, (void *)(uintptr_t)(i + 1)) != 0) return 2;
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    unsigned over = atomic_load(&n_over), giants = atomic_load(&n_giants);
    uint64_t left = atomic_load(&budget.in_use);
    printf("%u giants, %u times over the limit, %llu bytes left out\n", giants, over,
           (unsigned long long)left);
    th_budget_finish(&budget);
    return over == 0 && left == 0 && giants > 0 ? 0 : 1;
}

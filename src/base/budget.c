/* SPDX-License-Identifier: MIT */
#include "base/budget.h"

void th_budget_init(struct th_budget *b, uint64_t limit)
{
    *b = (struct th_budget){.limit = limit};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
}

void th_budget_finish(struct th_budget *b)
{
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
}

/* Whoever comes first, waiting or not. */
static bool grab(struct th_budget *b, uint64_t bytes)
{
    uint64_t in_use = atomic_load(&b->in_use);
    do {
        if (bytes > b->limit || in_use > b->limit - bytes) return false;
    } while (!atomic_compare_exchange_weak(&b->in_use, &in_use, in_use + bytes));
    return true;
}

bool th_budget_try_take(struct th_budget *b, uint64_t bytes)
{
    return !atomic_load(&b->cancelled) && atomic_load(&b->n_waiting) == 0 && grab(b, bytes);
}

/* No wake-up is lost: n_waiting is raised before the last look at in_use, and th_budget_give()
 * lowers in_use before it looks at n_waiting (both sequentially consistent); it then needs the
 * lock, which is held from that look until the wait begins. */
bool th_budget_take(struct th_budget *b, uint64_t bytes)
{
    if (bytes > b->limit) return false;
    if (th_budget_try_take(b, bytes)) return true;
    pthread_mutex_lock(&b->lock);
    uint64_t ticket = b->next_ticket++;
    atomic_fetch_add(&b->n_waiting, 1);
    bool taken = false;
    while (!atomic_load(&b->cancelled) && !(taken = b->served == ticket && grab(b, bytes)))
        pthread_cond_wait(&b->changed, &b->lock);
    b->served++; /* once cancelled nobody's turn comes any more */
    atomic_fetch_sub(&b->n_waiting, 1);
    pthread_cond_broadcast(&b->changed); /* there may be room for the next in line as well */
    pthread_mutex_unlock(&b->lock);
    return taken;
}

void th_budget_cancel(struct th_budget *b)
{
    pthread_mutex_lock(&b->lock);
    atomic_store(&b->cancelled, true);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

bool th_budget_is_cancelled(const struct th_budget *b)
{
    return atomic_load(&b->cancelled);
}

void th_budget_give(struct th_budget *b, uint64_t bytes)
{
    atomic_fetch_sub(&b->in_use, bytes);
    if (atomic_load(&b->n_waiting) == 0) return;
    pthread_mutex_lock(&b->lock);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

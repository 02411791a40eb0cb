/* SPDX-License-Identifier: MIT */
/*
 * budget.h - a counting semaphore of bytes: what all that work together may take.
 *
 * First come, first served: who asks for much is not overtaken for ever by those who ask for
 * little, so while a giant waits the others drain, and it runs alone if it must. Taking and giving
 * cost one atomic operation each as long as nobody waits. All functions are thread-safe.
 */
#ifndef TH_BASE_BUDGET_H
#define TH_BASE_BUDGET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct th_budget {
    uint64_t limit; /* constant */
    _Atomic uint64_t in_use;
    atomic_uint n_waiting;
    atomic_bool cancelled;

    /* Only for those who have to wait, and those who wake them. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t next_ticket, served;
};

/* A budget of `limit` bytes, at most 2^63. */
void th_budget_init(struct th_budget *budget, uint64_t limit);
/* Nobody may wait any more. */
void th_budget_finish(struct th_budget *budget);

/* Take `bytes`, waiting for room. False: over the limit, or cancelled. */
bool th_budget_take(struct th_budget *budget, uint64_t bytes);
/* The same without waiting: false if there is no room now or others wait already. */
bool th_budget_try_take(struct th_budget *budget, uint64_t bytes);
/* Nothing is to be begun any more: takers, also those who wait, get false. */
void th_budget_cancel(struct th_budget *budget);
bool th_budget_is_cancelled(const struct th_budget *budget);
/* Back with it: exactly what was taken. */
void th_budget_give(struct th_budget *budget, uint64_t bytes);

#endif

/* SPDX-License-Identifier: MIT */
#include "queue/queue.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/futex.h"
#include "base/num.h"
#include "base/sys.h"

/* x86 and most others; a wrong guess costs speed only. */
enum { CACHE_LINE = 64, MAX_CAPACITY = 1 << 24 };

/* Lap k of the ring finds a cell at turn 2k (empty, ready for the producer of that lap), then at 2k
 * + 1 (full, ready for its consumer). 32 bits wrap after 2^31 laps; only equality matters, and
 * nobody sleeps that long. */
struct cell {
    _Alignas(CACHE_LINE) _Atomic uint32_t turn;
    _Atomic uint32_t waiters; /* threads that sleep or are about to */
    _Atomic uint32_t event;   /* what they sleep on: bumped whenever there may be news for them */
    void *item;
};

struct th_queue {
    size_t capacity;
    struct cell *cells;
    _Alignas(CACHE_LINE) _Atomic uint64_t tail; /* next ticket of a producer */
    _Alignas(CACHE_LINE) _Atomic uint64_t head; /* next ticket of a consumer */
    _Alignas(CACHE_LINE) _Atomic uint32_t
        gate_waiters;            /* producers that sleep at the gate or are about to */
    _Atomic uint32_t gate_event; /* what they sleep on */
    atomic_bool cancelled;
    atomic_bool closed;
};

static struct cell *cell_of(const struct th_queue *q, uint64_t ticket)
{
    return &q->cells[ticket % q->capacity];
}

static uint32_t producer_turn(const struct th_queue *q, uint64_t ticket)
{
    return (uint32_t)(ticket / q->capacity) * 2;
}

static uint32_t consumer_turn(const struct th_queue *q, uint64_t ticket)
{
    return producer_turn(q, ticket) + 1;
}

struct th_queue *th_queue_create(size_t capacity)
{
    size_t size;
    if (capacity < 1 || capacity > MAX_CAPACITY ||
        !th_mul_size(capacity, sizeof(struct cell), &size))
        return NULL;
    struct th_queue *q = th_fault(TH_FAULT_ALLOC) ? NULL : aligned_alloc(CACHE_LINE, sizeof *q);
    struct cell *cells = q ? aligned_alloc(CACHE_LINE, size) : NULL;
    if (!cells) {
        free(q);
        return NULL;
    }
    q->capacity = capacity;
    q->cells = cells;
    atomic_init(&q->tail, 0);
    atomic_init(&q->head, 0);
    atomic_init(&q->gate_waiters, 0);
    atomic_init(&q->gate_event, 0);
    atomic_init(&q->cancelled, false);
    atomic_init(&q->closed, false);
    for (size_t i = 0; i < capacity; i++) {
        atomic_init(&cells[i].turn, 0);
        atomic_init(&cells[i].waiters, 0);
        atomic_init(&cells[i].event, 0);
        cells[i].item = NULL;
    }
    return q;
}

void th_queue_destroy(struct th_queue *q)
{
    if (!q) return;
    free(q->cells);
    free(q);
}

/* Nobody will ever push this ticket: all producers are done and it lies behind their last one. */
static bool beyond_the_end(const struct th_queue *q, uint64_t ticket)
{
    return atomic_load(&q->closed) && ticket >= atomic_load(&q->tail);
}

static bool hopeless(const struct th_queue *q, uint64_t ticket, bool consumer)
{
    return atomic_load(&q->cancelled) || (consumer && beyond_the_end(q, ticket));
}

/* Sleep until the cell has reached `turn`; false if it never will.
 *
 * No wake-up is lost: the waiter counts itself, reads `event`, and only then looks at the turn; a
 * publisher changes the turn and only then looks for waiters (all sequentially consistent). Either
 * it sees the waiter and bumps `event`, or the waiter sees the turn. */
static bool wait_for_turn(struct th_queue *q, struct cell *cell, uint32_t turn, uint64_t ticket,
                          bool consumer)
{
    while (atomic_load_explicit(&cell->turn, memory_order_acquire) != turn) {
        if (hopeless(q, ticket, consumer)) return false;
        atomic_fetch_add(&cell->waiters, 1);
        uint32_t event = atomic_load(&cell->event);
        if (atomic_load(&cell->turn) != turn && !hopeless(q, ticket, consumer))
            th_futex_wait(&cell->event, event);
        atomic_fetch_sub(&cell->waiters, 1);
    }
    return !(consumer && atomic_load_explicit(&q->cancelled, memory_order_relaxed));
}

static void wake(struct cell *cell)
{
    atomic_fetch_add(&cell->event, 1);
    th_futex_wake_all(&cell->event);
}

static void publish_turn(struct cell *cell, uint32_t turn)
{
    atomic_store(&cell->turn, turn);
    if (atomic_load(&cell->waiters) > 0) wake(cell);
}

/* ---- the gate: producers of a full queue ---- */

/* Items inside, and tickets of consumers that wait for one as negative numbers. */
static int64_t level(const struct th_queue *q)
{
    return (int64_t)(atomic_load(&q->tail) - atomic_load(&q->head));
}

/* To wake a producer for each cell that gets free would cost two switches of threads for every
 * item. So producers of a full queue sleep at a gate; a consumer that leaves it half empty lets one
 * in, which then pushes many at once, and one that finds it empty lets in all. Cells are waited for
 * as well, so it does no harm if too many pass. */
static void wait_at_gate(struct th_queue *q)
{
    while (level(q) >= (int64_t)q->capacity && !atomic_load(&q->cancelled)) {
        atomic_fetch_add(&q->gate_waiters, 1);
        uint32_t event = atomic_load(&q->gate_event);
        if (level(q) >= (int64_t)q->capacity && !atomic_load(&q->cancelled))
            th_futex_wait(&q->gate_event, event);
        atomic_fetch_sub(&q->gate_waiters, 1);
    }
}

static void open_gate(struct th_queue *q)
{
    if (atomic_load(&q->gate_waiters) == 0) return;
    int64_t left = level(q);
    if (left > (int64_t)(q->capacity / 2)) return;
    atomic_fetch_add(&q->gate_event, 1);
    if (left > 0) {
        th_futex_wake_one(&q->gate_event);
    } else {
        th_futex_wake_all(&q->gate_event);
    }
}

bool th_queue_push(struct th_queue *q, void *item)
{
    if (atomic_load_explicit(&q->cancelled, memory_order_relaxed)) return false;
    wait_at_gate(q);
    uint64_t ticket = atomic_fetch_add(&q->tail, 1);
    struct cell *cell = cell_of(q, ticket);
    if (!wait_for_turn(q, cell, producer_turn(q, ticket), ticket, false)) return false;
    cell->item = item;
    publish_turn(cell, consumer_turn(q, ticket));
    return true;
}

/* The cell is ours until its turn moves on to the producer of the next lap. */
static void *take_item(struct th_queue *q, struct cell *cell, uint64_t ticket)
{
    void *item = cell->item;
    cell->item = NULL;
    publish_turn(cell, consumer_turn(q, ticket) + 1);
    open_gate(q);
    return item;
}

void *th_queue_pop(struct th_queue *q)
{
    if (atomic_load_explicit(&q->cancelled, memory_order_relaxed)) return NULL;
    uint64_t ticket = atomic_fetch_add(&q->head, 1);
    struct cell *cell = cell_of(q, ticket);
    open_gate(q); /* if we have to sleep now, nobody else may */
    if (!wait_for_turn(q, cell, consumer_turn(q, ticket), ticket, true)) return NULL;
    return take_item(q, cell, ticket);
}

void *th_queue_try_pop(struct th_queue *q)
{
    uint64_t ticket = atomic_load_explicit(&q->head, memory_order_relaxed);
    for (;;) {
        struct cell *cell = cell_of(q, ticket);
        if (atomic_load_explicit(&q->cancelled, memory_order_relaxed)) return NULL;
        if (atomic_load_explicit(&cell->turn, memory_order_acquire) != consumer_turn(q, ticket))
            return NULL;
        /* On failure `ticket` is the new head. */
        if (atomic_compare_exchange_weak(&q->head, &ticket, ticket + 1))
            return take_item(q, cell, ticket);
    }
}

static void wake_everyone(struct th_queue *q)
{
    for (size_t i = 0; i < q->capacity; i++)
        wake(&q->cells[i]);
    atomic_fetch_add(&q->gate_event, 1);
    th_futex_wake_all(&q->gate_event);
}

void th_queue_close(struct th_queue *q)
{
    atomic_store(&q->closed, true);
    wake_everyone(q);
}

void th_queue_cancel(struct th_queue *q)
{
    atomic_store(&q->cancelled, true);
    wake_everyone(q);
}

/* Tickets mean nothing any more (waiters gave theirs up), so look at the cells. */
void *th_queue_drain(struct th_queue *q)
{
    for (size_t i = 0; i < q->capacity; i++) {
        void *item = q->cells[i].item;
        if (!item) continue;
        q->cells[i].item = NULL;
        return item;
    }
    return NULL;
}

bool th_queue_is_finished(const struct th_queue *q)
{
    return hopeless(q, atomic_load(&q->head), true);
}

size_t th_queue_depth(const struct th_queue *q)
{
    uint64_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    return tail > head ? (size_t)(tail - head < q->capacity ? tail - head : q->capacity) : 0;
}

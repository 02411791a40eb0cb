/*
 * slots.h - the buffers that hold loaded files, under a budget of bytes.
 *
 * A slot is the memory of one file, owned by exactly one stage at a time. There is a fixed number of them and a bound
 * on the bytes of all that are out together; who wants one waits, first come first served, so a large file is not
 * overtaken for ever by small ones. A file larger than the whole budget is let in when it is alone.
 *
 * Slots keep their memory when they come back (warm pages; fresh ones cost a fault and a clear for every 4 KiB), but
 * only up to TH_SLOT_KEEP_BYTES each, and those that are free an eighth of the budget together. In shared form each
 * slot is a memfd: a worker process maps it read-only, so file bytes reach it without a copy. All functions are
 * thread-safe.
 */
#ifndef TH_SLOTS_SLOTS_H
#define TH_SLOTS_SLOTS_H

#include "thumbs/thumbs.h"

#define TH_SLOT_KEEP_BYTES ((size_t)4 << 20)
#define TH_SLOTS_MAX       (1u << 20) /* slots of one run, so ids are below */

struct th_slot {
    uint32_t id;   /* 0 to n_slots - 1 */
    int fd;        /* shared: the memfd, opened read-only where /proc allows, to be handed to workers; else -1 */
    uint8_t *data; /* cap bytes, writable by the owner */
    size_t len;    /* bytes in use, set by the owner */
    size_t cap;    /* bytes mapped */

    /* private to slots.c */
    int write_fd;
    uint64_t charged;
    size_t touched; /* bytes from the beginning that may be resident */
    struct th_slot *next_free;
};

struct th_slots;

/* n_slots (1 to 2^20) slots and budget_bytes (at least 1) for what they hold. shared: for worker processes. */
enum thumbs_code th_slots_create(unsigned n_slots, uint64_t budget_bytes, bool shared, struct th_slots **out,
                                 struct thumbs_error *err);
/* All slots must be back. NULL is fine. */
void th_slots_destroy(struct th_slots *slots);

/* A slot with room for `bytes`, waiting for a free one and for the budget. Codes: MEMORY; STOPPED after cancel. */
enum thumbs_code th_slots_take(struct th_slots *slots, size_t bytes, struct th_slot **out, struct thumbs_error *err);
/* The same without waiting, for a thread that has other things to do. False: it would have to wait now,
 * for room or for its turn behind others who wait. True: *code is what th_slots_take() would have
 * returned (*out is set if OK). Who is told to wait has no place in the line; so one thread that takes
 * this way should do so in the order of its own files. */
bool th_slots_try_take(struct th_slots *slots, size_t bytes, struct th_slot **out, enum thumbs_code *code,
                       struct thumbs_error *err);
/* Back with it. NULL is fine. */
void th_slots_give(struct th_slots *slots, struct th_slot *slot);
/* Waiting and later takes return STOPPED. */
void th_slots_cancel(struct th_slots *slots);
/* Bytes out just now. */
uint64_t th_slots_in_use_bytes(struct th_slots *slots);

#endif

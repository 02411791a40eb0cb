/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slots/slots.h"
#include "support/asleep.h"

static struct th_slots *make(unsigned n, uint64_t budget, bool shared)
{
    struct th_slots *slots = NULL;
    struct thumbs_error err = {0};
    cr_assert_eq(th_slots_create(n, budget, shared, &slots, &err), THUMBS_OK, "%s", err.message);
    return slots;
}

static struct th_slot *take(struct th_slots *slots, size_t bytes)
{
    struct th_slot *slot = NULL;
    struct thumbs_error err = {0};
    cr_assert_eq(th_slots_take(slots, bytes, &slot, &err), THUMBS_OK, "%s", err.message);
    cr_assert_geq(slot->cap, bytes);
    return slot;
}

Test(slots, grow_and_keep_their_memory)
{
    for (int shared = 0; shared < 2; shared++) {
        struct th_slots *slots = make(2, 1 << 30, shared);
        for (size_t bytes = 0; bytes < (size_t)40 << 20; bytes = bytes * 3 + 1) {
            struct th_slot *slot = take(slots, bytes);
            memset(slot->data, 0x5a, slot->cap);
            slot->len = bytes;
            cr_assert_eq(th_slots_in_use_bytes(slots), bytes);
            th_slots_give(slots, slot);
        }
        cr_assert_eq(th_slots_in_use_bytes(slots), 0u);
        th_slots_destroy(slots);
    }
}

Test(slots, a_worker_sees_the_bytes_and_cannot_change_them)
{
    struct th_slots *slots = make(1, 1 << 20, true);
    struct th_slot *slot = take(slots, 100000);
    memset(slot->data, 7, 100000);
    const uint8_t *seen = mmap(NULL, slot->cap, PROT_READ, MAP_SHARED, slot->fd, 0);
    cr_assert_neq(seen, MAP_FAILED);
    cr_assert_eq(seen[99999], 7);
    void *writable = mmap(NULL, slot->cap, PROT_READ | PROT_WRITE, MAP_SHARED, slot->fd, 0);
    cr_assert_eq(writable, MAP_FAILED);
    cr_assert_eq(ftruncate(slot->fd, 0), -1, "nor cut them");
    munmap((void *)seen, slot->cap);
    th_slots_give(slots, slot);
    th_slots_destroy(slots);
}

Test(slots, try_take_does_not_wait)
{
    struct th_slots *slots = make(2, 100, false);
    struct th_slot *first = take(slots, 60), *second = NULL;
    enum thumbs_code code = THUMBS_INTERNAL;
    cr_expect_not(th_slots_try_take(slots, 41, &second, &code, NULL), "beyond the budget");
    cr_expect_null(second);
    cr_expect_eq(th_slots_in_use_bytes(slots), 60u);
    cr_assert(th_slots_try_take(slots, 40, &second, &code, NULL));
    cr_assert_eq(code, THUMBS_OK);
    cr_assert_geq(second->cap, 40u);
    struct th_slot *third = NULL;
    cr_expect_not(th_slots_try_take(slots, 0, &third, &code, NULL), "there is no third slot");
    th_slots_give(slots, first);
    th_slots_give(slots, second);
    cr_assert(th_slots_try_take(slots, 1000, &third, &code, NULL), "alone, larger than the budget");
    cr_assert_eq(code, THUMBS_OK);
    th_slots_give(slots, third);
    th_slots_cancel(slots);
    cr_assert(th_slots_try_take(slots, 1, &third, &code, NULL));
    cr_expect_eq(code, THUMBS_STOPPED);
    th_slots_destroy(slots);
}

struct taker {
    struct th_slots *slots;
    size_t bytes;
    atomic_int thread;
    atomic_bool got;
    enum thumbs_code code;
    struct th_slot *slot;
};

static void *taker_thread(void *arg)
{
    struct taker *t = arg;
    test_tell_thread(&t->thread);
    t->code = th_slots_take(t->slots, t->bytes, &t->slot, NULL);
    atomic_store(&t->got, true);
    return NULL;
}

Test(slots, budget_makes_others_wait_in_order, .timeout = 120)
{
    struct th_slots *slots = make(8, 1000, false);
    struct th_slot *first = take(slots, 600);
    struct taker large = {.slots = slots, .bytes = 900}, small = {.slots = slots, .bytes = 100};
    pthread_t large_thread, small_thread;
    pthread_create(&large_thread, NULL, taker_thread, &large);
    test_wait_until_asleep(&large.thread);
    pthread_create(&small_thread, NULL, taker_thread, &small);
    test_wait_until_asleep(&small.thread);
    cr_assert_not(atomic_load(&large.got));
    cr_assert_not(atomic_load(&small.got), "a small one may not overtake the large one that waits");
    th_slots_give(slots, first);
    pthread_join(large_thread, NULL);
    pthread_join(small_thread, NULL);
    cr_assert_eq(th_slots_in_use_bytes(slots), 1000u);
    th_slots_give(slots, large.slot);
    th_slots_give(slots, small.slot);
    th_slots_destroy(slots);
}

Test(slots, a_giant_goes_alone, .timeout = 120)
{
    struct th_slots *slots = make(8, 1000, false);
    struct th_slot *giant = take(slots, 5000);
    struct taker other = {.slots = slots, .bytes = 1};
    pthread_t thread;
    pthread_create(&thread, NULL, taker_thread, &other);
    test_wait_until_asleep(&other.thread);
    cr_assert_not(atomic_load(&other.got));
    th_slots_give(slots, giant);
    pthread_join(thread, NULL);
    th_slots_give(slots, other.slot);
    th_slots_destroy(slots);
}

Test(slots, cancel_sends_all_waiters_home, .timeout = 120)
{
    struct th_slots *slots = make(1, 1000, false);
    struct th_slot *only = take(slots, 10);
    struct taker takers[3];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        takers[i] = (struct taker){.slots = slots, .bytes = 10};
        pthread_create(&threads[i], NULL, taker_thread, &takers[i]);
    }
    for (int i = 0; i < 3; i++)
        test_wait_until_asleep(&takers[i].thread);
    th_slots_cancel(slots);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(takers[i].code, THUMBS_STOPPED);
    }
    th_slots_give(slots, only);
    th_slots_destroy(slots);
}

/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffers/buffers.h"
#include "support/asleep.h"

static struct th_buffers *make(unsigned n, uint64_t budget, bool shared)
{
    struct th_buffers *buffers = NULL;
    struct thumbs_error err = {0};
    cr_assert_eq(th_buffers_create(n, budget, shared, &buffers, &err), THUMBS_OK, "%s",
                 err.message);
    return buffers;
}

static struct th_buffer *take(struct th_buffers *buffers, size_t bytes)
{
    struct th_buffer *buffer = NULL;
    struct thumbs_error err = {0};
    cr_assert_eq(th_buffers_take(buffers, bytes, &buffer, &err), THUMBS_OK, "%s", err.message);
    cr_assert_geq(buffer->cap, bytes);
    return buffer;
}

Test(buffers, grow_and_keep_their_memory)
{
    for (int shared = 0; shared < 2; shared++) {
        struct th_buffers *buffers = make(2, 1 << 30, shared);
        for (size_t bytes = 0; bytes < (size_t)40 << 20; bytes = bytes * 3 + 1) {
            struct th_buffer *buffer = take(buffers, bytes);
            memset(buffer->data, 0x5a, buffer->cap);
            buffer->len = bytes;
            cr_assert_eq(th_buffers_in_use_bytes(buffers), bytes);
            th_buffers_give(buffers, buffer);
        }
        cr_assert_eq(th_buffers_in_use_bytes(buffers), 0u);
        th_buffers_destroy(buffers);
    }
}

static const size_t mib = (size_t)1 << 20;

static struct th_buffer *take_filled(struct th_buffers *buffers, size_t bytes, int fill)
{
    struct th_buffer *buffer = take(buffers, bytes);
    memset(buffer->data, fill, bytes);
    buffer->len = bytes;
    return buffer;
}

/* Memory that went back to the system comes as zeros. */
Test(buffers, large_files_find_warm_pages)
{
    for (int shared = 0; shared < 2; shared++) {
        struct th_buffers *buffers = make(3, 64 * mib, shared);
        struct th_buffer *out = take(buffers, 1);
        struct th_buffer *large = take_filled(buffers, 20 * mib, 0x5a);
        th_buffers_give(buffers, large);
        cr_expect_geq(th_buffers_kept_bytes(buffers), 20 * mib);
        large = take(buffers, 3 * mib);
        cr_expect_eq(large->data[20 * mib - 1], 0x5a, "behind a smaller file as well");
        th_buffers_give(buffers, large);
        large = take(buffers, 20 * mib);
        cr_expect_eq(large->data[20 * mib - 1], 0x5a);
        th_buffers_give(buffers, large);
        th_buffers_give(buffers, out);
        cr_expect_leq(th_buffers_kept_bytes(buffers), 8 * mib, "at rest it is an eighth");
        th_buffers_destroy(buffers);
    }
}

Test(buffers, what_is_kept_makes_room_for_files)
{
    enum { N = 6 };
    struct th_buffers *buffers = make(N, 64 * mib, false);
    struct th_buffer *held[N];
    for (int i = 0; i < N; i++)
        held[i] = take_filled(buffers, 10 * mib, i);
    for (int i = 1; i < N; i++)
        th_buffers_give(buffers, held[i]);
    cr_expect_eq(th_buffers_kept_bytes(buffers), 50 * mib, "all of it, since one is out");
    struct th_buffer *large = take_filled(buffers, 50 * mib, 7);
    cr_expect_leq(th_buffers_in_use_bytes(buffers) + th_buffers_kept_bytes(buffers), 72 * mib);
    cr_expect_eq(th_buffers_in_use_bytes(buffers), 60 * mib);
    cr_expect_eq(held[1]->data[0], 0, "free for longest");
    th_buffers_give(buffers, large);
    th_buffers_give(buffers, held[0]);
    cr_expect_leq(th_buffers_kept_bytes(buffers), 8 * mib);
    large = take_filled(buffers, 100 * mib, 7);
    cr_expect_leq(th_buffers_kept_bytes(buffers), 8 * mib,
                  "beside a giant an eighth of the budget");
    th_buffers_give(buffers, large);
    cr_expect_leq(th_buffers_kept_bytes(buffers), 8 * mib);
    th_buffers_destroy(buffers);
}

/* Small files in buffers that had large ones: pages behind their ends count, so they give way. */
Test(buffers, pages_behind_small_files_are_bounded)
{
    enum { N = 12 };
    struct th_buffers *buffers = make(N, 64 * mib, true);
    struct th_buffer *held[N];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            held[i] = take_filled(buffers, round == 1 ? 100 : 5 * mib, i);
            cr_expect_leq(th_buffers_in_use_bytes(buffers) + th_buffers_kept_bytes(buffers),
                          73 * mib);
        }
        for (int i = 0; i < N; i++)
            th_buffers_give(buffers, held[i]);
        cr_expect_leq(th_buffers_kept_bytes(buffers), 8 * mib);
    }
    struct th_buffer *first = take_filled(buffers, 60 * mib, 1);
    th_buffers_give(buffers, first);
    first = take(buffers, 1);
    struct th_buffer *second = take(buffers, 60 * mib);
    cr_expect_leq(th_buffers_in_use_bytes(buffers) + th_buffers_kept_bytes(buffers), 72 * mib);
    th_buffers_give(buffers, second);
    th_buffers_give(buffers, first);
    th_buffers_destroy(buffers);
}

Test(buffers, a_worker_sees_the_bytes_and_cannot_change_them)
{
    struct th_buffers *buffers = make(1, 1 << 20, true);
    struct th_buffer *buffer = take(buffers, 100000);
    memset(buffer->data, 7, 100000);
    const uint8_t *seen = mmap(NULL, buffer->cap, PROT_READ, MAP_SHARED, buffer->fd, 0);
    cr_assert_neq(seen, MAP_FAILED);
    cr_assert_eq(seen[99999], 7);
    void *writable = mmap(NULL, buffer->cap, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
    cr_assert_eq(writable, MAP_FAILED);
    cr_assert_eq(ftruncate(buffer->fd, 0), -1, "nor cut them");
    munmap((void *)seen, buffer->cap);
    th_buffers_give(buffers, buffer);
    th_buffers_destroy(buffers);
}

Test(buffers, try_take_does_not_wait)
{
    struct th_buffers *buffers = make(2, 100, false);
    struct th_buffer *first = take(buffers, 60), *second = NULL;
    enum thumbs_code code = THUMBS_INTERNAL;
    cr_expect_not(th_buffers_try_take(buffers, 41, &second, &code, NULL), "beyond the budget");
    cr_expect_null(second);
    cr_expect_eq(th_buffers_in_use_bytes(buffers), 60u);
    cr_assert(th_buffers_try_take(buffers, 40, &second, &code, NULL));
    cr_assert_eq(code, THUMBS_OK);
    cr_assert_geq(second->cap, 40u);
    struct th_buffer *third = NULL;
    cr_expect_not(th_buffers_try_take(buffers, 0, &third, &code, NULL), "there is no third buffer");
    th_buffers_give(buffers, first);
    th_buffers_give(buffers, second);
    cr_assert(th_buffers_try_take(buffers, 1000, &third, &code, NULL),
              "alone, larger than the budget");
    cr_assert_eq(code, THUMBS_OK);
    th_buffers_give(buffers, third);
    th_buffers_cancel(buffers);
    cr_assert(th_buffers_try_take(buffers, 1, &third, &code, NULL));
    cr_expect_eq(code, THUMBS_STOPPED);
    th_buffers_destroy(buffers);
}

struct taker {
    struct th_buffers *buffers;
    size_t bytes;
    atomic_int thread;
    atomic_bool got;
    enum thumbs_code code;
    struct th_buffer *buffer;
};

static void *taker_thread(void *arg)
{
    struct taker *t = arg;
    test_tell_thread(&t->thread);
    t->code = th_buffers_take(t->buffers, t->bytes, &t->buffer, NULL);
    atomic_store(&t->got, true);
    return NULL;
}

Test(buffers, budget_makes_others_wait_in_order, .timeout = 120)
{
    struct th_buffers *buffers = make(8, 1000, false);
    struct th_buffer *first = take(buffers, 600);
    struct taker large = {.buffers = buffers, .bytes = 900},
                 small = {.buffers = buffers, .bytes = 100};
    pthread_t large_thread, small_thread;
    pthread_create(&large_thread, NULL, taker_thread, &large);
    test_wait_until_asleep(&large.thread);
    pthread_create(&small_thread, NULL, taker_thread, &small);
    test_wait_until_asleep(&small.thread);
    cr_assert_not(atomic_load(&large.got));
    cr_assert_not(atomic_load(&small.got), "a small one may not overtake the large one that waits");
    th_buffers_give(buffers, first);
    pthread_join(large_thread, NULL);
    pthread_join(small_thread, NULL);
    cr_assert_eq(th_buffers_in_use_bytes(buffers), 1000u);
    th_buffers_give(buffers, large.buffer);
    th_buffers_give(buffers, small.buffer);
    th_buffers_destroy(buffers);
}

Test(buffers, a_file_gets_the_smallest_buffer_that_is_warm_enough)
{
    struct th_buffers *buffers = make(3, 64 * mib, false);
    struct th_buffer *out = take(buffers, 1);
    struct th_buffer *small = take_filled(buffers, mib, 1),
                     *large = take_filled(buffers, 4 * mib, 2);
    th_buffers_give(buffers, small);
    th_buffers_give(buffers, large);
    cr_expect_eq(take(buffers, mib / 2), small, "although the large one is warmer");
    cr_expect_eq(take(buffers, mib / 2), large);
    th_buffers_give(buffers, small);
    th_buffers_give(buffers, large);
    cr_expect_eq(take(buffers, 5 * mib), large, "where none is, what needs the least fresh memory");
    th_buffers_give(buffers, large);
    th_buffers_give(buffers, out);
    th_buffers_destroy(buffers);
}

Test(buffers, with_enough_out_a_file_waits_for_warm_memory, .timeout = 120)
{
    struct th_buffers *buffers = make(8, 64 * mib, false);
    th_buffers_spare_memory(buffers, 1);
    struct th_buffer *first = take_filled(buffers, 2 * mib, 1), *tiny = NULL;
    struct taker other = {.buffers = buffers, .bytes = 2 * mib};
    enum thumbs_code code = THUMBS_INTERNAL;
    pthread_t thread;
    cr_assert(th_buffers_try_take(buffers, 4096, &tiny, &code, NULL), "a little is no reason");
    cr_expect_not(th_buffers_try_take(buffers, 2 * mib, &other.buffer, &code, NULL));
    pthread_create(&thread, NULL, taker_thread, &other);
    test_wait_until_asleep(&other.thread);
    cr_assert_not(atomic_load(&other.got));
    th_buffers_give(buffers, first);
    pthread_join(thread, NULL);
    cr_expect_eq(other.buffer, first);
    th_buffers_give(buffers, other.buffer);
    th_buffers_give(buffers, tiny);
    th_buffers_destroy(buffers);
}

Test(buffers, a_giant_goes_alone, .timeout = 120)
{
    struct th_buffers *buffers = make(8, 1000, false);
    struct th_buffer *giant = take(buffers, 5000);
    struct taker other = {.buffers = buffers, .bytes = 1};
    pthread_t thread;
    pthread_create(&thread, NULL, taker_thread, &other);
    test_wait_until_asleep(&other.thread);
    cr_assert_not(atomic_load(&other.got));
    th_buffers_give(buffers, giant);
    pthread_join(thread, NULL);
    th_buffers_give(buffers, other.buffer);
    th_buffers_destroy(buffers);
}

Test(buffers, cancel_sends_all_waiters_home, .timeout = 120)
{
    struct th_buffers *buffers = make(1, 1000, false);
    struct th_buffer *only = take(buffers, 10);
    struct taker takers[3];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        takers[i] = (struct taker){.buffers = buffers, .bytes = 10};
        pthread_create(&threads[i], NULL, taker_thread, &takers[i]);
    }
    for (int i = 0; i < 3; i++)
        test_wait_until_asleep(&takers[i].thread);
    th_buffers_cancel(buffers);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(takers[i].code, THUMBS_STOPPED);
    }
    th_buffers_give(buffers, only);
    th_buffers_destroy(buffers);
}

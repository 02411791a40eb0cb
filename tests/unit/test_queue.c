/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "queue/queue.h"

static void *number(uintptr_t n)
{
    return (void *)n;
}

Test(queue, keeps_order_over_many_laps, .timeout = 120)
{
    for (size_t capacity = 1; capacity <= 5; capacity++) {
        struct th_queue *q = th_queue_create(capacity);
        uintptr_t in = 1, out = 1;
        for (int lap = 0; lap < 50; lap++) {
            for (size_t i = 0; i < capacity; i++)
                cr_assert(th_queue_push(q, number(in++)));
            cr_assert_eq(th_queue_depth(q), capacity);
            for (size_t i = 0; i < capacity; i++)
                cr_assert_eq(th_queue_try_pop(q), number(out++));
            cr_assert_null(th_queue_try_pop(q));
        }
        th_queue_destroy(q);
    }
}

Test(queue, refuses_senseless_capacities)
{
    cr_assert_null(th_queue_create(0));
    cr_assert_null(th_queue_create((size_t)1 << 40));
}

Test(queue, close_lets_consumers_drain, .timeout = 120)
{
    struct th_queue *q = th_queue_create(4);
    th_queue_push(q, number(1));
    th_queue_push(q, number(2));
    th_queue_close(q);
    cr_assert_not(th_queue_is_finished(q));
    cr_assert_eq(th_queue_pop(q), number(1));
    cr_assert_eq(th_queue_pop(q), number(2));
    cr_assert(th_queue_is_finished(q));
    cr_assert_null(th_queue_pop(q));
    cr_assert_null(th_queue_pop(q));
    th_queue_destroy(q);
}

Test(queue, cancel_stops_at_once_and_keeps_items_for_drain, .timeout = 120)
{
    struct th_queue *q = th_queue_create(4);
    th_queue_push(q, number(1));
    th_queue_push(q, number(2));
    th_queue_cancel(q);
    cr_assert_null(th_queue_pop(q));
    cr_assert_null(th_queue_try_pop(q));
    cr_assert_not(th_queue_push(q, number(3)));
    cr_assert_eq(th_queue_drain(q), number(1));
    cr_assert_eq(th_queue_drain(q), number(2));
    cr_assert_null(th_queue_drain(q));
    th_queue_destroy(q);
}

static void *pop_one(void *q)
{
    return th_queue_pop(q);
}

static void *push_seven(void *q)
{
    return number(th_queue_push(q, number(7)) ? 1 : 0);
}

Test(queue, a_sleeping_consumer_is_woken_by_push_close_and_cancel, .timeout = 120)
{
    for (int how = 0; how < 3; how++) {
        struct th_queue *q = th_queue_create(2);
        pthread_t thread;
        void *got;
        pthread_create(&thread, NULL, pop_one, q);
        usleep(20000); /* it sleeps by now; if not, the test is only weaker */
        if (how == 0) th_queue_push(q, number(9));
        if (how == 1) th_queue_close(q);
        if (how == 2) th_queue_cancel(q);
        pthread_join(thread, &got);
        cr_assert_eq(got, how == 0 ? number(9) : NULL);
        th_queue_destroy(q);
    }
}

Test(queue, a_full_queue_holds_the_producer_back, .timeout = 120)
{
    struct th_queue *q = th_queue_create(1);
    pthread_t thread;
    void *pushed;
    th_queue_push(q, number(1));
    pthread_create(&thread, NULL, push_seven, q);
    usleep(50000);
    cr_assert_eq(th_queue_pop(q), number(1));
    cr_assert_eq(th_queue_pop(q), number(7));
    pthread_join(thread, &pushed);
    cr_assert_eq(pushed, number(1));

    th_queue_push(q, number(1));
    pthread_create(&thread, NULL, push_seven, q);
    usleep(20000);
    th_queue_cancel(q);
    pthread_join(thread, &pushed);
    cr_assert_eq(pushed, number(0),
                 "a cancelled push must say that the item is still the caller's");
    th_queue_destroy(q);
}

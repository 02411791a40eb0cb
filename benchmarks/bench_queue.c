/* SPDX-License-Identifier: MIT */
/*
 * bench_queue.c - what the hand-over from I/O threads to workers costs, for 1 to 64 workers.
 *
 *     bench_queue [--seconds=S] [--pause-us=N] [--json=FILE]
 *
 * First the bare queue: producers push and workers pop as fast as they can. With more threads than
 * CPUs this shows no scaling, but it shows what a hand-over costs when many wait, in rate and in
 * CPU time.
 *
 * The same is measured with the textbook queue of one mutex (plain_queue.h), which the ring has to
 * beat to be worth its length.
 *
 * Then workers that pause after each item (1 ms, as a quick file would keep them busy) without
 * using a CPU: 64 of them are then truly at work at one time on any machine, and they meet at the
 * queue as often as 64 workers would. To this the universal scalability law is fitted. What it
 * predicts holds for the hand-over alone: not for memory bandwidth, nor for caches that 64 real
 * CPUs pass the lines of the queue between.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "bench/jsonwriter.h"
#include "bench/machine.h"
#include "bench/results.h"
#include "bench/texttable.h"
#include "figures.h"
#include "plain_queue.h"
#include "queue/queue.h"
#include "thumbs/thumbs.h"
#include "usl.h"

enum { MAX_WORKERS = 64, N_PRODUCERS = 4, N_POINTS = 9, WARM_UP_MS = 50 };

static const unsigned worker_counts[N_POINTS] = {1, 2, 4, 8, 16, 24, 32, 48, 64};

struct worker {
    _Alignas(128) _Atomic uint64_t
        n_items; /* a line of its own, or counting would be what is measured */
    struct crew *crew;
    pthread_t thread;
};

/* What a queue offers, so that two kinds meet the same crew. */
struct kind {
    const char *name;
    void *(*create)(size_t capacity);
    void (*destroy)(void *queue);
    bool (*push)(void *queue, void *item);
    void *(*pop)(void *queue);
    void (*cancel)(void *queue);
    void *(*drain)(void *queue);
};

#define AS_KIND(prefix, label)                                                                     \
    static void *prefix##_make(size_t capacity)                                                    \
    {                                                                                              \
        return prefix##_create(capacity);                                                          \
    }                                                                                              \
    static void prefix##_unmake(void *queue)                                                       \
    {                                                                                              \
        prefix##_destroy(queue);                                                                   \
    }                                                                                              \
    static bool prefix##_put(void *queue, void *item)                                              \
    {                                                                                              \
        return prefix##_push(queue, item);                                                         \
    }                                                                                              \
    static void *prefix##_get(void *queue)                                                         \
    {                                                                                              \
        return prefix##_pop(queue);                                                                \
    }                                                                                              \
    static void prefix##_stop(void *queue)                                                         \
    {                                                                                              \
        prefix##_cancel(queue);                                                                    \
    }                                                                                              \
    static void *prefix##_rest(void *queue)                                                        \
    {                                                                                              \
        return prefix##_drain(queue);                                                              \
    }                                                                                              \
    static const struct kind prefix##_kind = {label,        prefix##_make, prefix##_unmake,        \
                                              prefix##_put, prefix##_get,  prefix##_stop,          \
                                              prefix##_rest}

AS_KIND(th_queue, "tickets on a ring");
AS_KIND(plain_queue, "one mutex, two conditions");

struct crew {
    const struct kind *kind;
    void *queue;
    unsigned pause_us;
    struct worker workers[MAX_WORKERS];
    pthread_t producers[N_PRODUCERS];
};

struct point {
    unsigned workers;
    double per_second; /* items handed over */
    double cpu_ns;     /* of the whole process, for one item */
};

static void *produce(void *arg)
{
    struct crew *crew = arg;
    while (crew->kind->push(crew->queue, crew)) {
    }
    return NULL;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    const struct timespec pause = {.tv_nsec = (long)worker->crew->pause_us * 1000};
    /* Else the kernel lets a sleeper wait up to 50 us more than it asked for. */
    prctl(PR_SET_TIMERSLACK, 1UL);
    while (worker->crew->kind->pop(worker->crew->queue)) {
        atomic_fetch_add_explicit(&worker->n_items, 1, memory_order_relaxed);
        if (pause.tv_nsec) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    return NULL;
}

static void sleep_ms(unsigned ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static uint64_t cpu_ns(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return ((uint64_t)u.ru_utime.tv_sec + (uint64_t)u.ru_stime.tv_sec) * UINT64_C(1000000000) +
           ((uint64_t)u.ru_utime.tv_usec + (uint64_t)u.ru_stime.tv_usec) * 1000;
}

static uint64_t count(const struct crew *crew, unsigned n_workers)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n_workers; i++)
        sum += atomic_load_explicit(&crew->workers[i].n_items, memory_order_relaxed);
    return sum;
}

static bool measure(const struct kind *kind, unsigned n_workers, unsigned pause_us, double seconds,
                    struct point *out)
{
    static struct crew crew;
    unsigned n_started = 0, n_producers = 0;
    bool done = false;
    memset(&crew, 0, sizeof crew);
    crew.kind = kind;
    crew.queue = kind->create(4 * (size_t)n_workers); /* as the pipeline makes it */
    crew.pause_us = pause_us;
    if (!crew.queue) return false;
    for (; n_started < n_workers; n_started++) {
        crew.workers[n_started].crew = &crew;
        if (pthread_create(&crew.workers[n_started].thread, NULL, work, &crew.workers[n_started]) !=
            0)
            goto out;
    }
    for (; n_producers < N_PRODUCERS; n_producers++) {
        if (pthread_create(&crew.producers[n_producers], NULL, produce, &crew) != 0) goto out;
    }
    sleep_ms(WARM_UP_MS);
    const uint64_t cpu_before = cpu_ns(), n_before = count(&crew, n_workers),
                   before_ns = th_now_ns();
    sleep_ms((unsigned)(seconds * 1000));
    const uint64_t n_items = count(&crew, n_workers) - n_before,
                   passed_ns = th_now_ns() - before_ns;
    *out =
        (struct point){.workers = n_workers,
                       .per_second = (double)n_items / ((double)passed_ns / 1e9),
                       .cpu_ns = n_items ? (double)(cpu_ns() - cpu_before) / (double)n_items : 0};
    done = n_items > 0;
out:
    kind->cancel(crew.queue);
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(crew.workers[i].thread, NULL);
    for (unsigned i = 0; i < n_producers; i++)
        pthread_join(crew.producers[i], NULL);
    while (kind->drain(crew.queue)) {
    }
    kind->destroy(crew.queue);
    return done;
}

static bool fit(const struct point *points, struct th_usl *out)
{
    double workers[N_POINTS], rates[N_POINTS];
    for (size_t i = 0; i < N_POINTS; i++) {
        workers[i] = points[i].workers;
        rates[i] = points[i].per_second;
    }
    return th_bench_usl_fit(workers, rates, N_POINTS, out);
}

static void print_points(const char *title, const struct point *points, const struct th_usl *usl)
{
    struct th_table t;
    struct th_bytes b = {0};
    th_bytes_addf(&b, "\n%s\n", title);
    th_table_init(&t, usl ? 5 : 3);
    th_table_add(&t, "workers");
    th_table_add(&t, "items/s");
    th_table_add(&t, "CPU ns an item");
    if (usl) {
        th_table_add(&t, "fitted");
        th_table_add(&t, "efficiency");
    }
    for (size_t i = 0; i < N_POINTS; i++) {
        th_table_add(&t, "%u", points[i].workers);
        th_table_add(&t, "%.0f", points[i].per_second);
        th_table_add(&t, "%.0f", points[i].cpu_ns);
        if (!usl) continue;
        th_table_add(&t, "%.0f", th_bench_usl_predict(usl, points[i].workers));
        th_table_add(&t, "%.1f %%", 100 * points[i].per_second / (usl->lambda * points[i].workers));
    }
    th_table_print(&t, "rrrrr", &b);
    fputs(th_bytes_str(&b), stdout);
    th_bytes_finish(&b);
    th_table_finish(&t);
}

static void print_fit(const struct th_usl *usl)
{
    const double at_64 = th_bench_usl_predict(usl, 64), peak = th_bench_usl_peak(usl);
    printf("\nuniversal scalability law: lambda %.1f items/s, sigma %.6f, kappa %.9f; worst error "
           "%.1f %%\n",
           usl->lambda, usl->sigma, usl->kappa, 100 * usl->worst_error);
    printf("predicted for 64 workers: %.0f items/s, %.1f times one, %.1f %% of linear\n", at_64,
           at_64 / usl->lambda, 100 * at_64 / (64 * usl->lambda));
    if (peak > 0)
        printf("predicted peak: %.0f workers, %.0f items/s\n", peak,
               th_bench_usl_predict(usl, peak));
    else
        printf("predicted peak: none\n");
}

static void json_points(struct th_json *j, const char *key, const struct point *points)
{
    th_json_open(j, key, '[');
    for (size_t i = 0; i < N_POINTS; i++) {
        th_json_open(j, NULL, '{');
        th_json_u64(j, "workers", points[i].workers);
        th_json_number(j, "items_per_second", points[i].per_second, 1);
        th_json_number(j, "cpu_ns_per_item", points[i].cpu_ns, 1);
        th_json_close(j, '}');
    }
    th_json_close(j, ']');
}

/* The points of one kind of queue. */
struct points {
    struct point bare[N_POINTS], paused[N_POINTS];
};

static bool write_json(struct th_outfile *file, unsigned pause_us, const struct points *ring,
                       const struct points *plain, const struct th_usl *usl)
{
    struct th_bytes b = {0};
    struct th_json j = {.out = &b};
    struct th_machine machine;
    th_machine_read(&machine);
    th_json_open(&j, NULL, '{');
    th_json_string(&j, "schema", "thumbs-queue/1");
    th_machine_json(&machine, &j);
    th_json_u64(&j, "producers", N_PRODUCERS);
    th_json_u64(&j, "pause_us", pause_us);
    json_points(&j, "bare", ring->bare);
    json_points(&j, "paused", ring->paused);
    json_points(&j, "plain_bare", plain->bare);
    json_points(&j, "plain_paused", plain->paused);
    th_json_open(&j, "usl", '{');
    th_json_number(&j, "lambda", usl->lambda, 3);
    th_json_number(&j, "sigma_ppm", usl->sigma * 1e6, 3); /* both are far below 1 */
    th_json_number(&j, "kappa_ppm", usl->kappa * 1e6, 6);
    th_json_number(&j, "worst_error", usl->worst_error, 6);
    th_json_number(&j, "predicted_64", th_bench_usl_predict(usl, 64), 1);
    th_json_close(&j, '}');
    th_json_close(&j, '}');
    const bool done = figures_write(file, &b);
    th_bytes_finish(&b);
    return done;
}

static bool is_json(const char *head, size_t len)
{
    (void)len;
    return th_bench_is_json_of(head, "thumbs-queue/");
}

int main(int argc, char **argv)
{
    static const struct th_outfile_guard guard; /* it reads no files */
    struct th_outfile file;
    struct points ring, plain;
    struct th_usl usl;
    double seconds = 0.5;
    unsigned pause_us = 1000;
    const char *json = NULL;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--seconds=", 10) == 0)
            seconds = strtod(argv[i] + 10, NULL);
        else if (strncmp(argv[i], "--pause-us=", 11) == 0)
            pause_us = (unsigned)strtoul(argv[i] + 11, NULL, 10);
        else if (strncmp(argv[i], "--json=", 7) == 0)
            json = argv[i] + 7;
        else
            seconds = 0;
    }
    if (!(seconds >= 0.01 && seconds <= 60) || pause_us < 1 || pause_us > 900000) {
        fputs("usage: bench_queue [--seconds=S] [--pause-us=N] [--json=FILE]\n", stderr);
        return 2;
    }
    if (!figures_plan(&file, json, "JSON of the queue", is_json, &guard)) return 2;
    for (size_t i = 0; i < N_POINTS; i++) {
        if (!measure(&th_queue_kind, worker_counts[i], 0, seconds, &ring.bare[i]) ||
            !measure(&plain_queue_kind, worker_counts[i], 0, seconds, &plain.bare[i]) ||
            !measure(&th_queue_kind, worker_counts[i], pause_us, seconds, &ring.paused[i]) ||
            !measure(&plain_queue_kind, worker_counts[i], pause_us, seconds, &plain.paused[i])) {
            fprintf(stderr, "bench_queue: no measurement with %u workers\n", worker_counts[i]);
            return 3;
        }
    }
    printf("%d producers, queue of 4 items for each worker, %.2f s a point, %u CPUs\n", N_PRODUCERS,
           seconds, thumbs_cpus_usable());
    print_points("The bare queue:", ring.bare, NULL);
    print_points("The bare queue, as one mutex and two conditions:", plain.bare, NULL);
    if (!fit(ring.paused, &usl)) {
        fputs("bench_queue: the points cannot be fitted\n", stderr);
        return 3;
    }
    char title[80];
    snprintf(title, sizeof title, "Workers that pause for %u us after each item:", pause_us);
    print_points(title, ring.paused, &usl);
    print_points("The same with one mutex and two conditions:", plain.paused, NULL);
    print_fit(&usl);
    const bool written = write_json(&file, pause_us, &ring, &plain, &usl);
    th_outfile_finish(&file);
    return written ? 0 : 3;
}

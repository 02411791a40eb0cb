/* SPDX-License-Identifier: MIT */
/*
 * Whole runs through the public header: mode processes (its threads are all ours, the decoders are
 * in other processes, so ThreadSanitizer sees every part of the pipeline that has threads), stopped
 * at random moments or let run to the end, and asked all the while what they wait for. Each second
 * pair of rounds reads with io_uring (where the kernel refuses that, by I/O threads).
 *
 *   stress_batch SAMPLES THUMBS_PROGRAM SCRATCH_FOLDER
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "thumbs/thumbs.h"

enum { ROUNDS = 16 };

static atomic_ulong n_events;

static void on_event(void *user, const struct thumbs_event *event)
{
    (void)user;
    (void)event;
    atomic_fetch_add(&n_events, 1);
}

struct stopper {
    struct thumbs_batch *batch;
    useconds_t after_us;
};

static void *stop_later(void *arg)
{
    struct stopper *s = arg;
    usleep(s->after_us);
    thumbs_batch_stop(s->batch);
    return NULL;
}

/* Asks what the batch waits for until it is over. */
struct asker {
    struct thumbs_batch *batch;
    atomic_bool over;
    unsigned long n_asked, n_named;
};

static void on_waiting(void *user, const struct thumbs_waiting *waiting)
{
    struct asker *asker = user;
    if (waiting->path[0] && waiting->what[0]) asker->n_named++;
}

static void *ask(void *arg)
{
    struct asker *asker = arg;
    struct thumbs_levels levels;
    for (; !atomic_load(&asker->over); asker->n_asked++) {
        thumbs_batch_waiting(asker->batch, 1 + asker->n_asked % 20, on_waiting, asker);
        thumbs_batch_levels(asker->batch, &levels);
        usleep(500);
    }
    return NULL;
}

static int run(const char *samples, const char *program, const char *dest, int round)
{
    struct thumbs_options options;
    struct thumbs_batch *batch = NULL;
    struct thumbs_error err = {0};
    struct thumbs_totals totals;
    pthread_t thread, asking;
    bool stop_early = round % 2;
    thumbs_options_init(&options);
    options.jobs = 1 + (unsigned)round % 4;
    options.io = round / 2 % 2 ? THUMBS_IO_URING : THUMBS_IO_THREADS;
    options.io_jobs = 1 + (unsigned)round % 3 * (options.io == THUMBS_IO_URING ? 10 : 1);
    options.queue_items = 1 + (unsigned)round;
    options.queue_bytes = round % 3 == 0 ? 100000 : UINT64_C(1) << 28;
    options.force = true;
    options.worker_program = program;
    atomic_store(&n_events, 0);
    if (thumbs_batch_create(&options, &samples, 1, dest, &batch, &err) != THUMBS_OK) {
        fprintf(stderr, "create: %s\n", err.message);
        return 1;
    }
    struct stopper stopper = {.batch = batch, .after_us = (useconds_t)(round * 37 % 23 * 30000)};
    const char *io = thumbs_batch_note(batch)        ? "io threads (uring refused)"
                     : options.io == THUMBS_IO_URING ? "io uring"
                                                     : "io threads";
    struct asker asker = {.batch = batch};
    if (pthread_create(&asking, NULL, ask, &asker) != 0) return 1;
    if (stop_early) pthread_create(&thread, NULL, stop_later, &stopper);
    enum thumbs_code code = thumbs_batch_run(batch, on_event, NULL, &err);
    if (stop_early) pthread_join(thread, NULL);
    atomic_store(&asker.over, true);
    pthread_join(asking, NULL);
    thumbs_batch_totals(batch, &totals);
    thumbs_batch_destroy(batch);

    uint64_t sum = 0;
    for (int i = 0; i < THUMBS_N_STATUSES; i++)
        sum += totals.by_status[i];
    bool ok = sum == atomic_load(&n_events) &&
              (code == THUMBS_OK || (stop_early && code == THUMBS_STOPPED)) &&
              (code == THUMBS_STOPPED || sum == totals.found) && sum <= totals.found &&
              (asker.n_named > 0 || stop_early);
    printf("round %d: %s: %s, %lu of %lu sources: %s\n", round, io, thumbs_code_name(code),
           (unsigned long)sum, (unsigned long)totals.found, ok ? "ok" : "WRONG");
    return !ok;
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    int failed = 0;
    for (int round = 0; round < ROUNDS; round++)
        failed |= run(argv[1], argv[2], argv[3], round);
    return failed;
}

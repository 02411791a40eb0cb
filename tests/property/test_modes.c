/* SPDX-License-Identifier: MIT */
/* Promise 4: the three modes, any number of jobs and any bounds of the queue give byte-identical
 * trees. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/corpus.h"
#include "support/tree.h"
#include "thumbs/thumbs.h"

struct outcome {
    uint64_t hash;
    size_t n_files;
    struct thumbs_totals totals;
};

/* What only a run's circumstances can lead to: it names the culprit of a difference. */
static void tell_odd(void *user, const struct thumbs_event *event)
{
    (void)user;
    if (event->status != THUMBS_STATUS_FAILED) return;
    enum thumbs_code code = event->error->code;
    if (code == THUMBS_CRASHED || code == THUMBS_TIMEOUT || code == THUMBS_MEMORY)
        cr_log_info("%s: %s: %s", event->source, thumbs_code_name(code), event->error->message);
}

static struct outcome run(const struct thumbs_options *options, const char *source)
{
    struct outcome outcome = {0};
    struct thumbs_batch *batch = NULL;
    struct thumbs_error err = {0};
    char *dest = test_folder_make();
    cr_assert_eq(thumbs_batch_create(options, &source, 1, dest, &batch, &err), THUMBS_OK, "%s",
                 err.message);
    cr_assert_eq(thumbs_batch_run(batch, tell_odd, NULL, &err), THUMBS_OK, "%s", err.message);
    thumbs_batch_totals(batch, &outcome.totals);
    thumbs_batch_destroy(batch);
    outcome.hash = test_tree_hash(dest, &outcome.n_files);
    cr_assert_eq(test_count_temporaries(dest), 0u);
    test_folder_remove(dest);
    return outcome;
}

static void set_up(struct thumbs_options *o)
{
    thumbs_options_init(o);
    o->worker_program = TEST_PROGRAM;
    o->image.plain_only = 1;
    o->image.n_sizes = 2;
    o->image.sizes[1] = (struct thumbs_size){.width = 64, .height = 40};
    o->image.n_formats = 2;
    o->image.formats[1] = THUMBS_FORMAT_WEBP;
}

static void expect_alike(struct outcome got, struct outcome reference,
                         const struct thumbs_options *o)
{
    cr_expect_eq(got.n_files, reference.n_files, "mode %d, io %d, %u jobs", o->mode, o->io,
                 o->jobs);
    cr_expect_eq(got.hash, reference.hash, "mode %d, io %d, %u jobs, queue of %u", o->mode, o->io,
                 o->jobs, o->queue_items);
    for (int s = 0; s < THUMBS_N_STATUSES; s++)
        cr_expect_eq(got.totals.by_status[s], reference.totals.by_status[s],
                     "mode %d, io %d, %u jobs: %s", o->mode, o->io, o->jobs,
                     thumbs_status_name((enum thumbs_status)s));
}

static void check_all_settings(const char *source)
{
    static const unsigned jobs[] = {1, 2, 3, 8};
    static const struct {
        unsigned items;
        uint64_t bytes;
    } queues[] = {{1, 1}, {2, 100000}, {64, UINT64_C(1) << 28}};
    struct thumbs_options o;
    set_up(&o);
    o.mode = THUMBS_MODE_SYNC;
    struct outcome reference = run(&o, source);
    cr_assert_gt(reference.n_files, 0u);
    for (int mode = THUMBS_MODE_PROCESSES; mode <= THUMBS_MODE_THREADS; mode++) {
        for (size_t j = 0; j < sizeof jobs / sizeof *jobs; j++) {
            /* Every bound with every number of jobs would say little more: go through them in turn.
             */
            size_t q = (j + (size_t)mode) % 3;
            o.mode = (enum thumbs_mode)mode;
            o.jobs = jobs[j];
            o.io_jobs = 1 + (unsigned)j * 2;
            o.queue_items = queues[q].items;
            o.queue_bytes = queues[q].bytes;
            /* Likewise the kinds of I/O, unless there is time enough. Where the kernel refuses a
             * ring uring is the same once more, and modes::uring_is_what_is_run says so by name.
             * */
            for (int io = 0; io < 2; io++) {
                if (!test_nightly() && io != (int)(j + (size_t)mode) % 2) continue;
                o.io = io ? THUMBS_IO_URING : THUMBS_IO_THREADS;
                expect_alike(run(&o, source), reference, &o);
            }
        }
    }
}

Test(modes, samples_come_out_alike, .timeout = 300)
{
    check_all_settings(TEST_SAMPLES);
}

/* Else the comparison would be one of threads with threads. And a second run finds everything up to
 * date. */
Test(modes, uring_is_what_is_run, .timeout = 300)
{
    struct thumbs_options o;
    struct thumbs_error err = {0};
    struct thumbs_totals totals;
    const char *source = TEST_SAMPLES;
    char *dest = test_folder_make();
    uint64_t n_done = 0;
    set_up(&o);
    o.io = THUMBS_IO_URING;
    for (int round = 0; round < 2; round++) {
        struct thumbs_batch *batch = NULL;
        o.mode = round ? THUMBS_MODE_THREADS : THUMBS_MODE_PROCESSES;
        cr_assert_eq(thumbs_batch_create(&o, &source, 1, dest, &batch, &err), THUMBS_OK, "%s",
                     err.message);
        if (thumbs_batch_note(batch)) {
            cr_log_warn("%s", thumbs_batch_note(batch));
            thumbs_batch_destroy(batch);
            test_folder_remove(dest);
            cr_skip_test("no io_uring here");
        }
        cr_assert_eq(thumbs_batch_run(batch, NULL, NULL, &err), THUMBS_OK, "%s", err.message);
        thumbs_batch_totals(batch, &totals);
        thumbs_batch_destroy(batch);
        uint64_t n_made =
            totals.by_status[THUMBS_STATUS_DONE] + totals.by_status[THUMBS_STATUS_DAMAGED];
        if (round == 0) n_done = n_made;
        cr_expect_gt(n_done, 100u);
        cr_expect_eq(totals.by_status[THUMBS_STATUS_UP_TO_DATE], round ? n_done : 0u);
        cr_expect_eq(n_made, round ? 0u : n_done);
    }
    test_folder_remove(dest);
}

static void check_corpus(const char *part)
{
    TEST_NEED_CORPUS();
    char *source = test_path(test_corpus(), part);
    check_all_settings(source);
    free(source);
}

Test(modes, corpus_pngsuite_comes_out_alike, .timeout = 300)
{
    check_corpus("pngsuite");
}

Test(modes, corpus_orientation_comes_out_alike, .timeout = 300)
{
    check_corpus("orientation");
}

Test(modes, corpus_formats_come_out_alike, .timeout = 600)
{
    check_corpus("formats");
}

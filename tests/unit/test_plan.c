/* SPDX-License-Identifier: MIT */
/* How a run is cut down to what the system allows: arithmetic, no system calls. */
#include <criterion/criterion.h>

#include "run/fit.h"
#include "run/plan.h"
#include "run/shard.h"

static struct thumbs_options options_of(enum thumbs_mode mode, unsigned jobs)
{
    struct thumbs_options o;
    thumbs_options_init(&o);
    o.mode = mode;
    o.jobs = jobs;
    o.io_jobs = 4;
    o.queue_items = 4 * jobs;
    return o;
}

Test(fit, few_descriptors_cost_files_on_their_way_before_jobs)
{
    struct thumbs_options o = options_of(THUMBS_MODE_PROCESSES, 8);
    const struct th_room wanted = th_fit_wanted(&o, false);
    unsigned jobs_before = 8;
    cr_expect_eq(wanted.n_buffers, 8 * 3 + 32 + 4);
    cr_expect_eq(th_fit_eager(&wanted), 4 + 2 * 8);
    for (uint64_t most = th_fit_descriptors(&o, &wanted); most >= 36; most--) {
        struct th_room room = wanted;
        cr_assert(th_fit_into_descriptors(&o, most, &room), "%u", (unsigned)most);
        cr_expect_leq(th_fit_descriptors(&o, &room), most);
        cr_expect(room.jobs == 8 || room.n_loaded == 1, "%u", (unsigned)most);
        cr_expect(room.jobs >= 1 && room.io_jobs >= 1 && room.n_paths >= 1 && room.n_loaded >= 1 &&
                  room.n_buffers >= 1);
        cr_expect_leq(room.jobs, jobs_before);
        jobs_before = room.jobs;
    }
    struct th_room room = wanted;
    cr_expect_not(th_fit_into_descriptors(&o, 20, &room));
    cr_expect_leq(th_fit_descriptors(&o, &room), 40, "one job takes %u",
                  (unsigned)th_fit_descriptors(&o, &room));
}

Test(fit, few_tasks_cost_loaders_before_jobs)
{
    static const enum thumbs_mode modes[] = {THUMBS_MODE_PROCESSES, THUMBS_MODE_THREADS};
    for (int i = 0; i < 2; i++) {
        for (uint64_t most = 60; most > 0; most--) {
            struct thumbs_options o = options_of(modes[i], 16);
            th_fit_into_tasks(&o, most);
            cr_expect(o.jobs >= 1 && o.io_jobs >= 1);
            cr_expect(o.jobs == 16 || o.io_jobs == 1);
            cr_expect(th_fit_tasks(&o) <= most || (o.jobs == 1 && o.io_jobs == 1));
        }
    }
    /* What twelve tasks in all leave in a container, where four are there before. */
    struct thumbs_options o = options_of(THUMBS_MODE_PROCESSES, 16);
    th_fit_into_tasks(&o, 8);
    cr_expect_eq(o.jobs, 2);
    cr_expect_eq(o.io_jobs, 1);
}

Test(plan, idle_workers_lend_half_of_their_part_to_one_picture)
{
    struct thumbs_options o = options_of(THUMBS_MODE_PROCESSES, 4);
    struct th_plan plan;
    struct thumbs_error err = {0};
    const uint64_t mb = 1 << 20;
    o.memory_bytes = 200 * mb;
    cr_assert_eq(th_plan_memory(&o, &plan, &err), THUMBS_OK);
    cr_expect_eq(plan.jobs, 2);
    cr_expect_eq(plan.alone_bytes, plan.decode_bytes + 16 * mb);
    cr_expect_geq(plan.alone_bytes, 77 * mb);
    o.jobs = 1; /* nobody is there to lend */
    cr_assert_eq(th_plan_memory(&o, &plan, &err), THUMBS_OK);
    cr_expect_eq(plan.alone_bytes, plan.decode_bytes);
    o.mode = THUMBS_MODE_SYNC;
    cr_assert_eq(th_plan_memory(&o, &plan, &err), THUMBS_OK);
    cr_expect_eq(plan.alone_bytes, plan.decode_bytes);
}

Test(plan, heaps_stay_warm_only_where_memory_is_plenty)
{
    struct thumbs_options o = options_of(THUMBS_MODE_PROCESSES, 2);
    struct th_plan plan;
    struct thumbs_error err = {0};
    const uint64_t mb = 1 << 20;
    uint64_t before = 0;
    o.memory_bytes = 512 * mb;
    cr_assert_eq(th_plan_memory(&o, &plan, &err), THUMBS_OK);
    cr_expect_eq(plan.warm_bytes, 0);
    for (o.memory_bytes = 1024 * mb; o.memory_bytes < 65536 * mb; o.memory_bytes *= 2) {
        cr_assert_eq(th_plan_memory(&o, &plan, &err), THUMBS_OK);
        cr_expect_geq(plan.warm_bytes, before);
        cr_expect_leq(plan.jobs * plan.warm_bytes, plan.decode_bytes / 15);
        before = plan.warm_bytes;
    }
    cr_expect_eq(before, 112 * mb);
}

/* Machines with different versions of the program may work on one job. */
Test(shard, the_part_of_a_path_never_changes)
{
    cr_expect_eq(th_shard_of("a.jpg", 5, 1), 0);
    cr_expect_eq(th_shard_of("a.jpg", 5, 1000000), 238089);
    cr_expect_eq(th_shard_of("holiday/b.jpg", 13, 1000000), 937702);
    cr_expect_eq(th_shard_of("", 0, 1000000), 795292);
}

/* SPDX-License-Identifier: MIT */
#include "cli/shard_auto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"

struct engine {
    const char *index, *count; /* count NULL: it does not tell */
    uint32_t first;            /* number of the first part */
};

static const struct engine engines[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", 0},
    {"JOB_COMPLETION_INDEX", NULL, 0},
    {"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", 0},
    {"BATCH_TASK_INDEX", "BATCH_TASK_COUNT", 0},
    {"CI_NODE_INDEX", "CI_NODE_TOTAL", 1},
    {"BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0},
    {"CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0},
};
#define N_ENGINES (sizeof engines / sizeof engines[0])

__attribute__((format(printf, 2, 3))) static bool refuse(struct cli_problem *problem,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    return false;
}

/* Empty is not set: that is how a script hands on what it does not have. */
static const char *value_of(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* A number from the environment; `fallback` where it is not set. */
static bool read_number(const char *name, uint64_t least, uint64_t fallback, uint64_t *out,
                        struct cli_problem *problem)
{
    const char *value = value_of(name);
    *out = fallback;
    if (!value || th_parse_u64(value, least, UINT32_MAX, out)) return true;
    return refuse(problem, "%s is not a number from %llu", name, (unsigned long long)least);
}

static bool find_engine(const struct engine **out, struct cli_problem *problem)
{
    *out = NULL;
    for (size_t i = 0; i < N_ENGINES; i++) {
        if (!value_of(engines[i].index)) continue;
        if (*out)
            return refuse(problem,
                          "both %s and %s are set; say which part this is, as in "
                          "--shard=0/4",
                          (*out)->index, engines[i].index);
        *out = &engines[i];
    }
    if (*out) return true;
    return refuse(problem,
                  "none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, "
                  "BATCH_TASK_INDEX, CI_NODE_INDEX, BUILDKITE_PARALLEL_JOB and CIRCLE_NODE_INDEX "
                  "is set");
}

/* The tasks of an array bear the numbers min, min + step, ... An array with other numbers does not
 * say which of its tasks is the how-manieth. */
static bool slurm_place(uint64_t count, uint64_t *index, struct cli_problem *problem)
{
    uint64_t min, max, step;
    if (!read_number("SLURM_ARRAY_TASK_MIN", 0, 0, &min, problem) ||
        !read_number("SLURM_ARRAY_TASK_MAX", 0, min + count - 1, &max, problem) ||
        !read_number("SLURM_ARRAY_TASK_STEP", 1, 1, &step, problem))
        return false;
    if (*index < min || *index > max || (*index - min) % step || (max - min) / step + 1 != count)
        return refuse(problem,
                      "the numbers of this Slurm array (%llu to %llu by %llu, %llu tasks) have "
                      "holes; use one like 0-15, and --shard=auto/16 to run some of it again",
                      (unsigned long long)min, (unsigned long long)max, (unsigned long long)step,
                      (unsigned long long)count);
    *index = (*index - min) / step;
    return true;
}

/* The user says how many there are. Of a Slurm array some tasks may run again alone, so there the
 * number of a task is its part; elsewhere the engine has to agree. */
static bool agrees(uint32_t n, const struct engine *engine, uint64_t count, uint64_t index,
                   struct cli_problem *problem)
{
    uint64_t placed = index;
    if (!count) return true;
    if (engine == &engines[0]) {
        if (count != n || (slurm_place(count, &placed, problem) && placed == index)) return true;
        return refuse(problem, "with --shard=auto/%lu the Slurm array must be 0-%lu",
                      (unsigned long)n, (unsigned long)n - 1);
    }
    if (count == n) return true;
    return refuse(problem, "%s is %llu, and --shard says %lu", engine->count,
                  (unsigned long long)count, (unsigned long)n);
}

/* The engine says how many there are. */
static bool take_count(const struct engine *engine, uint64_t count, uint64_t *index,
                       struct cli_problem *problem)
{
    if (!engine->count)
        return refuse(problem, "%s does not say how many parts there are; write --shard=auto/N",
                      engine->index);
    if (!count) return refuse(problem, "%s is set, but not %s", engine->index, engine->count);
    if (count > THUMBS_MAX_SHARDS) return refuse(problem, "%s is too large", engine->count);
    return engine != &engines[0] || slurm_place(count, index, problem);
}

bool cli_shard_auto(uint32_t n, uint32_t *shard, uint32_t *n_shards, struct cli_problem *problem)
{
    const struct engine *engine;
    uint64_t index, count = 0;
    if (!find_engine(&engine, problem)) return false;
    if (!read_number(engine->index, 0, 0, &index, problem)) return false;
    if (engine->count && !read_number(engine->count, 1, 0, &count, problem)) return false;
    if (n ? !agrees(n, engine, count, index, problem) : !take_count(engine, count, &index, problem))
        return false;
    if (!n) n = (uint32_t)count;
    if (index < engine->first || index - engine->first >= n)
        return refuse(problem, "%s is %llu, but the parts go from %lu to %lu", engine->index,
                      (unsigned long long)index, (unsigned long)engine->first,
                      (unsigned long)n - 1 + engine->first);
    *shard = (uint32_t)(index - engine->first);
    *n_shards = n;
    return true;
}

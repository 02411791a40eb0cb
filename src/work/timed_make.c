/* SPDX-License-Identifier: MIT */
#include "work/timed_make.h"

#include <time.h>

#include "base/sys.h"

/* What scheduling alone may cost on a busy machine. */
static const uint64_t ordinary_wait_ns = 200 * 1000000;

/* CPU time of the calling thread. */
static uint64_t cpu_ns(void)
{
    struct timespec used;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return 0;
    return (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
}

/* Of the time since a try began, was most spent not running at all? */
static bool was_asleep(uint64_t began_ns, uint64_t began_cpu_ns)
{
    uint64_t took_ns = th_now_ns() - began_ns, ran_ns = cpu_ns() - began_cpu_ns;
    return ran_ns < took_ns / 2 && took_ns - ran_ns > ordinary_wait_ns;
}

enum thumbs_code th_work_make(const uint8_t *data, size_t len,
                              const struct thumbs_image_options *options,
                              struct th_image_limits limits, uint64_t timeout_ns,
                              struct th_sink *sink, struct th_image_result *result,
                              struct thumbs_error *err)
{
    enum thumbs_code code;
    bool again, second = false;
    do {
        uint64_t began_ns = th_now_ns(), began_cpu_ns = cpu_ns();
        limits.deadline_ns = timeout_ns ? began_ns + timeout_ns : 0;
        code = th_image_make(data, len, options, &limits, sink, result, err);
        again = code == THUMBS_TIMEOUT && !second && was_asleep(began_ns, began_cpu_ns);
        second = true;
    } while (again);
    return code;
}

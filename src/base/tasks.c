/* SPDX-License-Identifier: MIT */
#include "base/tasks.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/procmem.h"
#include "base/sys.h"

enum {
    /* RLIMIT_NPROC counts all of a user's threads on the machine, which nobody can see from inside
     * a container; a limit of this many and more, which is what systems set by default, is taken
     * for ample. */
    AMPLE = 4096,
    GONE_TRIES = 100,
    GONE_PAUSE_US = 1000,
};

/* How many a group has left, and one, since 0 stands for no limit. */
static uint64_t left_in_group(const char *dir)
{
    uint64_t most, now;
    if (!th_cgroup_number(dir, "pids.max", &most) || !th_cgroup_number(dir, "pids.current", &now))
        return 0;
    return now < most ? most - now + 1 : 1;
}

static bool is_short_by_user(unsigned wanted)
{
    struct rlimit limit;
    if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    return limit.rlim_cur < AMPLE || limit.rlim_cur / 4 < wanted;
}

bool th_tasks_left_below(const char *root, uint64_t *left)
{
    uint64_t and_one = th_cgroup_smallest(root, "pids", left_in_group, left_in_group);
    if (!and_one) return false;
    *left = and_one - 1;
    return true;
}

bool th_tasks_are_scarce(unsigned wanted)
{
    if (is_short_by_user(wanted)) return true;
    uint64_t left;
    return th_tasks_left_below("", &left) && left / 2 < wanted;
}

struct probe {
    pthread_mutex_t lock;
    pthread_cond_t release;
    bool released;
};

static void *probe_thread(void *arg)
{
    struct probe *probe = arg;
    pthread_mutex_lock(&probe->lock);
    while (!probe->released)
        pthread_cond_wait(&probe->release, &probe->lock);
    pthread_mutex_unlock(&probe->lock);
    return NULL;
}

static unsigned threads_now(void)
{
    struct th_procmem look;
    return th_procmem_look(getpid(), &look) ? look.n_threads : 0;
}

/* A thread that has been joined may count for a moment longer, and whoever started another in it
 * would be refused. */
static void wait_until_gone(unsigned n_before)
{
    for (int i = 0; i < GONE_TRIES; i++) {
        unsigned n = threads_now();
        if (n != 0 && n <= n_before) return;
        usleep(GONE_PAUSE_US);
        if (n == 0) return; /* without /proc that has to do */
    }
}

unsigned th_tasks_startable(unsigned wanted)
{
    pthread_t *threads = th_calloc(wanted, sizeof *threads);
    struct probe probe = {.lock = PTHREAD_MUTEX_INITIALIZER, .release = PTHREAD_COND_INITIALIZER};
    unsigned n = 0, n_before = threads_now();
    if (!threads) return 0;
    while (n < wanted && th_thread_start(&threads[n], probe_thread, &probe) == 0)
        n++;
    pthread_mutex_lock(&probe.lock);
    probe.released = true;
    pthread_cond_broadcast(&probe.release);
    pthread_mutex_unlock(&probe.lock);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    if (n > 0) wait_until_gone(n_before);
    return n;
}

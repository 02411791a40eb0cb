/* SPDX-License-Identifier: MIT */
#include "race/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"

/* As many CPUs as there are jobs, so that no program is helped by threads of its own. */
static void limit_cpus(unsigned jobs)
{
    cpu_set_t allowed, chosen;
    CPU_ZERO(&chosen);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
        (unsigned)CPU_COUNT(&allowed) <= jobs)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE && (unsigned)CPU_COUNT(&chosen) < jobs; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &chosen);
    }
    sched_setaffinity(0, sizeof chosen, &chosen);
}

/* Runs in the child; comes back only if the program cannot be started. */
int run_task(void *user, int result_fd)
{
    const struct task *task = user;
    const struct race *race = task->race;
    const int log = open(task->measured ? race->log : race->tool_log,
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (log < 0 || null < 0) return 126;
    dup2(null, STDIN_FILENO);
    dup2(task->answers ? result_fd : log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (task->measured) {
        char threads[16];
        if (chdir(race->work) != 0) return 126;
        limit_cpus(race->settings.jobs);
        if (task->vips_concurrency[0]) setenv("VIPS_CONCURRENCY", task->vips_concurrency, 1);
        setenv("OMP_NUM_THREADS", "1", 1); /* gm and mogrify; thumbs asks for its number itself */
        setenv("MAGICK_THREAD_LIMIT", "1", 1);
        snprintf(threads, sizeof threads, "%u", race->settings.jobs > 4 ? race->settings.jobs : 4);
        setenv("UV_THREADPOOL_SIZE", threads, 1);
    }
    execvp(task->argv[0], task->argv);
    dprintf(STDERR_FILENO, "%s: %s\n", task->argv[0], strerror(errno));
    return 127;
}

bool ask(struct race *race, char **argv, char *answer, size_t size)
{
    struct task task = {.race = race, .argv = argv, .answers = true};
    struct th_measure_job job = {.run = run_task, .user = &task, .stop = &stop_signal};
    struct th_measured measured = {0};
    struct thumbs_error err = {0};
    answer[0] = '\0';
    if (th_bench_measure(&job, answer, size - 1, &measured, &err) != THUMBS_OK) {
        if (!stop_signal) complain("%s: %s", argv[0], err.message);
        return false;
    }
    answer[measured.result_size] = '\0';
    return WIFEXITED(measured.status) && WEXITSTATUS(measured.status) == 0;
}

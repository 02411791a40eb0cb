/* SPDX-License-Identifier: MIT */
#include "bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "bench/tree_memory.h"

#define MS UINT64_C(1000000)

enum {
    SAMPLE_MS = 20,
    SAMPLE_SHARE = 100,  /* sampling takes at most one part in so many */
    STRAGGLER_MS = 2000, /* what descendants of a child that has ended get to end themselves */
};

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void add_usage(struct th_measured *m, const struct rusage *usage)
{
    m->user_seconds += seconds_of(&usage->ru_utime);
    m->system_seconds += seconds_of(&usage->ru_stime);
}

/* ---- the child ---- */

_Noreturn static void run_child(const struct th_measure_job *job, pid_t parent, const int fds[2])
{
    sigset_t none;
    /* A group of its own: Ctrl-C at the terminal reaches the parent alone, and the parent can end
     * the whole group. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(125);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    close(fds[0]);
    /* Not exit(): what the parent has in its buffers is the parent's to write. */
    _exit(job->run(job->user, fds[1]));
}

/* ---- the parent ---- */

struct watch {
    const struct th_measure_job *job;
    pid_t pid;
    int pidfd, result_fd; /* result_fd -1: read to its end */
    uint64_t start_ns, sample_ns, gap_ns;
    char *result;
    size_t result_cap;
    struct th_measured *out;
};

static uint64_t own_cpu_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

static void take_sample(struct watch *w)
{
    const uint64_t before_ns = own_cpu_ns();
    const uint64_t bytes = th_bench_tree_bytes(w->pid);
    const uint64_t cost_ns = own_cpu_ns() - before_ns, now_ns = th_now_ns();
    if (bytes > 0) w->out->n_samples++;
    if (bytes > w->out->peak_bytes) w->out->peak_bytes = bytes;
    /* The first samples come quickly, so that a run of a few milliseconds has some too. */
    w->gap_ns = w->gap_ns < SAMPLE_MS * MS / 2 ? w->gap_ns * 2 : SAMPLE_MS * MS;
    w->sample_ns =
        now_ns + (cost_ns * SAMPLE_SHARE > w->gap_ns ? cost_ns * SAMPLE_SHARE : w->gap_ns);
}

static void read_result(struct watch *w)
{
    const size_t room = w->result_cap - w->out->result_size;
    const ssize_t n = room ? th_read(w->result_fd, w->result + w->out->result_size, room) : 0;
    if (n > 0)
        w->out->result_size += (size_t)n;
    else
        w->result_fd = -1; /* closed by the caller */
}

static bool is_late(const struct watch *w, uint64_t now_ns)
{
    return w->job->timeout_seconds > 0 &&
           (double)(now_ns - w->start_ns) / 1e9 > w->job->timeout_seconds;
}

/* Until the child has ended. */
static enum thumbs_code watch_child(struct watch *w, struct thumbs_error *err)
{
    for (;;) {
        const uint64_t now_ns = th_now_ns();
        if (w->job->stop && *w->job->stop)
            return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_NONE, "stopped");
        if (is_late(w, now_ns))
            return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_NONE,
                                "a run took longer than %g s", w->job->timeout_seconds);
        if (now_ns >= w->sample_ns) take_sample(w);
        const uint64_t wait_ns = w->sample_ns > now_ns ? w->sample_ns - now_ns : 0;
        const struct timespec wait = {.tv_sec = (time_t)(wait_ns / (1000 * MS)),
                                      .tv_nsec = (long)(wait_ns % (1000 * MS))};
        struct pollfd fds[] = {{.fd = w->pidfd, .events = POLLIN},
                               {.fd = w->result_fd, .events = POLLIN}};
        if (ppoll(fds, 2, &wait, NULL) < 0)
            continue; /* a signal: look at the reasons to end again */
        if (fds[0].revents) break;
        if (fds[1].revents) read_result(w);
    }
    w->out->seconds = (double)(th_now_ns() - w->start_ns) / 1e9;
    while (w->result_fd >= 0)
        read_result(w);
    return THUMBS_OK;
}

static void kill_tree(pid_t pid)
{
    pid_t pids[TH_BENCH_MAX_PIDS];
    const size_t n = th_bench_process_tree(pid, pids, TH_BENCH_MAX_PIDS);
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    for (size_t i = 1; i < n; i++)
        kill(pids[i], SIGKILL);
}

/* Wait for the child, and then for descendants that it left behind and that are ours by
 * adoption. */
static void reap_all(struct watch *w)
{
    struct rusage usage;
    int status = 0;
    pid_t got;
    while ((got = wait4(w->pid, &w->out->status, 0, &usage)) < 0 && errno == EINTR) {
    }
    if (got == w->pid) add_usage(w->out, &usage);
    const uint64_t deadline_ns = th_now_ns() + STRAGGLER_MS * MS;
    while ((got = wait4(-1, &status, WNOHANG, &usage)) >= 0 || errno == EINTR) {
        if (got > 0) {
            add_usage(w->out, &usage);
        } else if (th_now_ns() < deadline_ns) {
            usleep(1000);
        } else {
            pid_t pids[TH_BENCH_MAX_PIDS];
            const size_t n = th_bench_process_tree(getpid(), pids, TH_BENCH_MAX_PIDS);
            for (size_t i = 1; i < n; i++)
                kill(pids[i], SIGKILL);
            if (n <= 1) break;
            usleep(1000);
        }
    }
}

enum thumbs_code th_bench_measure(const struct th_measure_job *job, void *result, size_t result_cap,
                                  struct th_measured *out, struct thumbs_error *err)
{
    int fds[2];
    struct th_measured measured = {0};
    struct watch w = {
        .job = job, .gap_ns = MS, .result = result, .result_cap = result_cap, .out = &measured};
    const pid_t parent = getpid();
    enum thumbs_code code;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pipe2(fds, O_CLOEXEC) != 0)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno, "cannot make a pipe");
    w.start_ns = th_now_ns();
    w.sample_ns = w.start_ns + w.gap_ns;
    w.pid = th_fault(TH_FAULT_FORK) ? -1 : fork();
    if (w.pid == 0) run_child(job, parent, fds);
    close(fds[1]);
    if (w.pid < 0) {
        close(fds[0]);
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno,
                           "cannot start a process");
    }
    setpgid(w.pid, w.pid); /* whoever of the two comes first */
    w.result_fd = fds[0];
    fcntl(fds[0], F_SETFL,
          O_NONBLOCK); /* a descendant that outlives the child may hold the other end */
    w.pidfd = (int)syscall(SYS_pidfd_open, w.pid, 0);
    if (w.pidfd < 0)
        code =
            th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, errno, "cannot watch a process");
    else
        code = watch_child(&w, err);
    if (code != THUMBS_OK) kill_tree(w.pid);
    reap_all(&w);
    if (w.pidfd >= 0) close(w.pidfd);
    close(fds[0]);
    if (code == THUMBS_OK) *out = measured;
    return code;
}

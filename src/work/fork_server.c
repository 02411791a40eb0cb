/* SPDX-License-Identifier: MIT */
#include "work/fork_server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/sys.h"
#include "work/executor.h"
#include "work/oom.h"
#include "work/team.h"
#include "work/wire.h"
#include "work/worker.h"

enum { MAX_ARENAS = 4, END_TRIES = 1000, END_PAUSE_US = 1000 };

/* In the child: nothing of the server's may be kept but its memory and its standard descriptors. */
static void become_worker(pid_t server, int control)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != server) _exit(1); /* it died before the line above */
    prctl(PR_SET_NAME, "thumbs-worker");
    th_oom_step_forward(TH_OOM_STEP);
    close(control);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* Standard error may be the user's terminal, which can be read, or a log, which can be emptied.
     * What a sanitizer finds goes there, so in those builds it stays. */
    dup2(STDIN_FILENO, STDERR_FILENO);
#endif
}

static void spawn(int control, const struct th_wire_config *config,
                  const struct th_sandbox *sandbox, const int *fds, struct th_wire_answer *answer)
{
    pid_t server = getpid();
    pid_t pid = th_fault(TH_FAULT_FORK) ? -1 : fork();
    if (pid == 0) {
        become_worker(server, control);
        _exit(th_worker_run(config, sandbox, fds));
    }
    answer->pid = pid;
    answer->os_errno = pid < 0 ? errno : 0;
}

static pid_t wait_for(pid_t pid, int *status, int options)
{
    pid_t got;
    do {
        got = waitpid(pid, status, options);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* A process that ends closes its descriptors just before it can be waited for. */
static bool ends_by_itself(pid_t pid, int *status)
{
    for (int i = 0; i < END_TRIES; i++) {
        if (wait_for(pid, status, WNOHANG) == pid) return true;
        usleep(END_PAUSE_US);
    }
    return false;
}

/* The pid is our own child and not waited for yet, so it can be nobody else's. */
static void reap(const struct th_wire_request *request, struct th_wire_answer *answer)
{
    pid_t pid = request->pid;
    int status = 0;
    if (pid <= 1) {
        answer->os_errno = EINVAL;
        return;
    }
    answer->killed = request->type == TH_WIRE_REAP_ENDED ? !ends_by_itself(pid, &status)
                                                         : wait_for(pid, &status, WNOHANG) != pid;
    if (answer->killed) {
        kill(pid, SIGKILL);
        if (wait_for(pid, &status, 0) < 0) answer->os_errno = errno;
    }
    answer->pid = pid;
    answer->status = status;
}

static bool serve_request(int control, const struct th_wire_config *config,
                          const struct th_sandbox *sandbox)
{
    struct th_wire_request request;
    struct th_wire_answer answer = {0};
    int fds[TH_WIRE_MAX_FDS];
    size_t n_fds = TH_WIRE_MAX_FDS;
    if (th_wire_receive(control, &request, sizeof request, fds, &n_fds) != (ssize_t)sizeof request)
        return false;
    if (request.type == TH_WIRE_SPAWN && n_fds == TH_WORKER_N_FDS) {
        /* Where that fails each picture that needs them will say so. */
        if (request.preload) (void)th_image_preload(request.preload, NULL);
        spawn(control, config, sandbox, fds, &answer);
    } else if (request.type == TH_WIRE_REAP || request.type == TH_WIRE_REAP_ENDED) {
        reap(&request, &answer);
    } else {
        answer.os_errno = EINVAL;
    }
    for (size_t i = 0; i < n_fds; i++)
        close(fds[i]);
    return th_wire_send(control, &answer, sizeof answer, NULL, 0) == 0;
}

/* Signals that a terminal or a batch system sends to a whole group are the parent's to handle: it
 * decides what is still finished, and its end is our end. */
static void leave_signals_to_parent(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGQUIT};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
}

/* Decoders start a thread for each CPU: with 64 of them their stacks of 8 MB and arenas of 64 MB
 * would use up a worker's limits, touched or not. */
static void keep_threads_small(void)
{
    pthread_attr_t attr;
    mallopt(M_ARENA_MAX, MAX_ARENAS);
    if (pthread_attr_init(&attr) != 0) return;
    if (pthread_attr_setstacksize(&attr, TH_WORK_STACK_BYTES) == 0)
        pthread_setattr_default_np(&attr);
    pthread_attr_destroy(&attr);
}

int th_fork_server_run(void)
{
    static struct th_wire_config config;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "thumbs-server");
    th_oom_step_forward(TH_OOM_STEP);
    leave_signals_to_parent();
    keep_threads_small();
    th_heap_stay_warm();
    th_team_untie(); /* it was a new exec, so OpenMP has tied us again */
    int control = TH_WIRE_SERVER_FD;
    closefrom(control + 1); /* what a careless caller of the library left open */
    if (fcntl(control, F_SETFD, FD_CLOEXEC) != 0)
        return 2; /* started by hand: there is no socket */
    ssize_t n = th_wire_receive(control, &config, sizeof config, NULL, NULL);
    if (n != (ssize_t)sizeof config || config.version != TH_WIRE_VERSION ||
        config.size != sizeof config)
        return 2;
    struct th_sandbox *sandbox = NULL;
    const uint32_t but_limits = ~TH_SANDBOX_BIT(TH_SANDBOX_LIMITS);
    const struct th_sandbox_options options = {
        .without = config.sandbox == THUMBS_SANDBOX_OFF ? but_limits : 0};
    if (th_sandbox_prepare(&options, &sandbox, NULL) != THUMBS_OK) return 1;
    struct th_wire_answer ready = {.pid = getpid()};
    if (th_wire_send(control, &ready, sizeof ready, NULL, 0) != 0) return 1;
    while (serve_request(control, &config, sandbox)) {
    }
    /* The parent is done and has closed the workers' sockets as well. Waiting for them here hands
     * their CPU time up, so that time(1) shows what a run has cost. The parent loses patience, and
     * kills, if one does not end. */
    close(control);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    th_sandbox_destroy(sandbox);
    return 0;
}

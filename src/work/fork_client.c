/* SPDX-License-Identifier: MIT */
#include "work/fork_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/nullfd.h"
#include "base/num.h"
#include "base/sys.h"

extern char **environ;

enum {
    LOAD_TIMEOUT_MS =
        60000, /* loading a program or libraries from a cold network disk takes its time */
    ANSWER_TIMEOUT_MS =
        20000, /* a fork takes a millisecond; a server this late is stopped or lost */
    START_PAUSE_US = 200 * 1000,
    MAX_STARTS_IN_A_ROW = 5,     /* without one answered request in between */
    SINK_SPARE_BYTES = 64 << 20, /* a sink doubles when it grows */
    SPARE_FDS = 64,        /* of a worker besides its buffers: socket, status page, sinks, a font */
    END_TIMEOUT_MS = 1000, /* idle workers end at once; one that was stopped never does */
};

struct th_fork_client {
    struct th_wire_config config;
    const char *program;

    pthread_mutex_t lock; /* one request at a time; workers are started rarely */
    pthread_cond_t changed;
    pid_t pid;                 /* 0: down */
    int sock;                  /* -1: down */
    uint64_t generation;       /* counts starts */
    unsigned n_fruitless;      /* starts since the last answered request */
    bool hopeless;             /* given up */
    struct thumbs_error error; /* why, if it could not be started */
};

/* Wait for an answer: false on end of file, nonsense or time-out. */
static bool receive_answer(int sock, struct th_wire_answer *answer, int timeout_ms)
{
    struct pollfd ready = {.fd = sock, .events = POLLIN};
    int n;
    do {
        n = poll(&ready, 1, timeout_ms);
    } while (n < 0 && errno == EINTR);
    return n > 0 &&
           th_wire_receive(sock, answer, sizeof *answer, NULL, NULL) == (ssize_t)sizeof *answer;
}

static void wait_for_end(pid_t pid)
{
    pid_t got;
    do {
        got = waitpid(pid, NULL, 0);
    } while (got < 0 && errno == EINTR);
}

/* With the lock held: end it for good. Its workers are killed by the kernel with it. */
static void reap_server(struct th_fork_client *s)
{
    if (s->sock >= 0) close(s->sock);
    s->sock = -1;
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        wait_for_end(s->pid);
    }
    s->pid = 0;
}

/* posix_spawn, not fork: this process has threads by now. `null` and `sock` lie above the numbers
 * that they get. */
static int spawn_program(const char *program, int null, int sock, pid_t *pid)
{
    char *argv[] = {(char *)"thumbs", (char *)THUMBS_WORKER_ARG, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, defaults;
    if (th_fault(TH_FAULT_FORK)) return errno;
    if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
    if (posix_spawnattr_init(&attr) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (int i = 1; i < 32; i++)
        sigaddset(&defaults, i);
    /* Ignored here, it stays so from the first moment on: `pkill -USR1 thumbs` may find the server,
     * too. */
    sigdelset(&defaults, SIGUSR1);
    /* Decoders must never write into a report that goes to standard output. */
    int failed = posix_spawn_file_actions_adddup2(&actions, null, 0);
    if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, null, 1);
    if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, sock, TH_WIRE_SERVER_FD);
    if (!failed) failed = posix_spawnattr_setsigmask(&attr, &none);
    if (!failed) failed = posix_spawnattr_setsigdefault(&attr, &defaults);
    /* A session of its own: a Ctrl-C at the terminal reaches the parent alone. */
    if (!failed)
        failed = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                     POSIX_SPAWN_SETSID);
    if (!failed) failed = posix_spawn(pid, program, &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Out of the way of the numbers that the server's descriptors get: a caller of the library may have
 * closed the first three. Takes fd over. */
static int above_servers(int fd)
{
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, TH_WIRE_SERVER_FD + 1);
    int os_errno = errno;
    if (fd >= 0) close(fd);
    errno = os_errno;
    return high;
}

/* 0 or an errno value. Takes sock over. */
static int spawn_with_socket(const char *program, int sock, pid_t *pid)
{
    sock = above_servers(sock);
    int null = sock < 0 ? -1 : above_servers(th_null_open());
    int failed = null < 0 ? errno : spawn_program(program, null, sock, pid);
    if (null >= 0) close(null);
    if (sock >= 0) close(sock);
    return failed;
}

/* With the lock held. */
static enum thumbs_code start(struct th_fork_client *s, struct thumbs_error *err)
{
    int pair[2];
    struct th_wire_answer ready;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, errno,
                           "cannot make a socket for workers");
    int failed = spawn_with_socket(s->program, pair[1], &s->pid);
    s->sock = pair[0];
    if (failed) {
        s->pid = 0;
        reap_server(s);
        return th_error_os(err, failed == EAGAIN ? THUMBS_MEMORY : THUMBS_INTERNAL,
                           THUMBS_STAGE_NONE, failed, "cannot start worker program %s", s->program);
    }
    s->generation++;
    s->n_fruitless++;
    if (th_wire_send(s->sock, &s->config, sizeof s->config, NULL, 0) != 0 ||
        !receive_answer(s->sock, &ready, LOAD_TIMEOUT_MS)) {
        reap_server(s);
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE,
                            "worker program %s does not answer", s->program);
    }
    return THUMBS_OK;
}

/* Address space that costs nothing: malloc reserves 64 MB for each thread's arena. */
static const uint64_t arena_space_bytes = UINT64_C(8) << 30;

/* The last fence, for what the estimates and the supervisor's eye let pass. */
static struct th_sandbox_limits limits_of_worker(const struct th_work *work, unsigned most_threads)
{
    uint64_t stacks_bytes = (uint64_t)most_threads * TH_WORK_STACK_BYTES; /* mostly never touched */
    uint64_t most =
        work->alone_bytes > work->memory->limit ? work->alone_bytes : work->memory->limit;
    uint64_t data_bytes = most + TH_WORK_PROCESS_MOST_BYTES + work->warm_bytes + stacks_bytes;
    uint64_t file_bytes = most + SINK_SPARE_BYTES;
    uint64_t shared_bytes =
        th_add_sat(TH_WIRE_N_SINKS * file_bytes, th_mul_sat(work->n_buffers, work->file_bytes));
    return (struct th_sandbox_limits){
        .data_bytes = data_bytes,
        .space_bytes = th_add_sat(data_bytes + arena_space_bytes, shared_bytes),
        .file_bytes = file_bytes,
        .n_files = work->n_buffers + SPARE_FDS,
    };
}

enum thumbs_code th_fork_client_create(const struct th_work *work, unsigned most_threads,
                                       struct th_fork_client **out, struct thumbs_error *err)
{
    struct th_fork_client *s = th_calloc(1, sizeof *s);
    if (!s) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for workers");
    s->config = (struct th_wire_config){.version = TH_WIRE_VERSION,
                                        .size = sizeof s->config,
                                        .timeout_ns = work->timeout_ns,
                                        .warm_bytes = work->warm_bytes,
                                        .no_work = work->no_work,
                                        .sandbox = work->sandbox,
                                        .limits = limits_of_worker(work, most_threads),
                                        .image = *work->image};
    s->program = work->worker_program ? work->worker_program : THUMBS_INSTALLED_PROGRAM;
    s->sock = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    enum thumbs_code code = start(s, err);
    if (code != THUMBS_OK) {
        th_fork_client_destroy(s);
        return code;
    }
    *out = s;
    return THUMBS_OK;
}

/* Let it end by itself, which hands up the CPU time of its workers, if it is quick about it. */
static void send_home(struct th_fork_client *s)
{
    if (s->sock < 0) return;
    close(s->sock);
    s->sock = -1;
    int pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
    if (pidfd < 0) return;
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    (void)poll(&ended, 1, END_TIMEOUT_MS);
    close(pidfd);
}

void th_fork_client_destroy(struct th_fork_client *s)
{
    if (!s) return;
    send_home(s);
    reap_server(s);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* With the lock held. A machine that has just run out of memory or processes may have some again
 * soon. */
static void restart(struct th_fork_client *s)
{
    for (;;) {
        s->hopeless = s->n_fruitless >= MAX_STARTS_IN_A_ROW;
        if (s->hopeless || start(s, &s->error) == THUMBS_OK) return;
        s->n_fruitless++;
        usleep(START_PAUSE_US);
    }
}

void th_fork_client_keep(struct th_fork_client *s, unsigned *n_users)
{
    pthread_mutex_lock(&s->lock);
    while (*n_users > 0) {
        if (s->sock < 0 && !s->hopeless) {
            restart(s);
            pthread_cond_broadcast(&s->changed);
        } else {
            pthread_cond_wait(&s->changed, &s->lock);
        }
    }
    pthread_mutex_unlock(&s->lock);
}

void th_fork_client_leave(struct th_fork_client *s, unsigned *n_users)
{
    pthread_mutex_lock(&s->lock);
    (*n_users)--;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* With the lock held: one request. False: the server is down now. */
static bool ask(struct th_fork_client *s, const struct th_wire_request *request, const int *fds,
                size_t n_fds, struct th_wire_answer *answer)
{
    if (s->sock < 0) return false;
    int timeout_ms = request->preload ? LOAD_TIMEOUT_MS : ANSWER_TIMEOUT_MS;
    if (th_wire_send(s->sock, request, sizeof *request, fds, n_fds) == 0 &&
        receive_answer(s->sock, answer, timeout_ms)) {
        s->n_fruitless = 0;
        return true;
    }
    reap_server(s);
    pthread_cond_broadcast(&s->changed);
    return false;
}

enum thumbs_code th_fork_client_spawn(struct th_fork_client *s, const int *fds, size_t n_fds,
                                      uint32_t preload, struct th_worker_id *worker,
                                      struct thumbs_error *err)
{
    struct th_wire_request request = {.type = TH_WIRE_SPAWN, .preload = preload};
    struct th_wire_answer answer;
    pthread_mutex_lock(&s->lock);
    while (!s->hopeless && !ask(s, &request, fds, n_fds, &answer)) {
        while (s->sock < 0 && !s->hopeless)
            pthread_cond_wait(&s->changed, &s->lock);
    }
    bool hopeless = s->hopeless;
    uint64_t generation = s->generation;
    struct thumbs_error error = s->error;
    pthread_mutex_unlock(&s->lock);
    if (hopeless && error.code != THUMBS_OK) {
        if (err) *err = error;
        return error.code;
    }
    if (hopeless)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE,
                            "the worker program keeps dying");
    if (answer.os_errno)
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, answer.os_errno,
                           "cannot start a worker");
    *worker = (struct th_worker_id){.pid = answer.pid, .generation = generation};
    return THUMBS_OK;
}

bool th_fork_client_reap(struct th_fork_client *s, const struct th_worker_id *worker, bool hung_up,
                         struct th_worker_end *end)
{
    struct th_wire_request request = {.type = hung_up ? TH_WIRE_REAP_ENDED : TH_WIRE_REAP,
                                      .pid = worker->pid};
    struct th_wire_answer answer;
    pthread_mutex_lock(&s->lock);
    bool known = worker->generation == s->generation && ask(s, &request, NULL, 0, &answer) &&
                 answer.os_errno == 0;
    pthread_mutex_unlock(&s->lock);
    if (known && end)
        *end = (struct th_worker_end){.status = answer.status, .killed = answer.killed};
    return known;
}

/*
 * The other side of mode processes: the fork server and its workers.
 *
 * The server is this same program, started by exec, with one thread. It forks a worker in about a millisecond. Once a
 * picture has needed libvips and the hundred libraries behind it, the server loads them as well, so that workers that
 * come later share them; a run over JPEG files never pays for them. Starting it by exec, not by fork, works from a
 * process that has threads, at any time: at the start of a run and when a server has died.
 *
 * A worker has no business with files: bytes come in through buffers that it maps read-only, go out through its sinks.
 * So once it has its sinks it is locked up (sandbox/), before it sees the first byte of a picture.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/filelimit.h"
#include "base/num.h"
#include "base/sys.h"
#include "work/hook.h"
#include "work/oom.h"
#include "work/timed_make.h"
#include "work/wire.h"
#include "work/work.h"

enum { N_SPAWN_FDS = 2 + TH_WIRE_N_SINKS, MAX_ARENAS = 4, END_TRIES = 1000, END_PAUSE_US = 1000 };

/* ---- worker ---- */

struct input {
    const uint8_t *data;
    size_t cap;
    int fd; /* -1: not sent yet */
};

struct output {
    struct th_sink sink; /* first: grow_sink() gets from one to the other */
    int fd;
    bool is_full; /* it may not grow, by a limit on the size of files */
};

struct worker {
    int sock;
    const struct th_wire_config *config;
    struct th_wire_page *page;
    bool sandboxed;
    struct output outputs[TH_WIRE_N_SINKS];
    struct input *inputs;
    size_t n_inputs;
};

static bool grow_sink(struct th_sink *sink, size_t need)
{
    struct output *out = sink->user;
    size_t cap = sink->cap;
    if (need <= cap) return true;
    while (cap < need) {
        if (!th_mul_size(cap, 2, &cap)) return false;
    }
    if (ftruncate(out->fd, (off_t)cap) != 0) {
        cap = need; /* twice as much may be more than a file may have */
        if (ftruncate(out->fd, (off_t)cap) != 0) {
            out->is_full = errno == EFBIG;
            return false;
        }
    }
    void *data = mremap(sink->data, sink->cap, cap, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) return false;
    sink->data = data;
    sink->cap = cap;
    return true;
}

static bool map_output(struct output *out, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0) return false;
    void *data = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) return false;
    *out = (struct output){.sink = {.data = data, .cap = (size_t)st.st_size, .grow = grow_sink, .user = out}, .fd = fd};
    return true;
}

static bool make_room_for_buffer(struct worker *w, uint32_t buffer)
{
    if (buffer < w->n_inputs) return true;
    if (buffer >= TH_BUFFERS_MAX) return false;
    size_t n = (size_t)buffer + 16;
    struct input *inputs = th_realloc(w->inputs, n * sizeof *inputs);
    if (!inputs) return false;
    for (size_t i = w->n_inputs; i < n; i++)
        inputs[i] = (struct input){.fd = -1};
    w->inputs = inputs;
    w->n_inputs = n;
    return true;
}

/* The bytes of a job's buffer, mapped read-only; NULL if the parent sent nonsense or there is no address space. */
static const uint8_t *map_input(struct worker *w, const struct th_wire_job *job, int new_fd)
{
    if (!make_room_for_buffer(w, job->buffer)) return NULL;
    struct input *in = &w->inputs[job->buffer];
    if (new_fd >= 0) {
        if (in->fd >= 0) close(in->fd);
        in->fd = new_fd;
    }
    if (in->fd < 0 || job->len > job->cap || job->cap > SIZE_MAX) return NULL;
    if (in->cap >= job->cap) return in->data;
    if (in->data) munmap((void *)in->data, in->cap);
    in->cap = 0;
    void *data = mmap(NULL, (size_t)job->cap, PROT_READ, MAP_SHARED, in->fd, 0);
    in->data = data == MAP_FAILED ? NULL : data;
    if (in->data) in->cap = (size_t)job->cap;
    return in->data;
}

static void do_job(struct worker *w, const struct th_wire_job *job, const uint8_t *data, struct th_wire_reply *reply)
{
    struct th_sink *sink = &w->outputs[job->i_sink].sink;
    struct th_image_limits limits = {.sandboxed = w->sandboxed};
    sink->len = 0;
    w->outputs[job->i_sink].is_full = false;
    bool lie = false;
    if (th_probe(data, (size_t)job->len, &lie, &reply->error)) {
        if (lie) reply->id += 1000;
        return;
    }
    /* The attendant kills what runs over; the deadline here is for decoders that can stop by themselves first. */
    reply->error.code = th_work_make(data, (size_t)job->len, &w->config->image, limits, w->config->timeout_ns, sink,
                                     &reply->result, &reply->error);
    if (reply->error.code == THUMBS_MEMORY && w->outputs[job->i_sink].is_full &&
        th_file_limit() < w->config->limits.file_bytes)
        th_error_set(&reply->error, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                     "its thumbnails are larger than the limit on the size of files (ulimit -f)");
    /* What a failed one has written goes back; that of the others when it is committed (th_areas_trim()). */
    if (reply->error.code != THUMBS_OK && sink->cap > TH_WORK_SINK_KEEP_BYTES)
        madvise(sink->data + TH_WORK_SINK_KEEP_BYTES, sink->cap - TH_WORK_SINK_KEEP_BYTES, MADV_REMOVE);
}

static bool serve_job(struct worker *w, struct th_wire_reply *reply)
{
    struct th_wire_job job;
    int fd = -1;
    size_t n_fds = 1;
    ssize_t n = th_wire_receive(w->sock, &job, sizeof job, &fd, &n_fds);
    if (n != (ssize_t)sizeof job || job.i_sink >= TH_WIRE_N_SINKS) return false;
    atomic_store_explicit(&w->page->begun, job.id, memory_order_release);
    reply->id = job.id;
    reply->error = (struct thumbs_error){0};
    reply->result.n_outputs = 0;
    const uint8_t *data = map_input(w, &job, n_fds ? fd : -1);
    if (data && w->config->no_work) {
        reply->error.code = THUMBS_OK;
    } else if (data) {
        do_job(w, &job, data, reply);
    } else {
        th_error_set(&reply->error, THUMBS_MEMORY, THUMBS_STAGE_QUEUE, "the worker cannot map the file");
    }
    uint32_t n_outputs = reply->error.code == THUMBS_OK ? reply->result.n_outputs : 0;
    /* Before the answer, since with that the memory counts as given back. */
    if (job.trim) malloc_trim(0);
    return th_wire_send(w->sock, reply, th_wire_reply_size(n_outputs), NULL, 0) == 0;
}

/* Where a failed allocation ends a library by abort(), which GLib and C++ do, the parent is told, so that the file is
 * reported for what it did. errno is a hint that is right where it matters: nothing between malloc() and abort() sets
 * it on success. File-level, since a signal handler gets nothing; one worker is one process. */
static struct th_wire_page *page_of_worker;

static void on_abort(int signal_number)
{
    (void)signal_number;
    if (errno == ENOMEM) atomic_store(&page_of_worker->out_of_memory, 1);
}

/* SIGTRAP: GLib's breakpoint before it aborts. Afterwards the signal does what it always does. */
static void watch_for_abort(struct th_wire_page *page)
{
    const struct sigaction action = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};
    page_of_worker = page;
    sigaction(SIGABRT, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
}

/* Lock up. False: what is required does not hold. */
static bool enter_sandbox(struct worker *w, const struct th_sandbox *sandbox)
{
    struct th_sandbox_state state;
    th_image_seal();
    th_sandbox_enter(sandbox, &w->config->limits, &state);
    bool refused = w->config->sandbox == THUMBS_SANDBOX_REQUIRE && !th_sandbox_is_whole(&state);
    w->sandboxed = th_sandbox_is_whole(&state);
    const struct th_wire_hello hello = {.refused = refused, .sandbox = state};
    return th_wire_send(w->sock, &hello, sizeof hello, NULL, 0) == 0 && !refused;
}

/* fds: socket, page, sinks. Never returns to the server's loop. */
static int worker_life(const struct th_wire_config *config, const struct th_sandbox *sandbox, const int *fds)
{
    static struct th_wire_reply reply; /* zeroed, so no stale memory is sent */
    struct worker w = {.sock = fds[0], .config = config};
    w.page = mmap(NULL, sizeof *w.page, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
    if (w.page == MAP_FAILED) return 1;
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        if (!map_output(&w.outputs[i], fds[2 + i])) return 1;
    }
    watch_for_abort(w.page);
    if (!enter_sandbox(&w, sandbox)) return 1;
    while (serve_job(&w, &reply)) {
    }
    return 0;
}

/* ---- server ---- */

/* In the child: nothing of the server's may be kept but its memory and its standard descriptors. */
static void become_worker(pid_t server, int control)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != server) _exit(1); /* it died before the line above */
    prctl(PR_SET_NAME, "thumbs-worker");
    th_oom_step_forward(TH_OOM_STEP);
    close(control);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* Standard error may be the user's terminal, which can be read, or a log, which can be emptied. What a sanitizer
     * finds goes there, so in those builds it stays. */
    dup2(STDIN_FILENO, STDERR_FILENO);
#endif
}

static void spawn(int control, const struct th_wire_config *config, const struct th_sandbox *sandbox, const int *fds,
                  struct th_wire_answer *answer)
{
    pid_t server = getpid();
    pid_t pid = th_fault(TH_FAULT_FORK) ? -1 : fork();
    if (pid == 0) {
        become_worker(server, control);
        _exit(worker_life(config, sandbox, fds));
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
    answer->killed =
        request->type == TH_WIRE_REAP_ENDED ? !ends_by_itself(pid, &status) : wait_for(pid, &status, WNOHANG) != pid;
    if (answer->killed) {
        kill(pid, SIGKILL);
        if (wait_for(pid, &status, 0) < 0) answer->os_errno = errno;
    }
    answer->pid = pid;
    answer->status = status;
}

static bool serve_request(int control, const struct th_wire_config *config, const struct th_sandbox *sandbox)
{
    struct th_wire_request request;
    struct th_wire_answer answer = {0};
    int fds[TH_WIRE_MAX_FDS];
    size_t n_fds = TH_WIRE_MAX_FDS;
    if (th_wire_receive(control, &request, sizeof request, fds, &n_fds) != (ssize_t)sizeof request) return false;
    if (request.type == TH_WIRE_SPAWN && n_fds == N_SPAWN_FDS) {
        /* Where that fails each picture that needs them will say so. */
        if (request.preload) (void)th_image_preload(NULL);
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

/* Signals that a terminal or a batch system sends to a whole group are the parent's to handle: it decides what is
 * still finished, and its end is our end. */
static void leave_signals_to_parent(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGQUIT};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
}

/* Decoders start a thread for each CPU: with 64 of them their stacks of 8 MB and arenas of 64 MB would use up a
 * worker's limits, touched or not. */
static void keep_threads_small(void)
{
    pthread_attr_t attr;
    mallopt(M_ARENA_MAX, MAX_ARENAS);
    if (pthread_attr_init(&attr) != 0) return;
    if (pthread_attr_setstacksize(&attr, TH_WORK_STACK_BYTES) == 0) pthread_setattr_default_np(&attr);
    pthread_attr_destroy(&attr);
}

int th_work_serve(void)
{
    static struct th_wire_config config;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "thumbs-server");
    th_oom_step_forward(TH_OOM_STEP);
    leave_signals_to_parent();
    keep_threads_small();
    th_work_prepare(); /* it was a new exec, so OpenMP has tied us again */
    int control = TH_WIRE_SERVER_FD;
    closefrom(control + 1);                                 /* what a careless caller of the library left open */
    if (fcntl(control, F_SETFD, FD_CLOEXEC) != 0) return 2; /* started by hand: there is no socket */
    ssize_t n = th_wire_receive(control, &config, sizeof config, NULL, NULL);
    if (n != (ssize_t)sizeof config || config.version != TH_WIRE_VERSION || config.size != sizeof config) return 2;
    struct th_sandbox *sandbox = NULL;
    const uint32_t but_limits = ~TH_SANDBOX_BIT(TH_SANDBOX_LIMITS);
    const struct th_sandbox_options options = {.without = config.sandbox == THUMBS_SANDBOX_OFF ? but_limits : 0};
    if (th_sandbox_prepare(&options, &sandbox, NULL) != THUMBS_OK) return 1;
    struct th_wire_answer ready = {.pid = getpid()};
    if (th_wire_send(control, &ready, sizeof ready, NULL, 0) != 0) return 1;
    while (serve_request(control, &config, sandbox)) {
    }
    /* The parent is done and has closed the workers' sockets as well. Waiting for them here hands their CPU time up, so
     * that time(1) shows what a run has cost. The parent loses patience, and kills, if one does not end. */
    close(control);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    th_sandbox_destroy(sandbox);
    return 0;
}

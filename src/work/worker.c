/* SPDX-License-Identifier: MIT */
#include "work/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/filelimit.h"
#include "base/heap.h"
#include "base/num.h"
#include "base/sys.h"
#include "work/executor.h"
#include "work/hook.h"
#include "work/timed_make.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

enum { POPULATE_BYTES = 128 << 10 };

struct input {
    const uint8_t *data;
    size_t cap;
    size_t populated; /* bytes from the beginning whose pages have been mapped */
    int fd;           /* -1: not sent yet */
};

struct output {
    struct th_sink sink; /* first: grow_sink() gets from one to the other */
    int fd;
    bool is_full; /* it may not grow, by a limit on the size of files */
};

struct worker {
    int sock;
    const struct th_wire_config *config;
    struct th_wire_status_page *status;
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
    *out = (struct output){
        .sink = {.data = data, .cap = (size_t)st.st_size, .grow = grow_sink, .user = out},
        .fd = fd};
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

static void forget_input(struct input *in)
{
    if (in->fd >= 0) close(in->fd);
    if (in->data) munmap((void *)in->data, in->cap);
    *in = (struct input){.fd = -1};
}

static bool cover_input(struct input *in, size_t cap)
{
    if (in->cap >= cap) return true;
    void *data = in->data ? mremap((void *)in->data, in->cap, cap, MREMAP_MAYMOVE)
                          : mmap(NULL, cap, PROT_READ, MAP_SHARED, in->fd, 0);
    if (data == MAP_FAILED) return false;
    in->data = data;
    in->cap = cap;
    return true;
}

/* Map the pages that are read for the first time all at once: one call costs less than a fault for
 * every few. It is a hint; what it cannot do (Linux before 5.14), reading does. So does it for
 * pages that the parent has taken back meanwhile. */
static void populate_input(struct input *in, size_t len)
{
    size_t from = in->populated - in->populated % POPULATE_BYTES;
    if (len < in->populated + POPULATE_BYTES) return;
    (void)madvise((void *)(in->data + from), len - from, MADV_POPULATE_READ);
    in->populated = len;
}

/* The bytes of a job's buffer, mapped read-only; NULL if the parent sent nonsense or there is no
 * address space. */
static const uint8_t *map_input(struct worker *w, const struct th_wire_job *job, int new_fd)
{
    if (!make_room_for_buffer(w, job->buffer)) return NULL;
    struct input *in = &w->inputs[job->buffer];
    if (new_fd >= 0) {
        forget_input(in);
        in->fd = new_fd;
    }
    if (in->fd < 0 || job->len > job->cap || job->cap > SIZE_MAX) return NULL;
    if (!cover_input(in, (size_t)job->cap)) return NULL;
    populate_input(in, (size_t)job->len);
    return in->data;
}

static void do_job(struct worker *w, const struct th_wire_job *job, const uint8_t *data,
                   struct th_wire_reply *reply)
{
    struct th_sink *sink = &w->outputs[job->i_sink].sink;
    struct th_image_limits limits = {.sandboxed = w->sandboxed};
    sink->len = 0;
    w->outputs[job->i_sink].is_full = false;
    bool violate = false;
    if (th_probe(data, (size_t)job->len, &violate, &reply->error)) {
        if (violate) reply->id += 1000;
        return;
    }
    /* The supervisor kills what runs over; the deadline here is for decoders that can stop by
     * themselves first. */
    reply->error.code = th_work_make(data, (size_t)job->len, &w->config->image, limits,
                                     w->config->timeout_ns, sink, &reply->result, &reply->error);
    if (reply->error.code == THUMBS_MEMORY && w->outputs[job->i_sink].is_full &&
        th_file_limit() < w->config->limits.file_bytes)
        th_error_set(&reply->error, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                     "its thumbnails are larger than the limit on the size of files (ulimit -f)");
    /* What a failed one has written goes back; that of the others when it is committed
     * (th_shared_trim()). */
    if (reply->error.code != THUMBS_OK && sink->cap > TH_WORK_SINK_KEEP_BYTES)
        madvise(sink->data + TH_WORK_SINK_KEEP_BYTES, sink->cap - TH_WORK_SINK_KEEP_BYTES,
                MADV_REMOVE);
}

/* The parent has limited how long a receive waits. Who has waited that long is idle: what the heap
 * keeps warm goes back, and the next file may take its time. */
static bool receive_job(struct worker *w, struct th_wire_job *job, int *fd)
{
    size_t n_fds = 1;
    *fd = -1;
    ssize_t n = th_wire_receive(w->sock, job, sizeof *job, fd, &n_fds);
    if (n < 0 && errno == EAGAIN) {
        struct pollfd sock = {.fd = w->sock, .events = POLLIN};
        th_heap_trim(0);
        while (poll(&sock, 1, -1) < 0 && errno == EINTR) {
        }
        n_fds = 1;
        n = th_wire_receive(w->sock, job, sizeof *job, fd, &n_fds);
    }
    if (n_fds == 0) *fd = -1;
    return n == (ssize_t)sizeof *job;
}

static bool serve_job(struct worker *w, struct th_wire_reply *reply)
{
    struct th_wire_job job;
    int fd;
    if (!receive_job(w, &job, &fd) || job.i_sink >= TH_WIRE_N_SINKS) return false;
    atomic_store_explicit(&w->status->begun, job.id, memory_order_release);
    reply->id = job.id;
    reply->error = (struct thumbs_error){0};
    reply->result.n_outputs = 0;
    const uint8_t *data = map_input(w, &job, fd);
    if (data && w->config->no_work) {
        reply->error.code = THUMBS_OK;
    } else if (data) {
        do_job(w, &job, data, reply);
    } else {
        th_error_set(&reply->error, THUMBS_MEMORY, THUMBS_STAGE_QUEUE,
                     "the worker cannot map the file");
    }
    uint32_t n_outputs = reply->error.code == THUMBS_OK ? reply->result.n_outputs : 0;
    /* Before the answer, since with that the memory counts as given back. */
    if (job.trim) th_heap_trim((size_t)th_work_heap_keep(w->config->warm_bytes));
    return th_wire_send(w->sock, reply, th_wire_reply_size(n_outputs), NULL, 0) == 0;
}

/* Where a failed allocation ends a library by abort(), which GLib and C++ do, the parent is told,
 * so that the file is reported for what it did. errno is a hint that is right where it matters:
 * nothing between malloc() and abort() sets it on success. File-level, since a signal handler gets
 * nothing; one worker is one process. */
static struct th_wire_status_page *status_of_worker;

static void on_abort(int signal_number)
{
    (void)signal_number;
    if (errno == ENOMEM) atomic_store(&status_of_worker->out_of_memory, 1);
}

/* SIGTRAP: GLib's breakpoint before it aborts. Afterwards the signal does what it always does. */
static void watch_for_abort(struct th_wire_status_page *status)
{
    const struct sigaction action = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};
    status_of_worker = status;
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

int th_worker_run(const struct th_wire_config *config, const struct th_sandbox *sandbox,
                  const int *fds)
{
    static struct th_wire_reply reply; /* zeroed, so no stale memory is sent */
    struct worker w = {.sock = fds[0], .config = config};
    w.status = mmap(NULL, sizeof *w.status, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
    if (w.status == MAP_FAILED) return 1;
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        if (!map_output(&w.outputs[i], fds[2 + i])) return 1;
    }
    watch_for_abort(w.status);
    if (!enter_sandbox(&w, sandbox)) return 1;
    while (serve_job(&w, &reply)) {
    }
    return 0;
}

/*
 * Mode processes: one attendant thread for each worker process.
 *
 * An attendant owns its worker, the socket to it and the files it has sent there; nothing of that is shared, so there
 * is no dispatcher that 64 workers would queue for. While the worker is at one file the next already waits in its
 * socket, and the attendant commits the one before: the worker never waits for a round trip.
 *
 * Nothing that a worker says is trusted. A wrong length, number or order means that its memory is not its own any
 * more: it is killed, and the file it was at has failed.
 */
#include "work/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/procmem.h"
#include "base/sys.h"
#include "work/check.h"
#include "work/server.h"
#include "work/wire.h"

enum {
    AHEAD = 2,            /* files in a worker: the one it is at and the one behind it */
    SINK_BYTES = 1 << 20, /* at the beginning; sparse, and the worker makes it grow */
    MAX_RESENDS = 3,      /* how often a file may be sent again because its worker died before it began */
    SPAWN_TRIES = 5,      /* a machine short of processes may have one again soon */
    SPAWN_PAUSE_US = 100 * 1000,
    TRIM_BYTES = 24 << 20,             /* memory of one file that a worker is not to keep for the next */
    LOOK_PAUSE_NS = 100 * 1000 * 1000, /* how often a worker that takes its time is looked after */
    MISSED_LOOKS = 5,                  /* so many in a row are missed by who was stopped, not by who is busy */
};

/* A file in the worker. */
struct sent {
    struct th_item *item;
    uint64_t id;
    uint64_t reserved; /* bytes taken from the budget for it */
    unsigned n_resends;
};

/* An output area: the worker writes, we read. It cannot shrink (sealed), so reading it never faults. */
struct sink {
    int fd;
    const uint8_t *data;
    size_t len;
};

struct pool;

struct attendant {
    struct pool *pool;
    unsigned number; /* from 1 */
    pthread_t thread;

    struct th_worker_id worker;
    int sock;           /* -1: no worker */
    bool has_libraries; /* it was forked with the libraries of all decoders */
    int page_fd;
    struct th_wire_page *page;
    struct sink sinks[TH_WIRE_N_SINKS];
    uint64_t *knows_slot; /* bit i: the worker has the descriptor of slot i */
    size_t n_known_words;

    struct sent sent[AHEAD]; /* oldest first */
    unsigned n_sent;
    struct th_item *held; /* taken from the queue, but there is no memory for it beside what the worker has */
    uint64_t last_id;
    uint64_t began_ns;  /* when the worker began sent[0] */
    uint64_t from_ns;   /* that, moved on by the time in which nobody was running */
    uint64_t looked_ns; /* when it was last seen that somebody is */
    struct th_wire_reply reply;
};

struct pool {
    const struct th_work *work;
    struct th_server *server;
    unsigned n_running;       /* attendants; guarded by the server's lock */
    struct th_queue *orphans; /* files of attendants that had to give up; room for all that can have */
    atomic_bool told_sandbox;
    atomic_bool preload; /* a picture has come that needs more than the hot paths: new workers get the libraries */
    pthread_mutex_t lock;
    struct thumbs_error error; /* why the last attendant gave up */
};

/* ---- what a worker is given ---- */

static bool make_sink(struct sink *sink)
{
    int fd = th_fault(TH_FAULT_MMAP) ? -1 : memfd_create("thumbs-out", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return false;
    void *data = MAP_FAILED;
    if (ftruncate(fd, SINK_BYTES) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0)
        data = mmap(NULL, SINK_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
        close(fd);
        return false;
    }
    *sink = (struct sink){.fd = fd, .data = data, .len = SINK_BYTES};
    return true;
}

static void finish_sink(struct sink *sink)
{
    if (sink->data) munmap((void *)sink->data, sink->len);
    if (sink->fd >= 0) close(sink->fd);
}

static bool make_page(struct attendant *a)
{
    a->page_fd = memfd_create("thumbs-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (a->page_fd < 0 || ftruncate(a->page_fd, sizeof *a->page) != 0) return false;
    if (fcntl(a->page_fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0) return false;
    void *page = mmap(NULL, sizeof *a->page, PROT_READ | PROT_WRITE, MAP_SHARED, a->page_fd, 0);
    if (page == MAP_FAILED) return false;
    a->page = page;
    return true;
}

static bool attendant_init(struct attendant *a, struct pool *pool, unsigned number)
{
    *a = (struct attendant){.pool = pool, .number = number, .sock = -1, .page_fd = -1};
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        a->sinks[i].fd = -1;
    if (!make_page(a)) return false;
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        if (!make_sink(&a->sinks[i])) return false;
    }
    return true;
}

static void attendant_finish(struct attendant *a)
{
    if (a->page) munmap(a->page, sizeof *a->page);
    if (a->page_fd >= 0) close(a->page_fd);
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        finish_sink(&a->sinks[i]);
    free(a->knows_slot);
}

/* ---- workers come and go ---- */

/* A receive gives up now and then, so that waiting and looking after the worker needs no other call. What was spent on
 * the commit of the file before comes on top of its time: late by a moment, never early. */
static void limit_waiting(int sock, uint64_t timeout_ns)
{
    uint64_t pause_ns = timeout_ns && timeout_ns < LOOK_PAUSE_NS ? timeout_ns : LOOK_PAUSE_NS;
    struct timeval most = {.tv_usec = (suseconds_t)(pause_ns / 1000)};
    if (most.tv_usec == 0) most.tv_usec = 1; /* 0 would be no limit */
    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
}

static void begin_time(struct attendant *a)
{
    a->began_ns = a->from_ns = a->looked_ns = th_now_ns();
}

static enum thumbs_code start_worker(struct attendant *a, struct thumbs_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, errno, "cannot make a socket for a worker");
    int fds[2 + TH_WIRE_N_SINKS] = {pair[1], a->page_fd};
    for (int i = 0; i < TH_WIRE_N_SINKS; i++)
        fds[2 + i] = a->sinks[i].fd;
    atomic_store_explicit(&a->page->begun, 0, memory_order_relaxed);
    atomic_store_explicit(&a->page->out_of_memory, 0, memory_order_relaxed);
    atomic_store_explicit(&a->page->entered, TH_WIRE_OUTSIDE, memory_order_relaxed);
    a->has_libraries = atomic_load(&a->pool->preload);
    enum thumbs_code code =
        th_server_spawn(a->pool->server, fds, sizeof fds / sizeof *fds, a->has_libraries, &a->worker, err);
    close(pair[1]);
    if (code != THUMBS_OK) {
        close(pair[0]);
        return code;
    }
    a->sock = pair[0];
    limit_waiting(a->sock, a->pool->work->timeout_ns);
    if (a->knows_slot) memset(a->knows_slot, 0, a->n_known_words * sizeof *a->knows_slot);
    return THUMBS_OK;
}

static enum thumbs_code start_worker_patiently(struct attendant *a, struct thumbs_error *err)
{
    enum thumbs_code code = start_worker(a, err);
    for (int i = 1; i < SPAWN_TRIES && code == THUMBS_MEMORY; i++) {
        usleep(SPAWN_PAUSE_US);
        code = start_worker(a, err);
    }
    return code;
}

/* Kill the worker. True: *status is how it had ended or now ended. */
static bool end_worker(struct attendant *a, int *status)
{
    if (a->sock < 0) return false;
    close(a->sock);
    a->sock = -1;
    return th_server_reap(a->pool->server, &a->worker, status);
}

/* ---- files to the worker ---- */

static bool make_room_for_slot(struct attendant *a, uint32_t slot)
{
    size_t need = slot / 64 + 1;
    if (need <= a->n_known_words) return true;
    uint64_t *words = th_realloc(a->knows_slot, need * sizeof *words);
    if (!words) return false;
    memset(words + a->n_known_words, 0, (need - a->n_known_words) * sizeof *words);
    a->knows_slot = words;
    a->n_known_words = need;
    return true;
}

static bool try_to_send(struct attendant *a, struct sent *sent)
{
    const struct th_slot *slot = sent->item->slot;
    struct th_wire_job job = {.id = ++a->last_id, .slot = slot->id, .len = slot->len, .cap = slot->cap};
    job.trim = sent->reserved >= TRIM_BYTES;
    job.i_sink = (uint32_t)(job.id % TH_WIRE_N_SINKS);
    if (!make_room_for_slot(a, slot->id)) return false;
    uint64_t bit = UINT64_C(1) << (slot->id % 64), *word = &a->knows_slot[slot->id / 64];
    size_t n_fds = *word & bit ? 0 : 1;
    sent->id = job.id;
    if (th_wire_send(a->sock, &job, sizeof job, &slot->fd, n_fds) != 0) return false;
    *word |= bit;
    return true;
}

/* Where a job cannot be sent although the worker lives (no memory for the message), the worker must not wait for it for
 * ever: it is told that nothing more will come, answers what it has, and ends; the job goes to the next one. */
static void send_job(struct attendant *a, struct sent *sent)
{
    if (!try_to_send(a, sent)) shutdown(a->sock, SHUT_WR);
}

/* Tell where the files are: called whenever the first of them, or the worker, is another one. */
static void tell_moved(const struct attendant *a)
{
    for (unsigned i = 0; i < a->n_sent; i++) {
        enum th_item_state state = a->sock < 0 ? TH_ITEM_UNSERVED : i ? TH_ITEM_AHEAD : TH_ITEM_BEGUN;
        th_work_tell(a->pool->work, a->sent[i].item, state, a->number, a->sock < 0 ? 0 : (int)a->worker.pid);
    }
}

static void give(struct attendant *a, struct th_item *item, uint64_t reserved)
{
    struct sent *sent = &a->sent[a->n_sent++];
    *sent = (struct sent){.item = item, .reserved = reserved};
    if (!atomic_load_explicit(&a->pool->preload, memory_order_relaxed) &&
        th_image_wants_preload(item->slot->data, item->slot->len))
        atomic_store(&a->pool->preload, true); /* a guess that saves a worker forked for nothing */
    if (a->n_sent == 1) begin_time(a);
    tell_moved(a);
    if (a->sock >= 0) send_job(a, sent);
}

/* Fill the worker up with files that are ready now and that there is memory for now. */
static void send_ahead(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    uint64_t bytes;
    while (a->n_sent < AHEAD) {
        struct th_item *item = a->held ? a->held : th_queue_try_pop(work->queue);
        a->held = NULL;
        if (!item) return;
        if (!th_work_admit(work, item, &bytes)) continue;
        if (!th_budget_try_take(work->memory, bytes)) {
            th_work_tell(work, item, TH_ITEM_HUNGRY, a->number, 0);
            a->held = item;
            return;
        }
        give(a, item, bytes);
    }
}

static struct th_item *take_oldest(struct attendant *a)
{
    struct th_item *item = a->sent[0].item;
    th_budget_give(a->pool->work->memory, a->sent[0].reserved);
    a->n_sent--;
    memmove(&a->sent[0], &a->sent[1], a->n_sent * sizeof a->sent[0]);
    return item;
}

static void fail_oldest(struct attendant *a, const struct thumbs_error *error, bool to_blame)
{
    const struct th_work *work = a->pool->work;
    struct th_outcome outcome = {
        .code = error->code, .error = error, .blameless = !to_blame, .started_ns = a->began_ns};
    work->finish(work->user, take_oldest(a), &outcome);
}

/* ---- answers from the worker ---- */

enum answer { ANSWERED, DIED, LATE, LIED, GREEDY, NEEDS_LIBRARIES };

/* The time of a run that was stopped as a whole (Ctrl-Z, a batch system that suspends its jobs) is not that of the file:
 * where we have not come to look for so long, the worker has most likely not come to work. A look's time counts even
 * then, so that a hanging worker comes to its end on a machine that is always late. */
static bool is_late(struct attendant *a)
{
    uint64_t timeout_ns = a->pool->work->timeout_ns, now = th_now_ns(), gap_ns = now - a->looked_ns;
    if (gap_ns > (uint64_t)MISSED_LOOKS * LOOK_PAUSE_NS) a->from_ns += gap_ns - LOOK_PAUSE_NS;
    a->looked_ns = now;
    return timeout_ns && now - a->from_ns >= timeout_ns;
}

/* What the worker may hold: its share of the fixed part and what was reserved, with a quarter on top. */
static uint64_t share_bytes(const struct attendant *a)
{
    uint64_t reserved = 0;
    for (unsigned i = 0; i < a->n_sent; i++)
        reserved += a->sent[i].reserved;
    return TH_WORK_PROCESS_BYTES + reserved + reserved / 4;
}

/* Only memory of its own counts; its libraries and its slots are shared. Where /proc does not tell, its limit on data
 * holds alone. */
static bool is_greedy(const struct attendant *a)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false; /* a sanitizer's own memory is many times the program's */
#endif
    uint64_t held;
    return th_procmem_own_bytes(a->worker.pid, &held) && held > share_bytes(a);
}

/* See that reading up to `need` bytes of the sink is safe: the file is that long, and mapped. */
static bool sink_covers(struct sink *sink, uint64_t need)
{
    struct stat st;
    if (need <= sink->len) return true;
    if (fstat(sink->fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size < need) return false;
    void *data = mremap((void *)sink->data, sink->len, (size_t)st.st_size, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) return false;
    sink->data = data;
    sink->len = (size_t)st.st_size;
    return true;
}

/* `size` bytes came: are they what an honest worker would say about sent[0], and are the outputs there to be read? */
static bool is_plausible(struct attendant *a, size_t size)
{
    const struct th_work *work = a->pool->work;
    struct th_check expected = {.image = work->image, .no_work = work->no_work, .id = a->sent[0].id};
    uint64_t sink_bytes;
    if (!th_check_reply(&expected, &a->reply, size, &sink_bytes)) return false;
    return sink_covers(&a->sinks[a->reply.id % TH_WIRE_N_SINKS], sink_bytes);
}

/* A worker that has them cannot ask again: that would go on for ever. */
static bool is_call_for_libraries(const struct attendant *a, size_t size)
{
    return size == th_wire_reply_size(0) && a->reply.id == a->sent[0].id && a->reply.error.code == THUMBS_STOPPED &&
           !a->has_libraries;
}

static enum answer wait_for_answer(struct attendant *a)
{
    for (;;) {
        ssize_t size = th_wire_receive(a->sock, &a->reply, sizeof a->reply, NULL, NULL);
        /* A worker that died with a job unread resets the socket, but what it had answered before is still there. */
        if (size < 0 && errno == ECONNRESET) size = th_wire_receive(a->sock, &a->reply, sizeof a->reply, NULL, NULL);
        if (size < 0 && errno == EAGAIN) {
            if (is_late(a)) return LATE;
            if (is_greedy(a)) return GREEDY;
            continue;
        }
        if (size < 0 && errno == EMSGSIZE) return LIED;
        if (size <= 0) return DIED;
        if (is_call_for_libraries(a, (size_t)size)) return NEEDS_LIBRARIES;
        return is_plausible(a, (size_t)size) ? ANSWERED : LIED;
    }
}

/* The worker is on the next file by now, and gets one more before the finished one is committed and reported. The
 * sink of the finished one is not used again before the send after that. */
static void finish_answered(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    struct th_outcome outcome = {.code = a->reply.error.code, .started_ns = a->began_ns};
    struct th_item *item = take_oldest(a);
    begin_time(a);
    tell_moved(a);
    send_ahead(a);
    if (outcome.code == THUMBS_OK) {
        outcome.result = &a->reply.result;
        outcome.data = a->sinks[a->reply.id % TH_WIRE_N_SINKS].data;
    } else {
        outcome.error = &a->reply.error;
    }
    work->finish(work->user, item, &outcome);
}

/* ---- a worker that failed ---- */

static void describe_end(const struct attendant *a, enum answer answer, bool known, int status,
                         struct thumbs_error *error)
{
    if (answer == LATE) {
        th_error_set(error, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE, "took longer than %g s",
                     (double)a->pool->work->timeout_ns / 1e9);
    } else if (answer == LIED) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker answered nonsense");
    } else if (answer == GREEDY || atomic_load_explicit(&a->page->out_of_memory, memory_order_relaxed)) {
        th_error_set(error, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "took more than its share of memory, %llu MB",
                     (unsigned long long)(share_bytes(a) >> 20));
    } else if (known && WIFSIGNALED(status)) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker died of signal %d (%s)", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
    } else if (known) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker ended with status %d",
                     WEXITSTATUS(status));
    } else {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker was lost");
    }
}

/* What the first worker said of its sandbox before it saw a file. */
static void tell_sandbox(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    char how[300];
    if (!work->tell_sandbox || atomic_load_explicit(&a->pool->told_sandbox, memory_order_relaxed)) return;
    if (atomic_load_explicit(&a->page->entered, memory_order_acquire) == TH_WIRE_OUTSIDE) return;
    if (atomic_exchange(&a->pool->told_sandbox, true)) return;
    struct th_sandbox_state state = a->page->sandbox;
    th_sandbox_describe(&state, how, sizeof how);
    work->tell_sandbox(work->user, how, th_sandbox_is_whole(&state));
}

/* A worker that may not work unless it is locked up, and is not. Another would be no better off. */
static bool is_refused(struct attendant *a, struct thumbs_error *err)
{
    char how[300];
    if (atomic_load_explicit(&a->page->entered, memory_order_acquire) != TH_WIRE_REFUSED) return false;
    struct th_sandbox_state state = a->page->sandbox;
    th_sandbox_describe(&state, how, sizeof how);
    th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, "the sandbox that is required does not hold: %.140s", how);
    return true;
}

/* One file pays for a dead worker: the one it was at. A file it had not begun is not to blame, nor is any when the
 * server has taken all its workers down with it; such a file is sent again, but not for ever. */
static void bury_worker(struct attendant *a, enum answer answer)
{
    int status = 0;
    struct thumbs_error error = {0};
    bool known = end_worker(a, &status);
    bool begun = atomic_load_explicit(&a->page->begun, memory_order_acquire) == a->sent[0].id;
    bool to_blame = begun && (known || answer != DIED);
    if (to_blame || a->sent[0].n_resends >= MAX_RESENDS) {
        describe_end(a, answer, known, status, &error);
        fail_oldest(a, &error, to_blame);
    }
    for (unsigned i = 0; i < a->n_sent; i++)
        a->sent[i].n_resends++;
}

/* The worker was forked before libraries were needed, and is locked up, so it can load none. The next one has them;
 * its files go there, and none is to blame. */
static void retire_worker(struct attendant *a)
{
    int status;
    atomic_store(&a->pool->preload, true);
    (void)end_worker(a, &status);
}

/* A worker for the files that are to be sent, the first one or one in place of another. False: there is none to be
 * had. */
static bool renew_worker(struct attendant *a, struct thumbs_error *err)
{
    tell_moved(a);
    if (start_worker_patiently(a, err) != THUMBS_OK) return false;
    begin_time(a);
    tell_moved(a);
    for (unsigned i = 0; i < a->n_sent; i++)
        send_job(a, &a->sent[i]);
    return true;
}

/* ---- an attendant's life ---- */

static struct th_item *next_item(struct attendant *a)
{
    struct pool *pool = a->pool;
    struct th_item *item = a->held;
    a->held = NULL;
    if (!item) item = th_queue_try_pop(pool->orphans);
    if (!item) item = th_queue_pop(pool->work->queue);
    if (!item) item = th_queue_try_pop(pool->orphans);
    return item;
}

/* With nothing in its worker an attendant holds nothing of the budget, so it may wait for it. */
static bool has_files(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    struct th_item *item;
    uint64_t bytes;
    while (a->n_sent == 0 && (item = next_item(a))) {
        if (!th_work_admit(work, item, &bytes)) continue;
        th_work_reserve(work, item, a->number, bytes);
        give(a, item, bytes);
    }
    return a->n_sent > 0;
}

static bool attend(struct attendant *a, struct thumbs_error *err)
{
    while (has_files(a)) {
        if (a->sock < 0 && !renew_worker(a, err)) return false;
        send_ahead(a);
        enum answer answer = wait_for_answer(a);
        tell_sandbox(a);
        if (answer == ANSWERED) {
            finish_answered(a);
        } else if (answer == NEEDS_LIBRARIES) {
            retire_worker(a);
        } else if (is_refused(a, err)) {
            return false;
        } else {
            bury_worker(a, answer);
        }
    }
    return true;
}

/* No worker for this attendant: its files are not to blame, others may take them. */
static void give_up(struct attendant *a, const struct thumbs_error *error)
{
    struct pool *pool = a->pool;
    if (a->held) th_queue_push(pool->orphans, a->held);
    while (a->n_sent > 0 && th_queue_push(pool->orphans, a->sent[0].item))
        take_oldest(a);
    pthread_mutex_lock(&pool->lock);
    pool->error = *error;
    pthread_mutex_unlock(&pool->lock);
}

static void *attendant_thread(void *arg)
{
    struct attendant *a = arg;
    struct pool *pool = a->pool;
    struct thumbs_error error = {0};
    if (!attend(a, &error)) give_up(a, &error);
    if (a->sock >= 0) close(a->sock); /* the worker sees the end of file and ends */
    th_server_leave(pool->server, &pool->n_running);
    return NULL;
}

/* Files that attendants left behind and nobody was there to take: were there any? */
static bool fail_orphans(struct pool *pool)
{
    const struct th_work *work = pool->work;
    struct th_item *item;
    bool any = false;
    while ((item = th_queue_drain(pool->orphans))) {
        struct th_outcome outcome = {.code = pool->error.code, .error = &pool->error, .blameless = true};
        work->finish(work->user, item, &outcome);
        any = true;
    }
    return any;
}

/* Start up to n attendants: how many run. Fewer than asked is slower, not wrong. */
static unsigned start_attendants(struct pool *pool, struct attendant *attendants, unsigned n)
{
    unsigned n_started = 0;
    for (; n_started < n; n_started++) {
        struct attendant *a = &attendants[n_started];
        if (!attendant_init(a, pool, n_started + 1) || th_thread_start(&a->thread, attendant_thread, a) != 0) {
            attendant_finish(a);
            break;
        }
    }
    return n_started;
}

/* The calling thread keeps the server alive until the last attendant has left. */
static void run_attendants(struct pool *pool, struct attendant *attendants, unsigned n)
{
    pool->n_running = n;
    unsigned n_started = start_attendants(pool, attendants, n);
    for (unsigned i = n_started; i < n; i++)
        th_server_leave(pool->server, &pool->n_running);
    if (n_started == 0)
        th_error_set(&pool->error, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory or thread for one worker");
    th_server_keep(pool->server, &pool->n_running);
    for (unsigned i = 0; i < n_started; i++) {
        pthread_join(attendants[i].thread, NULL);
        attendant_finish(&attendants[i]);
    }
}

/* WebP is written by libvips, whatever the source is. */
static bool outputs_need_libraries(const struct thumbs_image_options *image)
{
    for (uint32_t i = 0; i < image->n_formats; i++) {
        if (image->formats[i] == THUMBS_FORMAT_WEBP) return true;
    }
    return false;
}

enum thumbs_code th_procs_run(const struct th_work *work, struct thumbs_error *err)
{
    struct pool pool = {
        .work = work, .preload = outputs_need_libraries(work->image), .lock = PTHREAD_MUTEX_INITIALIZER};
    enum thumbs_code code = THUMBS_OK;
    struct attendant *attendants = th_calloc(work->jobs, sizeof *attendants);
    pool.orphans = th_queue_create(((size_t)AHEAD + 1) * work->jobs);
    if (!attendants || !pool.orphans)
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for %u workers", work->jobs);
    if (code == THUMBS_OK) code = th_server_create(work, &pool.server, err);
    if (code == THUMBS_OK) {
        run_attendants(&pool, attendants, work->jobs);
        bool left_behind = fail_orphans(&pool) || !th_queue_is_finished(work->queue);
        /* One attendant that gave up only matters if it left work behind: else the others have done it. */
        if (pool.error.code != THUMBS_OK && left_behind) {
            code = pool.error.code;
            if (err) *err = pool.error;
        }
    }
    th_server_destroy(pool.server);
    th_queue_destroy(pool.orphans);
    free(attendants);
    return code;
}

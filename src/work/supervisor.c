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
#include "work/process_pool.h"

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
#include "base/filelimit.h"
#include "base/procmem.h"
#include "base/sys.h"
#include "work/check.h"
#include "work/fork_client.h"
#include "work/hold.h"
#include "work/requeue.h"
#include "work/shared.h"
#include "work/taken.h"
#include "work/wire.h"

enum {
    AHEAD = 2,       /* files in a worker: the one it is at and the one behind it */
    MAX_LOSSES = 5,  /* the same where the server went with all its workers */
    MAX_RESENDS = 2, /* how often a file may be the next of a worker that dies before it begins it */
    SPAWN_TRIES = 5, /* a machine short of processes may have one again soon */
    SPAWN_PAUSE_US = 100 * 1000,
    HEIR_TRIES = 20,                   /* pauses in which another attendant may take the files of one that gives up */
    TRIM_BYTES = 8 << 20,              /* memory of one file that a worker is not to keep for the next */
    LOOK_PAUSE_NS = 100 * 1000 * 1000, /* how often a worker that takes its time is looked after */
    THREADS_PER_CPU = 4, /* of a decoder: so many tiles of a picture at a time, a thread for each CPU in each */
    MORE_THREADS = 64,   /* of a worker, besides */
    MISSED_LOOKS = 5,    /* so many in a row are missed by who was stopped, not by who is busy */
};

/* A file in the worker. */
struct sent {
    struct th_item *item;
    uint64_t id;
    uint64_t sent_ns; /* the worker began it after that */
    unsigned n_resends, n_losses;
};

struct pool;

/* Two clocks are read for one time. */
static const uint64_t clock_slack_ns = UINT64_C(1000000000);

struct attendant {
    struct pool *pool;
    unsigned number; /* from 1 */
    pthread_t thread;

    struct th_worker_id worker;
    int sock;           /* -1: no worker */
    bool has_libraries; /* it was forked with the libraries of all decoders */
    bool greeted;       /* it has said how it is locked up */
    bool hides;         /* at the last look it did not tell its memory */
    struct th_areas areas;
    struct th_taken taken; /* the outputs of the file that was answered last */
    struct th_hold hold;
    uint64_t *knows_buffer; /* bit i: the worker has the descriptor of buffer i */
    size_t n_known_words;

    struct sent sent[AHEAD]; /* oldest first */
    unsigned n_sent;
    uint64_t last_id;
    uint64_t began_ns;  /* when the worker began sent[0] */
    uint64_t from_ns;   /* that, moved on by the time in which nobody was running */
    uint64_t looked_ns; /* when it was last seen that somebody is */
    struct th_wire_hello hello;
    struct th_wire_reply reply;
};

struct pool {
    const struct th_work *work;
    struct th_server *server;
    unsigned n_running; /* attendants; guarded by the server's lock */
    unsigned most_threads;
    struct th_strays strays;
    atomic_bool has_failed; /* a file has, for want of a worker */
    atomic_bool told_sandbox;
    atomic_bool preload; /* a picture has come that needs more than the hot paths: new workers get the libraries */
    pthread_mutex_t lock;
    struct thumbs_error error; /* why the last attendant gave up */
};

static bool attendant_init(struct attendant *a, struct pool *pool, unsigned number)
{
    *a = (struct attendant){.pool = pool, .number = number, .sock = -1, .hold.fd = -1};
    return th_areas_init(&a->areas);
}

static void attendant_finish(struct attendant *a)
{
    th_areas_finish(&a->areas);
    th_taken_finish(&a->taken);
    th_hold_finish(&a->hold);
    free(a->knows_buffer);
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
    int fds[1 + TH_AREAS_N_FDS] = {pair[1]};
    th_areas_fds(&a->areas, fds + 1);
    th_areas_reset(&a->areas);
    a->greeted = a->hides = false;
    a->has_libraries = atomic_load(&a->pool->preload);
    enum thumbs_code code =
        th_server_spawn(a->pool->server, fds, sizeof fds / sizeof *fds, a->has_libraries, &a->worker, err);
    close(pair[1]);
    if (code != THUMBS_OK) {
        close(pair[0]);
        return code;
    }
    a->sock = pair[0];
    th_hold_begin(&a->hold, a->worker.pid);
    limit_waiting(a->sock, a->pool->work->timeout_ns);
    if (a->knows_buffer) memset(a->knows_buffer, 0, a->n_known_words * sizeof *a->knows_buffer);
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

/* Kill the worker, unless it has hung up and ends by itself. True: *end is how it had ended or now ended. */
static bool end_worker(struct attendant *a, bool hung_up, struct th_worker_end *end)
{
    if (a->sock < 0) return false;
    close(a->sock);
    a->sock = -1;
    return th_server_reap(a->pool->server, &a->worker, hung_up, end);
}

/* ---- files to the worker ---- */

static bool make_room_for_buffer(struct attendant *a, uint32_t buffer)
{
    size_t need = buffer / 64 + 1;
    if (need <= a->n_known_words) return true;
    uint64_t *words = th_realloc(a->knows_buffer, need * sizeof *words);
    if (!words) return false;
    memset(words + a->n_known_words, 0, (need - a->n_known_words) * sizeof *words);
    a->knows_buffer = words;
    a->n_known_words = need;
    return true;
}

static bool try_to_send(struct attendant *a, struct sent *sent)
{
    const struct th_buffer *buffer = sent->item->buffer;
    struct th_wire_job job = {.id = ++a->last_id, .buffer = buffer->id, .len = buffer->len, .cap = buffer->cap};
    job.trim = sent->item->decode_bytes >= TRIM_BYTES;
    job.i_sink = (uint32_t)(job.id % TH_WIRE_N_SINKS);
    sent->id = job.id; /* in any case: 0 is what a fresh page has begun */
    sent->sent_ns = th_now_ns();
    if (!make_room_for_buffer(a, buffer->id)) return false;
    uint64_t bit = UINT64_C(1) << (buffer->id % 64), *word = &a->knows_buffer[buffer->id / 64];
    size_t n_fds = *word & bit ? 0 : 1;
    if (th_wire_send(a->sock, &job, sizeof job, &buffer->fd, n_fds) != 0) return false;
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
        enum th_item_state state = a->sock < 0 ? TH_ITEM_WAITS_FOR_WORKER : i ? TH_ITEM_AHEAD : TH_ITEM_BEGUN;
        th_work_tell(a->pool->work, a->sent[i].item, state, a->number, a->sock < 0 ? 0 : (int)a->worker.pid);
    }
}

static void give(struct attendant *a, struct th_item *item)
{
    struct sent *sent = &a->sent[a->n_sent++];
    *sent = (struct sent){.item = item};
    if (!atomic_load_explicit(&a->pool->preload, memory_order_relaxed) &&
        th_image_wants_preload(item->buffer->data, item->buffer->len))
        atomic_store(&a->pool->preload, true); /* a guess that saves a worker forked for nothing */
    if (a->n_sent == 1) begin_time(a);
    tell_moved(a);
    if (a->sock >= 0) send_job(a, sent);
}

/* Fill the worker up with files that are ready now and that there is memory for now. One that there is none for waits
 * where any attendant finds it: this worker may take its time. */
static void send_ahead(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    while (a->n_sent < AHEAD) {
        struct th_item *item = th_strays_try_take(&a->pool->strays);
        if (!item) item = th_queue_try_pop(work->queue);
        if (!item) return;
        if (!th_work_admit(work, item)) continue;
        if (!th_budget_try_take(work->memory, th_work_charge(work, item))) {
            th_work_tell(work, item, TH_ITEM_WAITS_FOR_MEMORY, 0, 0);
            th_strays_put(&a->pool->strays, item);
            return;
        }
        give(a, item);
    }
}

static struct th_item *take_oldest(struct attendant *a)
{
    struct th_item *item = a->sent[0].item;
    th_budget_give(a->pool->work->memory, th_work_charge(a->pool->work, item));
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

enum answer { ANSWERED, DIED, LATE, LIED, GREEDY, NEEDS_LIBRARIES, REFUSED };

/* The time of a run that was stopped as a whole (Ctrl-Z, a batch system that suspends its jobs) is not that of the
 * file: where we have not come to look for so long, the worker has most likely not come to work. A look's time counts
 * even then, so that a hanging worker comes to its end on a machine that is always late. */
static bool is_late(struct attendant *a)
{
    uint64_t timeout_ns = a->pool->work->timeout_ns, now = th_now_ns(), gap_ns = now - a->looked_ns;
    if (gap_ns > (uint64_t)MISSED_LOOKS * LOOK_PAUSE_NS) a->from_ns += gap_ns - LOOK_PAUSE_NS;
    a->looked_ns = now;
    return timeout_ns && now - a->from_ns >= timeout_ns;
}

/* What the worker may hold: its fixed part, and what was reserved with a quarter on top. */
static uint64_t share_bytes(const struct attendant *a)
{
    uint64_t reserved = 0;
    for (unsigned i = 0; i < a->n_sent; i++)
        reserved += a->sent[i].item->decode_bytes;
    return TH_WORK_PROCESS_MOST_BYTES + reserved + reserved / 4;
}

/* Only what it has for itself counts, and what lies in its sinks; libraries and buffers are shared.
 * Where /proc does not tell, its resource limits hold alone. One that ends its first thread to hide
 * what it holds is caught at the second look: at the first it may just be dying. */
static bool is_greedy(struct attendant *a)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false; /* a sanitizer's own memory is many times the program's */
#endif
    struct th_procmem look;
    if (!th_procmem_look(a->worker.pid, &look)) return false;
    bool hid = a->hides;
    a->hides = look.hidden;
    return (hid && look.hidden) || look.n_threads > a->pool->most_threads ||
           look.own_bytes + th_areas_held_bytes(&a->areas) > share_bytes(a);
}

/* Take the outputs that the reply speaks of. Where there is no memory for that, the file fails. */
static bool take_outputs(struct attendant *a, uint64_t sink_bytes)
{
    unsigned i_sink = (unsigned)(a->reply.id % TH_WIRE_N_SINKS);
    if (a->reply.error.code != THUMBS_OK) return true;
    if (!th_areas_cover(&a->areas, i_sink, sink_bytes)) return false;
    if (th_taken_copy(&a->taken, a->areas.sinks[i_sink].data, (size_t)sink_bytes))
        return th_taken_fits(&a->taken, &a->reply.result);
    th_error_set(&a->reply.error, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory to take its thumbnails");
    return true;
}

/* `size` bytes came: are they what an honest worker would say about sent[0], and are the outputs there to be read? */
static bool is_plausible(struct attendant *a, size_t size)
{
    const struct th_work *work = a->pool->work;
    struct th_check expected = {.image = work->image, .no_work = work->no_work, .id = a->sent[0].id};
    expected.most_ns = th_now_ns() - a->sent[0].sent_ns + clock_slack_ns;
    uint64_t sink_bytes;
    return th_check_reply(&expected, &a->reply, size, &sink_bytes) && take_outputs(a, sink_bytes);
}

/* A worker that has them cannot ask again: that would go on for ever. */
static bool is_call_for_libraries(const struct attendant *a, size_t size)
{
    return size == th_wire_reply_size(0) && a->reply.id == a->sent[0].id && a->reply.error.code == THUMBS_STOPPED &&
           !a->has_libraries;
}

/* One message; as recv(2), but a worker that died with a job unread resets the socket, and what it had said before is
 * still there. */
static ssize_t receive(const struct attendant *a, void *message, size_t size)
{
    ssize_t n = th_wire_receive(a->sock, message, size, NULL, NULL);
    if (n < 0 && errno == ECONNRESET) n = th_wire_receive(a->sock, message, size, NULL, NULL);
    return n;
}

/* What the first worker said of its sandbox is passed on. */
static void tell_sandbox(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    char how[300];
    if (!work->tell_sandbox || atomic_exchange(&a->pool->told_sandbox, true)) return;
    th_sandbox_describe(&a->hello.sandbox, how, sizeof how);
    work->tell_sandbox(work->user, how, th_sandbox_is_whole(&a->hello.sandbox));
}

/* The first message of a worker, from before it knew of any picture. */
static enum answer take_hello(struct attendant *a, ssize_t size)
{
    if (size != (ssize_t)sizeof a->hello) return LIED;
    a->greeted = true;
    tell_sandbox(a);
    return a->hello.refused && a->pool->work->sandbox == THUMBS_SANDBOX_REQUIRE ? REFUSED : ANSWERED;
}

static enum answer wait_for_answer(struct attendant *a)
{
    for (;;) {
        void *message = a->greeted ? (void *)&a->reply : (void *)&a->hello;
        ssize_t size = receive(a, message, a->greeted ? sizeof a->reply : sizeof a->hello);
        if (size < 0 && errno == EAGAIN) {
            if (is_late(a)) return LATE;
            if (is_greedy(a)) return GREEDY;
            continue;
        }
        if (size < 0 && errno == EMSGSIZE) return LIED;
        if (size <= 0) return DIED;
        if (!a->greeted) {
            enum answer hello = take_hello(a, size);
            if (hello != ANSWERED) return hello;
            continue;
        }
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
    unsigned i_sink = (unsigned)(a->reply.id % TH_WIRE_N_SINKS);
    struct th_item *item = take_oldest(a);
    begin_time(a);
    tell_moved(a);
    send_ahead(a);
    if (outcome.code == THUMBS_OK) {
        outcome.result = &a->reply.result;
        outcome.data = a->taken.data;
    } else {
        outcome.error = &a->reply.error;
    }
    work->finish(work->user, item, &outcome);
    th_areas_trim(&a->areas, i_sink); /* the worker has no job that goes there now */
    th_taken_trim(&a->taken);
}

/* ---- a worker that failed ---- */

/* Did it end itself because there was no memory? The worker says so; it is believed where it fits. */
static bool has_run_out(const struct attendant *a, int status)
{
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGTRAP) &&
           atomic_load_explicit(&a->areas.page->out_of_memory, memory_order_relaxed);
}

static void describe_end(const struct attendant *a, enum answer answer, bool known, const struct th_worker_end *end,
                         struct thumbs_error *error)
{
    int status = end->status;
    if (answer == LATE) {
        th_error_set(error, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE, "took longer than %g s",
                     (double)a->pool->work->timeout_ns / 1e9);
    } else if (answer == LIED) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker answered nonsense");
    } else if (answer == GREEDY || (known && !end->killed && has_run_out(a, status))) {
        th_error_set(error, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "took more than its share of memory, %llu MB",
                     (unsigned long long)(share_bytes(a) >> 20));
    } else if (known && end->killed) {
        th_error_set(error, THUMBS_CRASHED, THUMBS_STAGE_DECODE, "the worker hung up and lived on");
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

/* A worker that may not work unless it is locked up, and is not. Another would be no better off. */
static void describe_refusal(const struct attendant *a, struct thumbs_error *err)
{
    char how[300];
    th_sandbox_describe(&a->hello.sandbox, how, sizeof how);
    th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, "the sandbox that is required does not hold: %.140s", how);
}

/* One file pays for a dead worker: the one it was at. A file it had not begun is not to blame, nor is any when the
 * server has taken all its workers down with it; such a file is sent again, but not for ever: the worker itself says
 * what it had begun, and could deny it.
 *
 * A locked-up worker cannot die of SIGKILL but from outside, by the kernel that is out of memory or by a person: the
 * file has failed then, but nothing is known about it. One that hung up and had to be killed was not killed from
 * outside. */
static void bury_worker(struct attendant *a, enum answer answer)
{
    struct th_worker_end end = {0};
    struct thumbs_error error = {0};
    struct sent *first = &a->sent[0];
    bool known = end_worker(a, answer == DIED, &end);
    bool begun = atomic_load_explicit(&a->areas.page->begun, memory_order_acquire) == first->id;
    bool its_doing = (begun || answer == LIED) && (known || answer != DIED);
    if (known || answer != DIED) {
        first->n_resends++;
    } else {
        first->n_losses++;
    }
    if (its_doing || first->n_resends > MAX_RESENDS || first->n_losses > MAX_LOSSES) {
        bool was_shot = !end.killed && WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL;
        bool foreign = answer == DIED && (!known || was_shot);
        describe_end(a, answer, known, &end, &error);
        fail_oldest(a, &error, !foreign);
    }
}

/* The worker was forked before libraries were needed, and is locked up, so it can load none. The next one has them;
 * its files go there, and none is to blame. */
static void retire_worker(struct attendant *a)
{
    struct th_worker_end end;
    atomic_store(&a->pool->preload, true);
    (void)end_worker(a, false, &end);
}

/* Has it had its time? A file that it has begun meanwhile is begun anew by the next one. */
static bool is_worn(struct attendant *a)
{
    uint64_t most = share_bytes(a);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    most = UINT64_MAX;
#endif
    return th_hold_is_worn(&a->hold, th_now_ns(), most);
}

static void replace_worker(struct attendant *a)
{
    struct th_worker_end end;
    (void)end_worker(a, false, &end);
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
    struct th_item *item = th_strays_try_take(&pool->strays);
    if (!item) item = th_queue_pop(pool->work->queue);
    return item ? item : th_strays_take(&pool->strays);
}

/* With nothing in its worker an attendant holds nothing of the budget, so it may wait for it. */
static bool has_files(struct attendant *a)
{
    const struct th_work *work = a->pool->work;
    struct th_item *item;
    while (a->n_sent == 0 && (item = next_item(a))) {
        if (th_work_admit(work, item) && th_work_reserve(work, item, a->number)) give(a, item);
    }
    return a->n_sent > 0;
}

static bool attend(struct attendant *a, struct thumbs_error *err)
{
    while (has_files(a)) {
        if (a->sock < 0 && !renew_worker(a, err)) return false;
        send_ahead(a);
        enum answer answer = wait_for_answer(a);
        if (answer == ANSWERED) {
            finish_answered(a);
            if (is_worn(a)) replace_worker(a);
        } else if (answer == NEEDS_LIBRARIES) {
            retire_worker(a);
        } else if (answer == REFUSED) {
            describe_refusal(a, err);
            return false;
        } else {
            bury_worker(a, answer);
        }
    }
    return true;
}

/* The files that nobody was there to take have failed. */
static void fail_strays(struct pool *pool)
{
    const struct th_work *work = pool->work;
    struct th_item *item;
    pthread_mutex_lock(&pool->lock);
    struct thumbs_error error = pool->error;
    pthread_mutex_unlock(&pool->lock);
    while ((item = th_strays_try_take(&pool->strays))) {
        struct th_outcome outcome = {.code = error.code, .error = &error, .blameless = true};
        if (th_budget_is_cancelled(work->memory)) {
            work->drop(work->user, item);
            continue;
        }
        atomic_store(&pool->has_failed, true);
        work->finish(work->user, item, &outcome);
    }
}

/* No worker for this attendant: its files are not to blame, others may take them. Those may sleep at the queue, though,
 * and be woken by nothing, since the buffers of these very files keep others from being loaded. So what nobody takes in
 * a while has failed. */
static void give_up(struct attendant *a, const struct thumbs_error *error, bool is_hopeless)
{
    struct pool *pool = a->pool;
    struct th_worker_end end;
    (void)end_worker(a, false, &end);
    pthread_mutex_lock(&pool->lock);
    pool->error = *error;
    pthread_mutex_unlock(&pool->lock);
    while (a->n_sent > 0) {
        struct th_item *item = take_oldest(a);
        th_work_tell(pool->work, item, TH_ITEM_WAITS_FOR_WORKER, 0, 0);
        th_strays_put(&pool->strays, item);
    }
    for (int i = 0; i < HEIR_TRIES && !is_hopeless && atomic_load(&pool->strays.n) > 0; i++)
        usleep(SPAWN_PAUSE_US);
    fail_strays(pool);
}

static void *attendant_thread(void *arg)
{
    struct attendant *a = arg;
    struct pool *pool = a->pool;
    struct thumbs_error error = {0};
    if (!attend(a, &error)) give_up(a, &error, a->hello.refused);
    th_strays_leave(&pool->strays);
    if (a->sock >= 0) close(a->sock); /* the worker sees the end of file and ends */
    th_server_leave(pool->server, &pool->n_running);
    return NULL;
}

/* Start up to n attendants: how many run. Fewer than asked is slower, not wrong. */
static unsigned start_attendants(struct pool *pool, struct attendant *attendants, unsigned n)
{
    unsigned n_started = 0;
    for (; n_started < n; n_started++) {
        struct attendant *a = &attendants[n_started];
        if (!attendant_init(a, pool, n_started + 1)) {
            attendant_finish(a);
            break;
        }
        th_strays_enter(&pool->strays);
        if (th_thread_start(&a->thread, attendant_thread, a) != 0) {
            th_strays_leave(&pool->strays);
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
    if (n_started == 0 && th_file_limit() < sizeof(struct th_wire_page))
        th_error_set(&pool->error, THUMBS_MEMORY, THUMBS_STAGE_NONE,
                     "files may have no size (ulimit -f), so worker processes can share no memory");
    else if (n_started == 0)
        th_error_set(&pool->error, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory or thread for one worker");
    th_server_keep(pool->server, &pool->n_running);
    for (unsigned i = 0; i < n_started; i++) {
        pthread_join(attendants[i].thread, NULL);
        attendant_finish(&attendants[i]);
    }
}

enum thumbs_code th_procs_run(const struct th_work *work, struct thumbs_error *err)
{
    struct pool pool = {
        .work = work, .preload = th_image_outputs_want_preload(work->image), .lock = PTHREAD_MUTEX_INITIALIZER};
    pool.most_threads = THREADS_PER_CPU * thumbs_cpus_usable() + MORE_THREADS;
    enum thumbs_code code = THUMBS_OK;
    struct attendant *attendants = th_calloc(work->jobs, sizeof *attendants);
    bool has_strays = th_strays_init(&pool.strays, ((size_t)AHEAD + 1) * work->jobs);
    if (!attendants || !has_strays)
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for %u workers", work->jobs);
    if (code == THUMBS_OK) code = th_server_create(work, pool.most_threads, &pool.server, err);
    if (code == THUMBS_OK) {
        run_attendants(&pool, attendants, work->jobs);
        fail_strays(&pool);
        bool left_behind = atomic_load(&pool.has_failed) || !th_queue_is_finished(work->queue);
        /* One attendant that gave up only matters if it left work behind: else the others have done it. */
        if (pool.error.code != THUMBS_OK && left_behind) {
            code = pool.error.code;
            if (err) *err = pool.error;
        }
    }
    th_server_destroy(pool.server);
    th_strays_finish(&pool.strays);
    free(attendants);
    return code;
}

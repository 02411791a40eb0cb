/* SPDX-License-Identifier: MIT */
#include "work/worker_link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

enum {
    SPAWN_TRIES = 5, /* a machine short of processes may have one again soon */
    SPAWN_PAUSE_US = 100 * 1000,
    IDLE_MS = 100 /* a worker that was sent nothing for so long gives back what it keeps warm */
};

static void limit_receive(int sock, uint64_t most_us)
{
    struct timeval most = {.tv_usec =
                               (suseconds_t)(most_us ? most_us : 1)}; /* 0 would be no limit */
    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
}

/* A receive gives up now and then, so that waiting and looking after the worker needs no other
 * call. What was spent on the commit of the file before comes on top of its time: late by a moment,
 * never early. */
static void limit_waiting(int sock, uint64_t timeout_ns)
{
    uint64_t pause_ns = timeout_ns && timeout_ns < TH_SUPERVISOR_LOOK_PAUSE_NS
                            ? timeout_ns
                            : TH_SUPERVISOR_LOOK_PAUSE_NS;
    limit_receive(sock, pause_ns / 1000);
}

static enum thumbs_code start_worker(struct th_supervisor *s, struct thumbs_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return th_error_os(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, errno,
                           "cannot make a socket for a worker");
    limit_receive(pair[1], IDLE_MS * 1000);
    int fds[1 + TH_SHARED_N_FDS] = {pair[1]};
    th_shared_fds(&s->shared, fds + 1);
    th_shared_reset(&s->shared);
    s->greeted = s->hides = false;
    s->libraries = atomic_load(&s->pool->preload);
    enum thumbs_code code = th_fork_client_spawn(s->pool->client, fds, sizeof fds / sizeof *fds,
                                                 s->libraries, &s->worker, err);
    close(pair[1]);
    if (code != THUMBS_OK) {
        close(pair[0]);
        return code;
    }
    s->sock = pair[0];
    th_hold_begin(&s->hold, s->worker.pid);
    limit_waiting(s->sock, s->pool->work->timeout_ns);
    if (s->knows_buffer) memset(s->knows_buffer, 0, s->n_known_words * sizeof *s->knows_buffer);
    return THUMBS_OK;
}

enum thumbs_code th_link_start(struct th_supervisor *s, struct thumbs_error *err)
{
    enum thumbs_code code = start_worker(s, err);
    for (int i = 1; i < SPAWN_TRIES && code == THUMBS_MEMORY; i++) {
        usleep(SPAWN_PAUSE_US);
        code = start_worker(s, err);
    }
    return code;
}

bool th_link_end(struct th_supervisor *s, bool hung_up, struct th_worker_end *end)
{
    if (s->sock < 0) return false;
    close(s->sock);
    s->sock = -1;
    return th_fork_client_reap(s->pool->client, &s->worker, hung_up, end);
}

static bool make_room_for_buffer(struct th_supervisor *s, uint32_t buffer)
{
    size_t need = buffer / 64 + 1;
    if (need <= s->n_known_words) return true;
    uint64_t *words = th_realloc(s->knows_buffer, need * sizeof *words);
    if (!words) return false;
    memset(words + s->n_known_words, 0, (need - s->n_known_words) * sizeof *words);
    s->knows_buffer = words;
    s->n_known_words = need;
    return true;
}

static bool try_to_send(struct th_supervisor *s, struct th_sent *sent)
{
    const struct th_buffer *buffer = sent->item->buffer;
    struct th_wire_job job = {
        .id = ++s->last_id, .buffer = buffer->id, .len = buffer->len, .cap = buffer->cap};
    job.trim = sent->item->decode_bytes > th_work_heap_keep(s->pool->work->warm_bytes);
    job.i_sink = (uint32_t)(job.id % TH_WIRE_N_SINKS);
    sent->id = job.id; /* in any case: 0 is what a fresh status page has begun */
    sent->sent_ns = th_now_ns();
    if (!make_room_for_buffer(s, buffer->id)) return false;
    uint64_t bit = UINT64_C(1) << (buffer->id % 64), *word = &s->knows_buffer[buffer->id / 64];
    size_t n_fds = *word & bit ? 0 : 1;
    if (th_wire_send(s->sock, &job, sizeof job, &buffer->fd, n_fds) != 0) return false;
    *word |= bit;
    return true;
}

/* Where a job cannot be sent although the worker lives (no memory for the message), the worker must
 * not wait for it for ever: it is told that nothing more will come, answers what it has, and ends;
 * the job goes to the next one. */
void th_link_send(struct th_supervisor *s, struct th_sent *sent)
{
    if (!try_to_send(s, sent)) shutdown(s->sock, SHUT_WR);
}

/* SPDX-License-Identifier: MIT */
#include "work/answer.h"

#include <errno.h>

#include "base/error.h"
#include "base/procmem.h"
#include "base/sys.h"
#include "work/check.h"
#include "work/sent.h"

enum { MISSED_LOOKS = 5 /* so many in a row are missed by who was stopped, not by who is busy */ };

/* Two clocks are read for one time. */
static const uint64_t clock_slack_ns = UINT64_C(1000000000);

/* The time of a run that was stopped as a whole (Ctrl-Z, a batch system that suspends its jobs) is
 * not that of the file: where we have not come to look for so long, the worker has most likely not
 * come to work. A look's time counts even then, so that a hanging worker comes to its end on a
 * machine that is always late. */
static bool is_late(struct th_supervisor *s)
{
    uint64_t timeout_ns = s->pool->work->timeout_ns, now = th_now_ns(), gap_ns = now - s->looked_ns;
    if (gap_ns > (uint64_t)MISSED_LOOKS * TH_SUPERVISOR_LOOK_PAUSE_NS)
        s->from_ns += gap_ns - TH_SUPERVISOR_LOOK_PAUSE_NS;
    s->looked_ns = now;
    return timeout_ns && now - s->from_ns >= timeout_ns;
}

/* Only what it has for itself counts, and what lies in its sinks; libraries and buffers are shared.
 * Where /proc does not tell, its resource limits hold alone. One that ends its first thread to hide
 * what it holds is caught at the second look: at the first it may just be dying. */
static bool is_greedy(struct th_supervisor *s)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false; /* a sanitizer's own memory is many times the program's */
#endif
    struct th_procmem look;
    if (!th_procmem_look(s->worker.pid, &look)) return false;
    bool hid = s->hides;
    s->hides = look.hidden;
    return (hid && look.hidden) || look.n_threads > s->pool->most_threads ||
           look.own_bytes + th_shared_held_bytes(&s->shared) > th_sent_share_bytes(s);
}

/* Take the outputs that the reply speaks of. Where there is no memory for that, the file fails. */
static bool take_outputs(struct th_supervisor *s, uint64_t sink_bytes)
{
    unsigned i_sink = (unsigned)(s->reply.id % TH_WIRE_N_SINKS);
    if (s->reply.error.code != THUMBS_OK) return true;
    if (!th_shared_cover(&s->shared, i_sink, sink_bytes)) return false;
    if (th_taken_copy(&s->taken, s->shared.sinks[i_sink].data, (size_t)sink_bytes))
        return th_taken_fits(&s->taken, &s->reply.result);
    th_error_set(&s->reply.error, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                 "no memory to take its thumbnails");
    return true;
}

/* `size` bytes came: are they what a worker may say of sent[0], and are the outputs there to be
 * read? */
static bool is_plausible(struct th_supervisor *s, size_t size)
{
    const struct th_work *work = s->pool->work;
    struct th_check expected = {
        .image = work->image, .no_work = work->no_work, .id = s->sent[0].id};
    expected.most_ns = th_now_ns() - s->sent[0].sent_ns + clock_slack_ns;
    uint64_t sink_bytes;
    return th_check_reply(&expected, &s->reply, size, &sink_bytes) && take_outputs(s, sink_bytes);
}

/* A worker that has them cannot ask again: that would go on for ever. */
static bool is_call_for_libraries(const struct th_supervisor *s, size_t size)
{
    return size == th_wire_reply_size(0) && s->reply.id == s->sent[0].id &&
           s->reply.error.code == THUMBS_STOPPED && th_sent_missing_libraries(s) != 0;
}

/* One message; as recv(2), but a worker that died with a job unread resets the socket, and what it
 * had said before is still there. */
static ssize_t receive(const struct th_supervisor *s, void *message, size_t size)
{
    ssize_t n = th_wire_receive(s->sock, message, size, NULL, NULL);
    if (n < 0 && errno == ECONNRESET) n = th_wire_receive(s->sock, message, size, NULL, NULL);
    return n;
}

/* What the first worker said of its sandbox is passed on. */
static void tell_sandbox(struct th_supervisor *s)
{
    const struct th_work *work = s->pool->work;
    char how[300];
    if (!work->tell_sandbox || atomic_exchange(&s->pool->reported_sandbox, true)) return;
    th_sandbox_describe(&s->hello.sandbox, how, sizeof how);
    work->tell_sandbox(work->user, how, th_sandbox_is_whole(&s->hello.sandbox));
}

/* The first message of a worker, from before it knew of any picture. */
static enum th_answer take_hello(struct th_supervisor *s, ssize_t size)
{
    if (size != (ssize_t)sizeof s->hello) return TH_ANSWER_VIOLATION;
    s->greeted = true;
    tell_sandbox(s);
    return s->hello.refused && s->pool->work->sandbox == THUMBS_SANDBOX_REQUIRE ? TH_ANSWER_REFUSED
                                                                                : TH_ANSWERED;
}

enum th_answer th_answer_wait(struct th_supervisor *s)
{
    for (;;) {
        void *message = s->greeted ? (void *)&s->reply : (void *)&s->hello;
        ssize_t size = receive(s, message, s->greeted ? sizeof s->reply : sizeof s->hello);
        if (size < 0 && errno == EAGAIN) {
            if (is_late(s)) return TH_ANSWER_LATE;
            if (is_greedy(s)) return TH_ANSWER_GREEDY;
            continue;
        }
        if (size < 0 && errno == EMSGSIZE) return TH_ANSWER_VIOLATION;
        if (size <= 0) return TH_ANSWER_DIED;
        if (!s->greeted) {
            enum th_answer hello = take_hello(s, size);
            if (hello != TH_ANSWERED) return hello;
            continue;
        }
        if (is_call_for_libraries(s, (size_t)size)) return TH_ANSWER_NEEDS_LIBRARIES;
        return is_plausible(s, (size_t)size) ? TH_ANSWERED : TH_ANSWER_VIOLATION;
    }
}

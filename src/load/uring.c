/* SPDX-License-Identifier: MIT */
/*
 * The event loop over io_uring. One thread; a file in flight goes through these phases, each one
 * submission to the kernel (requests joined by + are linked: each begins when the one before
 * succeeded):
 *
 *   STAT   statx of the name
 *   OPEN   (wait, for benchmarks +) open + read of the first bytes
 *   PEEK   read of more first bytes, where the first read was short
 *   REST   read into the buffer + statx + close
 *   CLOSE  close, for files that are not read to their end
 *
 * A read that is short, or anything that fails, breaks the chain, and the
 * phase handler submits what is still to be done.
 *
 * Files are opened as direct descriptors, which live in a table of the ring: however many are under
 * way, the process has no more files open (with 1024 allowed and 1000 under way, outputs could not
 * be opened), and open and read can be linked, since the place in the table is known beforehand.
 * statx() knows only names and plain descriptors. So for direct ones the state of the name is taken
 * before and after, and it must have been the same inode with the same times, that of its last
 * change of any kind (ctime) included: no other file can have been opened in between unless it was
 * renamed there and back, which changes its ctime. A symbolic link that is followed can be switched
 * there and back without a trace; so with `follow`, and where the kernel gives no table, plain
 * descriptors are used.
 */
#include "load/uring.h"

#include "base/error.h"
#include "base/sys.h"

#ifdef THUMBS_WITH_URING

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "buffers/buffers.h"
#include "load/load_internal.h"

enum {
    ADMIT_AT_ONCE = 8, /* names taken from the walk between two looks at what has been read */
    WAIT_MS = 50,      /* how often a loop that only waits looks whether it is to stop */
    MAX_RETRIES =
        100, /* of one request that ends with EAGAIN, EINTR or ECANCELED for no reason of ours */
    MAX_READ_BYTES = 1 << 30 /* of one request; the kernel's own limit is just below 2^31 */
};

/* Also the number of a request in its user data. */
enum op { OP_WAIT, OP_STAT, OP_OPEN, OP_PEEK, OP_READ, OP_CHECK, OP_CLOSE, N_OPS };
enum { OP_BITS = 3, OPS_IN_CHAIN = 3 };
_Static_assert(N_OPS <= 1 << OP_BITS, "a request's number fits into its user data");
static const uint64_t cancel_data = UINT64_MAX;

enum phase { PHASE_STAT, PHASE_OPEN, PHASE_PEEK, PHASE_REST, PHASE_CLOSE };

struct flight {
    struct flight *next; /* in the one list it is in */
    unsigned index;
    void *file; /* NULL: free */
    int dirfd;
    const char *name;

    enum phase phase;
    unsigned n_pending; /* requests with the kernel */
    int res[N_OPS];     /* of the last chain; ECANCELED for what was left out of it */
    int struck;         /* test builds: what the NOP in place of a request stands for */
    unsigned n_retries;
    bool punt; /* requests go to a kernel thread at once */

    bool second; /* it changed under the first try */
    bool is_open;
    int fd;
    int stat_errno;
    uint64_t start_ns, load_ns; /* start: moved on by what it waits for a buffer */
    uint64_t waits_from_ns;
    struct statx before, after;
    struct stat st;
    uint8_t first[TH_LOAD_PEEK];
    size_t n_first;
    struct th_buffer *buffer;
    int code; /* what it comes to: enum thumbs_code or in flux */
    struct thumbs_error error;
};

struct list {
    struct flight *first, *last;
};

struct th_uring {
    struct io_uring ring;
    bool has_ring, direct_possible;
    unsigned n_flights;
    struct flight *flights;

    const struct th_loader *loader;
    const struct th_uring_calls *calls;
    struct __kernel_timespec latency;
    bool direct;
    bool ended; /* next() has no more */

    struct list unused, answered; /* answered: all requests of the phase are back */
    struct list without_buffer;   /* waiting for a buffer, in order */
    struct list parked;           /* waiting for a descriptor */
    struct list ready;            /* loaded, waiting for room */
    unsigned n_used;              /* flights with a file */
    unsigned n_pending;           /* requests with the kernel */
    unsigned n_open;              /* flights with an open file */
    unsigned n_closes;            /* ever; it may wrap */
    unsigned n_buffers;           /* flights with a buffer */
};

static void append(struct list *list, struct flight *f)
{
    f->next = NULL;
    if (list->first) {
        list->last->next = f;
    } else {
        list->first = f;
    }
    list->last = f;
}

static struct flight *take_first(struct list *list)
{
    struct flight *f = list->first;
    if (f) list->first = f->next;
    return f;
}

/* ---- chains of requests ---- */

struct chain {
    struct flight *flight;
    struct io_uring_sqe *last;
    bool cut; /* nothing may follow */
};

static struct chain begin_chain(struct flight *f, enum phase phase)
{
    f->phase = phase;
    f->struck = 0;
    for (int op = 0; op < N_OPS; op++)
        f->res[op] = -ECANCELED;
    return (struct chain){.flight = f};
}

/* The errno that a test wants this request to end with, or 0. */
static int planned_fault(enum op op)
{
    bool is_read = op == OP_PEEK || op == OP_READ;
    if (op == OP_WAIT || op == OP_CLOSE) return 0;
    if ((op == OP_OPEN && th_fault(TH_FAULT_OPEN)) || (is_read && th_fault(TH_FAULT_READ)))
        return errno;
    if (th_fault(TH_FAULT_URING_AGAIN) || th_fault(TH_FAULT_URING_INTR) ||
        th_fault(TH_FAULT_URING_CANCEL))
        return errno;
    return 0;
}

/* The next request of the chain, to be filled in and then put in place with link(). NULL: nothing
 * more goes in; the caller just leaves the request out. There is always room in the ring: each
 * flight has one chain at most. */
static struct io_uring_sqe *next_request(struct th_uring *u, struct chain *chain, enum op op)
{
    if (chain->cut) return NULL;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
    if (!sqe) {
        chain->cut = true;
        return NULL;
    }
    if (chain->last) chain->last->flags |= IOSQE_IO_LINK;
    chain->last = sqe;
    chain->flight->n_pending++;
    u->n_pending++;
    chain->flight->struck = planned_fault(op);
    return sqe;
}

/* The prep functions of liburing clear the flags; so this comes after them. */
static void label(struct chain *chain, struct io_uring_sqe *sqe, enum op op)
{
    struct flight *f = chain->flight;
    if (f->struck) {
        io_uring_prep_nop(sqe);
        chain->cut = true;
    } else if (f->punt && op != OP_WAIT) {
        sqe->flags |= IOSQE_ASYNC;
    }
    sqe->user_data = ((uint64_t)f->index << OP_BITS) | (uint64_t)op;
}

static void add_wait(struct th_uring *u, struct chain *chain)
{
    struct io_uring_sqe *sqe = next_request(u, chain, OP_WAIT);
    if (!sqe) return;
    io_uring_prep_timeout(sqe, &u->latency, 0, IORING_TIMEOUT_ETIME_SUCCESS);
    label(chain, sqe, OP_WAIT);
}

static void add_stat(struct th_uring *u, struct chain *chain, enum op op, struct statx *out)
{
    struct io_uring_sqe *sqe = next_request(u, chain, op);
    struct flight *f = chain->flight;
    if (!sqe) return;
    int flags = u->loader->follow ? 0 : AT_SYMLINK_NOFOLLOW;
    io_uring_prep_statx(sqe, f->dirfd, f->name, flags, STATX_BASIC_STATS, out);
    label(chain, sqe, op);
}

static void add_open(struct th_uring *u, struct chain *chain)
{
    struct io_uring_sqe *sqe = next_request(u, chain, OP_OPEN);
    struct flight *f = chain->flight;
    int flags = th_load_open_flags(u->loader);
    if (!sqe) return;
    if (u->direct) {
        io_uring_prep_openat_direct(sqe, f->dirfd, f->name, flags, 0, f->index);
    } else {
        io_uring_prep_openat(sqe, f->dirfd, f->name, flags | O_CLOEXEC, 0);
    }
    label(chain, sqe, OP_OPEN);
}

/* A read of `len` bytes at `offset`; one that is to be followed by others ends the chain here. */
static void add_read(struct th_uring *u, struct chain *chain, enum op op, uint8_t *to, size_t len,
                     uint64_t offset)
{
    struct io_uring_sqe *sqe = next_request(u, chain, op);
    struct flight *f = chain->flight;
    size_t part = len < MAX_READ_BYTES ? len : MAX_READ_BYTES;
    if (!sqe) return;
    if (part > 1 && th_fault(TH_FAULT_URING_SHORT)) part /= 2;
    if (part > 1 && th_fault(TH_FAULT_SHORT)) part = 1;
    io_uring_prep_read(sqe, u->direct ? (int)f->index : f->fd, to, (unsigned)part, offset);
    label(chain, sqe, op);
    if (u->direct && !f->struck) sqe->flags |= IOSQE_FIXED_FILE;
    if (part < len) chain->cut = true;
}

static void add_close(struct th_uring *u, struct chain *chain)
{
    struct io_uring_sqe *sqe = next_request(u, chain, OP_CLOSE);
    struct flight *f = chain->flight;
    if (!sqe) return;
    if (u->direct) {
        io_uring_prep_close_direct(sqe, f->index);
    } else {
        io_uring_prep_close(sqe, f->fd);
    }
    label(chain, sqe, OP_CLOSE);
}

/* ---- phases: what is submitted ---- */

static void start_stat(struct th_uring *u, struct flight *f)
{
    struct chain chain = begin_chain(f, PHASE_STAT);
    add_stat(u, &chain, OP_STAT, &f->before);
}

static void add_peek(struct th_uring *u, struct chain *chain)
{
    struct flight *f = chain->flight;
    add_read(u, chain, OP_PEEK, f->first + f->n_first, sizeof f->first - f->n_first, f->n_first);
}

static void start_open(struct th_uring *u, struct flight *f)
{
    struct chain chain = begin_chain(f, PHASE_OPEN);
    if (u->loader->latency_ms) add_wait(u, &chain);
    add_open(u, &chain);
    /* Nothing but a regular file is read from. */
    bool is_file = !f->stat_errno && S_ISREG(f->st.st_mode);
    if (u->direct && is_file && th_load_check_size(u->loader, &f->st, NULL) == THUMBS_OK)
        add_peek(u, &chain);
}

static void start_peek(struct th_uring *u, struct flight *f)
{
    struct chain chain = begin_chain(f, PHASE_PEEK);
    add_peek(u, &chain);
}

/* What is not read yet, if the file is to be read at all, and whether it is still what it was. */
static void start_rest(struct th_uring *u, struct flight *f)
{
    struct chain chain = begin_chain(f, PHASE_REST);
    size_t size = (size_t)f->st.st_size;
    if (f->buffer && f->buffer->len < size && f->code == THUMBS_OK)
        add_read(u, &chain, OP_READ, f->buffer->data + f->buffer->len, size - f->buffer->len,
                 f->buffer->len);
    add_stat(u, &chain, OP_CHECK, &f->after);
    add_close(u, &chain);
}

static void start_close(struct th_uring *u, struct flight *f)
{
    struct chain chain = begin_chain(f, PHASE_CLOSE);
    add_close(u, &chain);
}

/* ---- a file's beginning and end ---- */

static void release(struct th_uring *u, struct flight *f)
{
    f->file = NULL;
    u->n_used--;
    append(&u->unused, f);
}

static void tell(struct th_uring *u, struct flight *f, enum th_load_at at)
{
    if (u->calls->at) u->calls->at(u->calls->user, f->file, at);
}

static void give_buffer_back(struct th_uring *u, struct flight *f)
{
    if (!f->buffer) return;
    th_buffers_give(u->loader->buffers, f->buffer);
    f->buffer = NULL;
    u->n_buffers--;
}

static void begin_try(struct th_uring *u, struct flight *f)
{
    f->n_retries = 0;
    f->punt = false;
    f->stat_errno = 0;
    f->n_first = 0;
    f->code = THUMBS_OK;
    memset(&f->st, 0, sizeof f->st);
    start_stat(u, f);
}

/* The file is closed and its status is known. */
static void conclude(struct th_uring *u, struct flight *f)
{
    f->load_ns = th_now_ns() - f->start_ns;
    if (f->code == THUMBS_OK) {
        tell(u, f, TH_LOAD_READY);
        append(&u->ready, f);
        return;
    }
    give_buffer_back(u, f);
    if (th_load_is_in_flux(f->code) && !f->second) {
        f->second = true;
        begin_try(u, f);
        return;
    }
    if (th_load_is_in_flux(f->code)) th_load_give_up(f->code, &f->error);
    u->calls->failed(u->calls->user, f->file, &f->st, f->load_ns, &f->error);
    release(u, f);
}

static void finish(struct th_uring *u, struct flight *f, int code)
{
    f->code = code;
    if (f->is_open) {
        start_close(u, f);
    } else {
        conclude(u, f);
    }
}

/* Take up to ADMIT_AT_ONCE files from the walk. */
static void admit(struct th_uring *u)
{
    for (int n = 0; n < ADMIT_AT_ONCE && u->unused.first && !u->ended; n++) {
        struct flight *f = u->unused.first;
        f->file = u->calls->next(u->calls->user, &f->dirfd, &f->name);
        u->ended = !f->file;
        if (u->ended) return;
        take_first(&u->unused);
        u->n_used++;
        f->second = false;
        begin_try(u, f);
    }
}

/* ---- phases: what became of them ---- */

/* A request that ended for no reason of the file's: shall it be made again? EAGAIN is also what the
 * kernel says where a file system cannot read without waiting and the file was opened with
 * O_NONBLOCK; a kernel thread then may wait. */
static bool may_retry(struct flight *f, int res)
{
    if (res != -EAGAIN && res != -EINTR && res != -ECANCELED) return false;
    if (res == -EAGAIN) f->punt = true;
    return f->n_retries++ < MAX_RETRIES;
}

static void copy_state(struct stat *to, const struct statx *from)
{
    *to = (struct stat){
        .st_dev = makedev(from->stx_dev_major, from->stx_dev_minor),
        .st_ino = (ino_t)from->stx_ino,
        .st_mode = (mode_t)from->stx_mode,
        .st_size = (off_t)from->stx_size,
        .st_mtim = {.tv_sec = from->stx_mtime.tv_sec, .tv_nsec = from->stx_mtime.tv_nsec},
        .st_ctim = {.tv_sec = from->stx_ctime.tv_sec, .tv_nsec = from->stx_ctime.tv_nsec}};
}

static void on_stat(struct th_uring *u, struct flight *f)
{
    int res = f->res[OP_STAT];
    if (may_retry(f, res)) {
        start_stat(u, f);
        return;
    }
    f->n_retries = 0;
    if (res < 0) {
        f->stat_errno = -res; /* opening will say why */
    } else {
        copy_state(&f->st, &f->before);
        if (!f->second && u->calls->settled(u->calls->user, f->file, &f->st)) {
            release(u, f);
            return;
        }
    }
    if (!f->second) f->start_ns = th_now_ns();
    start_open(u, f);
}

static void judge_first(struct th_uring *u, struct flight *f)
{
    f->n_retries = 0;
    f->code = (int)th_load_check_first(u->loader, f->name, f->first, f->n_first, &f->error);
    if (f->code == THUMBS_OK && f->n_first > (size_t)f->st.st_size) f->code = TH_LOAD_ODD_LENGTH;
    if (f->code != THUMBS_OK) {
        start_rest(u, f); /* true only if the file is what it was when its state was taken */
    } else {
        f->waits_from_ns = th_now_ns();
        tell(u, f, TH_LOAD_WAITS_FOR_BUFFER);
        append(&u->without_buffer, f);
    }
}

static void on_peek(struct th_uring *u, struct flight *f)
{
    int res = f->res[OP_PEEK];
    if (res < 0 && !may_retry(f, res)) {
        finish(u, f, (int)th_load_cannot_read(&f->error, -res));
        return;
    }
    if (res > 0) f->n_first += (size_t)res;
    if (res == 0 || f->n_first == sizeof f->first) {
        judge_first(u, f);
    } else {
        start_peek(u, f);
    }
}

static void on_open_failed(struct th_uring *u, struct flight *f, int res)
{
    bool no_descriptor = res == -EMFILE || res == -ENFILE;
    if (no_descriptor && u->n_open > 0) {
        append(&u->parked, f); /* until another is closed */
    } else if (may_retry(f, no_descriptor ? -EINTR : res)) {
        start_open(u, f);
    } else {
        finish(u, f, (int)th_load_cannot_open(&f->error, -res));
    }
}

static void on_open(struct th_uring *u, struct flight *f)
{
    if (f->res[OP_OPEN] < 0) {
        on_open_failed(u, f, f->res[OP_OPEN]);
        return;
    }
    int code = f->stat_errno ? (int)th_load_cannot_stat(&f->error, f->stat_errno)
                             : (int)th_load_check_kind(&f->st, &f->error);
    if (code == THUMBS_OK) code = (int)th_load_check_size(u->loader, &f->st, &f->error);
    if (code != THUMBS_OK) {
        finish(u, f, code);
    } else if (f->res[OP_PEEK] == -ECANCELED) {
        start_peek(u, f); /* it was not part of the chain */
    } else {
        on_peek(u, f);
    }
}

/* Is it the file that the name led to at the beginning, and unchanged? */
static bool is_unchanged(const struct th_uring *u, const struct flight *f)
{
    struct stat after;
    copy_state(&after, &f->after);
    if (u->direct && (after.st_ctim.tv_sec != f->st.st_ctim.tv_sec ||
                      after.st_ctim.tv_nsec != f->st.st_ctim.tv_nsec))
        return false;
    return th_load_same_state(&f->st, &after);
}

/* How the read into the buffer went. True: it is over, as f->code says. */
static bool is_read(struct th_uring *u, struct flight *f)
{
    size_t size = (size_t)f->st.st_size;
    int res = f->res[OP_READ];
    if (f->buffer->len == size || f->code != THUMBS_OK) return true;
    if (res > 0) f->buffer->len += (size_t)res;
    if (f->buffer->len == size) {
        f->n_retries = 0;
        return true;
    }
    if (res == 0) {
        f->code = TH_LOAD_ODD_LENGTH; /* unless it has changed */
        start_rest(u, f);
    } else if (res < 0 && !may_retry(f, res)) {
        finish(u, f, (int)th_load_cannot_read(&f->error, -res));
    } else {
        start_rest(u, f);
    }
    return false;
}

static void on_rest(struct th_uring *u, struct flight *f)
{
    int res;
    if (f->buffer && !is_read(u, f)) return;
    res = f->res[OP_CHECK];
    if (res == -ENOENT) {
        finish(u, f,
               TH_LOAD_CHANGED); /* the name is gone, not the file; the second try will tell */
    } else if (res < 0 && may_retry(f, res)) {
        start_rest(u, f);
    } else if (res < 0) {
        finish(u, f, (int)th_load_cannot_read(&f->error, -res));
    } else {
        finish(u, f, is_unchanged(u, f) ? f->code : TH_LOAD_CHANGED);
    }
}

static void on_close(struct th_uring *u, struct flight *f)
{
    if (f->is_open) {
        start_close(u, f); /* cancelled before it began */
    } else {
        conclude(u, f);
    }
}

static void step(struct th_uring *u, struct flight *f)
{
    switch (f->phase) {
    case PHASE_STAT:
        on_stat(u, f);
        break;
    case PHASE_OPEN:
        on_open(u, f);
        break;
    case PHASE_PEEK:
        on_peek(u, f);
        break;
    case PHASE_REST:
        on_rest(u, f);
        break;
    case PHASE_CLOSE:
        on_close(u, f);
        break;
    }
}

/* ---- buffers and hand-over ---- */

static void got_buffer(struct th_uring *u, struct flight *f, enum thumbs_code code)
{
    take_first(&u->without_buffer);
    f->start_ns += th_now_ns() - f->waits_from_ns; /* that is not the storage's time */
    tell(u, f, TH_LOAD_READING);
    if (code != THUMBS_OK) {
        finish(u, f, (int)code);
        return;
    }
    u->n_buffers++;
    memcpy(f->buffer->data, f->first, f->n_first);
    f->buffer->len = f->n_first;
    start_rest(u, f);
}

/* In order, so that a large file is not overtaken by small ones for ever. */
static void try_buffers(struct th_uring *u)
{
    struct flight *f;
    enum thumbs_code code = THUMBS_OK;
    while ((f = u->without_buffer.first) &&
           th_buffers_try_take(u->loader->buffers, (size_t)f->st.st_size, &f->buffer, &code,
                               &f->error))
        got_buffer(u, f, code);
}

/* Only while no flight has a buffer: those that are out then come back without our doing. */
static void wait_for_buffer(struct th_uring *u)
{
    struct flight *f = u->without_buffer.first;
    got_buffer(u, f,
               th_buffers_take(u->loader->buffers, (size_t)f->st.st_size, &f->buffer, &f->error));
}

static void hand_over(struct th_uring *u)
{
    struct flight *f = take_first(&u->ready);
    struct th_buffer *buffer = f->buffer;
    f->buffer = NULL;
    u->n_buffers--;
    u->calls->loaded(u->calls->user, f->file, buffer, &f->st, f->load_ns);
    release(u, f);
}

/* ---- the loop ---- */

static void take_answer(struct th_uring *u, uint64_t data, int res)
{
    u->n_pending--;
    if (data == cancel_data) return;
    struct flight *f = &u->flights[data >> OP_BITS];
    enum op op = (enum op)(data & ((1u << OP_BITS) - 1));
    if (f->struck && f->n_pending == 1)
        res = -f->struck; /* the last of the chain is the one that was struck */
    f->res[op] = res;
    if (op == OP_OPEN && res >= 0) {
        f->is_open = true;
        f->fd = res; /* direct: 0, and not used */
        u->n_open++;
    }
    /* Linux has released the descriptor whatever close says, unless it was never begun. */
    if (op == OP_CLOSE && res != -ECANCELED) {
        f->is_open = false;
        u->n_open--;
        u->n_closes++;
    }
    if (--f->n_pending == 0) append(&u->answered, f);
}

/* Take what is answered. Returns how many requests that were. */
static unsigned reap(struct th_uring *u)
{
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;
    io_uring_for_each_cqe(&u->ring, head, cqe)
    {
        take_answer(u, cqe->user_data, cqe->res);
        n++;
    }
    io_uring_cq_advance(&u->ring, n);
    return n;
}

/* Submit what is prepared; with `wait`, until something is answered or WAIT_MS are over. */
static enum thumbs_code exchange(struct th_uring *u, bool wait, struct thumbs_error *err)
{
    struct io_uring_cqe *cqe;
    struct __kernel_timespec limit = {.tv_nsec = WAIT_MS * 1000000LL};
    int res = wait ? io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1, &limit, NULL)
                   : io_uring_submit_and_get_events(&u->ring);
    /* EAGAIN, EBUSY: no memory or no room for answers just now; what was not taken is submitted the
     * next time. */
    if (res >= 0 || res == -ETIME || res == -EINTR || res == -EAGAIN || res == -EBUSY)
        return THUMBS_OK;
    return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_LOAD, -res, "io_uring");
}

static void unpark(struct th_uring *u)
{
    struct list parked = u->parked;
    struct flight *f;
    u->parked.first = NULL;
    while ((f = take_first(&parked)))
        start_open(u, f);
}

static enum thumbs_code turn(struct th_uring *u, struct thumbs_error *err)
{
    const struct th_uring_calls *calls = u->calls;
    struct flight *f;
    while (u->ready.first && calls->has_room(calls->user))
        hand_over(u);
    try_buffers(u);
    admit(u);

    bool may_admit = u->unused.first && !u->ended;
    bool must_take = u->without_buffer.first && u->n_buffers == 0;
    bool wait = !may_admit && !must_take && !u->ready.first && u->n_pending > 0;
    unsigned n_closes = u->n_closes;
    enum thumbs_code code = exchange(u, wait, err);
    if (code != THUMBS_OK) return code;
    unsigned n = reap(u);
    while ((f = take_first(&u->answered)))
        step(u, f);
    if (u->parked.first && (u->n_closes != n_closes || u->n_open == 0)) unpark(u);
    if (n > 0 || wait || may_admit) return THUMBS_OK;
    /* Nothing to go on with: now, and only now, wait for the stages behind. */
    if (u->ready.first) {
        hand_over(u);
    } else if (must_take) {
        wait_for_buffer(u);
    }
    return THUMBS_OK;
}

/* No request may be under way when the buffers they read into are given back. One that the kernel
 * cannot cancel, since the storage hangs, is waited for, as an I/O thread would have to. (Where the
 * ring itself fails there is nothing left to wait with; then the run ends, and with it the use of
 * the buffers.) */
static void cancel_all(struct th_uring *u)
{
    struct io_uring_sqe *sqe = u->n_pending > 0 ? io_uring_get_sqe(&u->ring) : NULL;
    if (sqe) {
        /* Kernels before 5.19 do not know "any": then each request just runs to its end. */
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
        sqe->user_data = cancel_data;
        u->n_pending++;
    }
    while (u->n_pending > 0 && exchange(u, true, NULL) == THUMBS_OK)
        reap(u);
}

static void give_up_flights(struct th_uring *u)
{
    for (unsigned i = 0; i < u->n_flights; i++) {
        struct flight *f = &u->flights[i];
        if (!f->file) continue;
        if (f->is_open && !u->direct) close(f->fd); /* direct ones go with the ring */
        give_buffer_back(u, f);
        th_error_set(&f->error, THUMBS_STOPPED, THUMBS_STAGE_LOAD, "the run was stopped");
        u->calls->failed(u->calls->user, f->file, &f->st, 0, &f->error);
        f->file = NULL;
    }
}

static enum thumbs_code enable(struct th_uring *u, struct thumbs_error *err)
{
    /* It is this thread's from now on. (liburing 2.3 declares io_uring_enable_rings() but does not
     * export it.) */
    int res = io_uring_register((unsigned)u->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    if (res < 0)
        return th_error_os(err, THUMBS_INTERNAL, THUMBS_STAGE_LOAD, -res, "cannot enable io_uring");
    /* What may wait for the storage (statx, open) is done by threads of
     * the kernel, by itself no more than four per CPU. */
    unsigned workers[2] = {u->n_flights, 0};
    io_uring_register_iowq_max_workers(&u->ring, workers);
    return THUMBS_OK;
}

enum thumbs_code th_uring_run(struct th_uring *u, unsigned n_files, const struct th_loader *loader,
                              const struct th_uring_calls *calls, struct thumbs_error *err)
{
    u->loader = loader;
    u->calls = calls;
    u->direct = u->direct_possible && !loader->follow;
    u->latency.tv_sec = loader->latency_ms / 1000;
    u->latency.tv_nsec = (long long)(loader->latency_ms % 1000) * 1000000;
    for (unsigned i = 0; i < n_files && i < u->n_flights; i++) {
        u->flights[i].index = i;
        append(&u->unused, &u->flights[i]);
    }
    enum thumbs_code code = enable(u, err);
    while (code == THUMBS_OK && !(u->ended && u->n_used == 0) && !calls->stopped(calls->user))
        code = turn(u, err);
    cancel_all(u);
    give_up_flights(u);
    return code;
}

/* ---- create, destroy ---- */

/* The newest manner of work that the kernel knows: all by the one thread that runs the loop, when
 * it asks. */
static int set_up_ring(struct io_uring *ring, unsigned n_entries)
{
    static const unsigned manners[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0};
    int res = -EINVAL;
    if (th_fault(TH_FAULT_URING_SETUP)) return -errno;
    for (size_t i = 0; i < sizeof manners / sizeof *manners && res == -EINVAL; i++) {
        struct io_uring_params params = {.flags = IORING_SETUP_R_DISABLED | manners[i]};
        res = io_uring_queue_init_params(n_entries, ring, &params);
        if (res < 0) continue;
        const unsigned needed =
            IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_LINKED_FILE; /* Linux 5.17 */
        if ((params.features & needed) == needed) return 0;
        io_uring_queue_exit(ring);
        return -EOPNOTSUPP;
    }
    return res;
}

enum thumbs_code th_uring_create(unsigned n_files, struct th_uring **out, struct thumbs_error *err)
{
    struct th_uring *u = th_calloc(1, sizeof *u);
    if (u) u->flights = th_calloc(n_files, sizeof *u->flights);
    if (!u || !u->flights) {
        th_uring_destroy(u);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_LOAD,
                            "no memory for %u files in flight", n_files);
    }
    u->n_flights = n_files;
    int res = set_up_ring(&u->ring, OPS_IN_CHAIN * n_files + 1);
    if (res < 0) {
        th_uring_destroy(u);
        return th_error_os(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_LOAD, -res,
                           "io_uring cannot be used");
    }
    u->has_ring = true;
    u->direct_possible = io_uring_register_files_sparse(&u->ring, n_files) == 0;
    *out = u;
    return THUMBS_OK;
}

void th_uring_destroy(struct th_uring *u)
{
    if (!u) return;
    if (u->has_ring) io_uring_queue_exit(&u->ring);
    free(u->flights);
    free(u);
}

#else

enum thumbs_code th_uring_create(unsigned n_files, struct th_uring **out, struct thumbs_error *err)
{
    (void)n_files, (void)out;
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_LOAD,
                        "io_uring is not part of this build");
}

enum thumbs_code th_uring_run(struct th_uring *u, unsigned n_files, const struct th_loader *loader,
                              const struct th_uring_calls *calls, struct thumbs_error *err)
{
    (void)u, (void)n_files, (void)loader, (void)calls;
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_LOAD,
                        "io_uring is not part of this build");
}

void th_uring_destroy(struct th_uring *u)
{
    (void)u;
}

#endif

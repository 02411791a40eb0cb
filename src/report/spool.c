/* SPDX-License-Identifier: MIT */
#include "report/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"

#define DEFAULT_MEMORY_BYTES ((size_t)4 << 20)
#define READ_BYTES           ((size_t)64 << 10)
#define FAN_IN               16u /* runs of one size that are made one */
#define MAX_RUNS             (16u * FAN_IN)

/* In memory as on disk: this, the key, the text. */
struct record {
    uint32_t key_len, text_len;
};

struct run {
    off_t begin, end;
    unsigned level; /* a run of level n is FAN_IN of level n - 1 */
};

struct th_spool {
    pthread_mutex_t lock; /* covers all below */
    size_t memory_bytes;
    int folder_fd, fd; /* fd: the temporary, -1: none yet */
    struct th_bytes held;
    size_t *at; /* where each of the n records in `held` begins */
    size_t n, cap;
    struct run runs[MAX_RUNS];
    size_t n_runs;
    off_t end;                 /* of the temporary */
    struct thumbs_error error; /* the first; code OK: none */
};

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory to sort it");
}

static enum thumbs_code cannot(struct thumbs_error *err, const char *what)
{
    return th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE, errno, "cannot %s a temporary",
                       what);
}

struct th_spool *th_spool_create(int folder_fd, size_t memory_bytes)
{
    struct th_spool *spool = th_calloc(1, sizeof *spool);
    if (!spool) return NULL;
    pthread_mutex_init(&spool->lock, NULL);
    spool->memory_bytes = memory_bytes ? memory_bytes : DEFAULT_MEMORY_BYTES;
    spool->folder_fd = folder_fd;
    spool->fd = -1;
    return spool;
}

void th_spool_destroy(struct th_spool *spool)
{
    if (!spool) return;
    if (spool->fd >= 0) close(spool->fd);
    th_bytes_finish(&spool->held);
    free(spool->at);
    pthread_mutex_destroy(&spool->lock);
    free(spool);
}

/* ---- records --------------------------------------------------------------------------------- */

/* Records begin anywhere in a run of bytes. */
static struct record head_of(const char *at)
{
    struct record head;
    memcpy(&head, at, sizeof head);
    return head;
}

static size_t record_len(const char *at)
{
    const struct record head = head_of(at);
    return sizeof head + (size_t)head.key_len + head.text_len;
}

static const char *text_of(const char *at, size_t *len)
{
    const struct record head = head_of(at);
    *len = head.text_len;
    return at + sizeof head + head.key_len;
}

static int compare_keys(const char *a, const char *b)
{
    const uint32_t a_len = head_of(a).key_len, b_len = head_of(b).key_len;
    const int order =
        memcmp(a + sizeof(struct record), b + sizeof(struct record), a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Of equal keys the first that was added comes first. */
static int compare_held(const void *a, const void *b, void *held)
{
    const size_t a_at = *(const size_t *)a, b_at = *(const size_t *)b;
    const int order = compare_keys((const char *)held + a_at, (const char *)held + b_at);
    return order ? order : (a_at > b_at) - (a_at < b_at);
}

static void sort_held(struct th_spool *spool)
{
    if (spool->n) qsort_r(spool->at, spool->n, sizeof *spool->at, compare_held, spool->held.data);
}

/* ---- the temporary --------------------------------------------------------------------------- */

/* Where the file system makes no file without a name, it is taken away at once. */
static int make_named(int folder_fd)
{
    char name[64];
    snprintf(name, sizeof name, ".thumbs-%llx.spool", (unsigned long long)th_now_ns());
    const int fd = th_openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd >= 0) unlinkat(folder_fd, name, 0);
    return fd;
}

static enum thumbs_code open_temporary(struct th_spool *spool, struct thumbs_error *err)
{
    const char *folder = getenv("TMPDIR");
    int at = spool->folder_fd;
    if (spool->fd >= 0) return THUMBS_OK;
    if (at < 0)
        at = th_openat(AT_FDCWD, folder && *folder ? folder : "/tmp", O_PATH | O_DIRECTORY, 0);
    if (at < 0) return cannot(err, "make");
    spool->fd = th_openat(at, ".", O_RDWR | O_TMPFILE, 0600);
    if (spool->fd < 0 &&
        (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT))
        spool->fd = make_named(at);
    const int os_errno = errno;
    if (at != spool->folder_fd) close(at);
    errno = os_errno;
    return spool->fd >= 0 ? THUMBS_OK : cannot(err, "make");
}

/* What goes to the end of the temporary. */
struct writer {
    struct th_spool *spool;
    struct th_bytes buffer;
    off_t begin;
};

static enum thumbs_code write_out(struct writer *w, struct thumbs_error *err)
{
    if (th_bytes_failed(&w->buffer)) return no_memory(err);
    if (w->buffer.len == 0) return THUMBS_OK;
    if (th_write_full(w->spool->fd, w->buffer.data, w->buffer.len) != 0)
        return cannot(err, "write");
    w->spool->end += (off_t)w->buffer.len;
    th_bytes_clear(&w->buffer);
    return THUMBS_OK;
}

static enum thumbs_code write_record(struct writer *w, const char *record, struct thumbs_error *err)
{
    th_bytes_add(&w->buffer, record, record_len(record));
    return w->buffer.len < READ_BYTES && !th_bytes_failed(&w->buffer) ? THUMBS_OK
                                                                      : write_out(w, err);
}

static enum thumbs_code begin_run(struct th_spool *spool, struct writer *w,
                                  struct thumbs_error *err)
{
    *w = (struct writer){.spool = spool, .begin = spool->end};
    if (lseek(spool->fd, spool->end, SEEK_SET) < 0) return cannot(err, "write");
    return THUMBS_OK;
}

/* The run stands behind the first n of before. */
static enum thumbs_code end_run(struct writer *w, size_t n, unsigned level,
                                struct thumbs_error *err)
{
    struct th_spool *spool = w->spool;
    const enum thumbs_code code = write_out(w, err);
    th_bytes_finish(&w->buffer);
    if (code) return code;
    spool->runs[n] = (struct run){.begin = w->begin, .end = spool->end, .level = level};
    spool->n_runs = n + 1;
    return THUMBS_OK;
}

/* ---- merging --------------------------------------------------------------------------------- */

/* One run that is being read. */
struct reader {
    off_t at, end; /* of what is not yet in the buffer */
    char *buffer;
    size_t cap, begin, filled; /* the record in question stands at `begin` */
    size_t order;              /* among the runs */
};

struct merge {
    int fd;
    struct reader readers[MAX_RUNS];
    struct reader *heap[MAX_RUNS]; /* the first is that of the next record */
    size_t n_readers, n_heap;
};

/* Have `need` bytes behind `begin`. */
static enum thumbs_code fill(const struct merge *merge, struct reader *r, size_t need,
                             struct thumbs_error *err)
{
    memmove(r->buffer, r->buffer + r->begin, r->filled - r->begin);
    r->filled -= r->begin;
    r->begin = 0;
    if (need > r->cap) {
        char *buffer = th_realloc(r->buffer, need);
        if (!buffer) return no_memory(err);
        r->buffer = buffer;
        r->cap = need;
    }
    while (r->filled < need) {
        const off_t left = r->end - r->at;
        size_t most = r->cap - r->filled;
        if ((off_t)most > left) most = (size_t)left;
        const ssize_t n = most ? pread(merge->fd, r->buffer + r->filled, most, r->at) : 0;
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO; /* shorter than it was written */
        if (n <= 0) return cannot(err, "read");
        r->filled += (size_t)n;
        r->at += n;
    }
    return THUMBS_OK;
}

/* Have the next record whole; *more is false at the end of the run. */
static enum thumbs_code look(const struct merge *merge, struct reader *r, bool *more,
                             struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    *more = r->filled > r->begin || r->at < r->end;
    if (!*more) return THUMBS_OK;
    if (r->filled - r->begin < sizeof(struct record))
        code = fill(merge, r, sizeof(struct record), err);
    if (code) return code;
    const size_t len = record_len(r->buffer + r->begin);
    return r->filled - r->begin < len ? fill(merge, r, len, err) : THUMBS_OK;
}

static bool comes_before(const struct reader *a, const struct reader *b)
{
    const int order = compare_keys(a->buffer + a->begin, b->buffer + b->begin);
    return order ? order < 0 : a->order < b->order;
}

static void swap(struct reader **a, struct reader **b)
{
    struct reader *t = *a;
    *a = *b;
    *b = t;
}

static void sink(struct merge *merge, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < merge->n_heap; child++)
            if (comes_before(merge->heap[child], merge->heap[least])) least = child;
        if (least == i) return;
        swap(&merge->heap[i], &merge->heap[least]);
        i = least;
    }
}

static enum thumbs_code begin_merge(struct th_spool *spool, size_t first, struct merge *merge,
                                    struct thumbs_error *err)
{
    merge->fd = spool->fd;
    for (size_t i = first; i < spool->n_runs; i++) {
        struct reader *r = &merge->readers[merge->n_readers++];
        bool more;
        *r = (struct reader){.at = spool->runs[i].begin,
                             .end = spool->runs[i].end,
                             .buffer = th_alloc(READ_BYTES),
                             .cap = READ_BYTES,
                             .order = i};
        if (!r->buffer) return no_memory(err);
        enum thumbs_code code = look(merge, r, &more, err);
        if (code) return code;
        if (more) merge->heap[merge->n_heap++] = r;
    }
    for (size_t i = merge->n_heap; i-- > 0;)
        sink(merge, i);
    return THUMBS_OK;
}

/* Leave the record in front behind. */
static enum thumbs_code step(struct merge *merge, struct thumbs_error *err)
{
    struct reader *r = merge->heap[0];
    bool more;
    r->begin += record_len(r->buffer + r->begin);
    enum thumbs_code code = look(merge, r, &more, err);
    if (code) return code;
    if (!more) merge->heap[0] = merge->heap[--merge->n_heap];
    sink(merge, 0);
    return THUMBS_OK;
}

static void end_merge(struct merge *merge)
{
    for (size_t i = 0; merge && i < merge->n_readers; i++)
        free(merge->readers[i].buffer);
    free(merge);
}

typedef enum thumbs_code record_fn(void *user, const char *record, struct thumbs_error *err);

/* The records of the runs from `first` on, in order. */
static enum thumbs_code merge_runs(struct th_spool *spool, size_t first, record_fn *on_record,
                                   void *user, struct thumbs_error *err)
{
    struct merge *merge = th_calloc(1, sizeof *merge);
    if (!merge) return no_memory(err);
    enum thumbs_code code = begin_merge(spool, first, merge, err);
    while (!code && merge->n_heap > 0) {
        const struct reader *r = merge->heap[0];
        code = on_record(user, r->buffer + r->begin, err);
        if (!code) code = step(merge, err);
    }
    end_merge(merge);
    return code;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static enum thumbs_code add_to_run(void *user, const char *record, struct thumbs_error *err)
{
    return write_record(user, record, err);
}

/* What is held becomes a run. */
static enum thumbs_code flush_held(struct th_spool *spool, struct thumbs_error *err)
{
    struct writer w;
    enum thumbs_code code = open_temporary(spool, err);
    if (!code) code = begin_run(spool, &w, err);
    if (code) return code;
    sort_held(spool);
    for (size_t i = 0; i < spool->n && !code; i++)
        code = write_record(&w, spool->held.data + spool->at[i], err);
    if (code) {
        th_bytes_finish(&w.buffer);
        return code;
    }
    spool->n = 0;
    th_bytes_clear(&spool->held);
    return end_run(&w, spool->n_runs, 0, err);
}

/* Sixteen runs of one level, the last ones, become one; their place in the file is given back where
 * that can be done. */
static enum thumbs_code join_runs(struct th_spool *spool, struct thumbs_error *err)
{
    const size_t first = spool->n_runs - FAN_IN;
    const unsigned level = spool->runs[first].level;
    const off_t begin = spool->runs[first].begin, end = spool->end;
    struct writer w;
    enum thumbs_code code = begin_run(spool, &w, err);
    if (!code) code = merge_runs(spool, first, add_to_run, &w, err);
    if (code) {
        th_bytes_finish(&w.buffer);
        return code;
    }
    code = end_run(&w, first, level + 1, err);
    if (!code)
        (void)fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, end - begin);
    return code;
}

static bool may_join(const struct th_spool *spool)
{
    return spool->n_runs >= FAN_IN &&
           spool->runs[spool->n_runs - 1].level == spool->runs[spool->n_runs - FAN_IN].level;
}

static enum thumbs_code make_room(struct th_spool *spool, size_t need, struct thumbs_error *err)
{
    if (spool->held.len == 0 || spool->held.len + need <= spool->memory_bytes) return THUMBS_OK;
    enum thumbs_code code = flush_held(spool, err);
    while (!code && may_join(spool))
        code = join_runs(spool, err);
    return code;
}

static enum thumbs_code hold(struct th_spool *spool, const struct record *head, const char *key,
                             const char *text, struct thumbs_error *err)
{
    const size_t len = sizeof *head + (size_t)head->key_len + head->text_len;
    enum thumbs_code code = make_room(spool, len + sizeof *spool->at, err);
    if (code) return code;
    size_t *at = th_grow(spool->at, &spool->cap, spool->n + 1, sizeof *at);
    if (!at) return no_memory(err);
    spool->at = at;
    const size_t begin = spool->held.len;
    th_bytes_add(&spool->held, head, sizeof *head);
    th_bytes_add(&spool->held, key, head->key_len);
    th_bytes_add(&spool->held, text, head->text_len);
    if (th_bytes_failed(&spool->held)) return no_memory(err);
    spool->at[spool->n++] = begin;
    return THUMBS_OK;
}

enum thumbs_code th_spool_add(struct th_spool *spool, const char *key, size_t key_len,
                              const char *text, size_t text_len, struct thumbs_error *err)
{
    const struct record head = {.key_len = (uint32_t)key_len, .text_len = (uint32_t)text_len};
    if (key_len > UINT32_MAX || text_len > UINT32_MAX) th_spool_lose(spool);
    pthread_mutex_lock(&spool->lock);
    if (!spool->error.code) hold(spool, &head, key, text, &spool->error);
    const enum thumbs_code code = spool->error.code;
    if (code && err) *err = spool->error;
    pthread_mutex_unlock(&spool->lock);
    return code;
}

void th_spool_lose(struct th_spool *spool)
{
    pthread_mutex_lock(&spool->lock);
    if (!spool->error.code) no_memory(&spool->error);
    pthread_mutex_unlock(&spool->lock);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct last_key {
    struct th_bytes record; /* a copy of the last that was handed out */
    th_spool_text_fn *on_text;
    void *user;
};

static enum thumbs_code hand_out(void *user, const char *record, struct thumbs_error *err)
{
    struct last_key *last = user;
    size_t len;
    if (last->record.len && compare_keys(last->record.data, record) == 0) return THUMBS_OK;
    const char *text = text_of(record, &len);
    last->on_text(last->user, text, len);
    th_bytes_clear(&last->record);
    th_bytes_add(&last->record, record, sizeof(struct record) + head_of(record).key_len);
    return th_bytes_failed(&last->record) ? no_memory(err) : THUMBS_OK;
}

enum thumbs_code th_spool_each(struct th_spool *spool, th_spool_text_fn *on_text, void *user,
                               struct thumbs_error *err)
{
    struct last_key last = {.on_text = on_text, .user = user};
    struct thumbs_error error = {0};
    pthread_mutex_lock(&spool->lock);
    error = spool->error;
    enum thumbs_code code = error.code;
    if (!code && spool->n_runs > 0) {
        code = spool->n ? flush_held(spool, &error) : THUMBS_OK;
        if (!code) code = merge_runs(spool, 0, hand_out, &last, &error);
    } else if (!code) {
        sort_held(spool);
        for (size_t i = 0; i < spool->n && !code; i++)
            code = hand_out(&last, spool->held.data + spool->at[i], &error);
    }
    pthread_mutex_unlock(&spool->lock);
    th_bytes_finish(&last.record);
    if (code && err) *err = error;
    return code;
}

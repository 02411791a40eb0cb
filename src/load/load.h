/*
 * load.h - one source file to bytes in a buffer, and the pool of threads that do so.
 *
 * Knows nothing of what the bytes mean: whether the first few of them are worth reading the rest is the caller's to
 * say. Sources are only ever opened for reading.
 */
#ifndef TH_LOAD_LOAD_H
#define TH_LOAD_LOAD_H

#include <sys/stat.h>

#include "base/limits.h"
#include "thumbs/thumbs.h"

struct th_buffers; /* buffers/buffers.h: where the bytes go. The loader only takes from it and gives back. */
struct th_buffer;

/* What a file on its way into a buffer waits for. */
enum th_load_at {
    TH_LOAD_READING,          /* the storage */
    TH_LOAD_WAITS_FOR_BUFFER, /* a buffer */
    TH_LOAD_READY             /* nothing, it is loaded; only th_uring_run() holds such files */
};

struct th_loader {
    struct th_buffers *buffers; /* NULL: only look whether the file is worth loading (dry runs) */
    uint64_t max_bytes;         /* a larger file is TOO_LARGE, unread */
    uint64_t memory_bytes; /* one that goes beyond this is too large for memory: MEMORY, unread; 0: no such limit */
    unsigned latency_ms;   /* each open waits that long; to stand for network storage in benchmarks */
    bool follow;           /* a symbolic link is followed; else it is UNREADABLE */
    /* Is the file of this name worth loading, by its first bytes (up to TH_LOAD_PEEK of them)? No: NOT_IMAGE or
     * UNSUPPORTED, and *err. NULL: all are. */
    enum thumbs_code (*judge)(const char *name, const uint8_t *data, size_t len, struct thumbs_error *err);
    /* Told by th_load_file() whenever that changes, from READING on. May be NULL. */
    void (*at)(void *at_user, enum th_load_at at);
    void *at_user;
};
#define TH_LOAD_PEEK TH_FIRST_BYTES

/* Read `name` in the folder dirfd. On success *buffer holds the file (len bytes) and is owned by the
 * caller, *st is the file's state while it was read. A file that changes under the read, or whose name leads to another
 * one afterwards, is read once more, then VANISHED; never more of it than it had when it was opened, so one that grows
 * for ever comes to an end as well. One without the length its file system tells is UNREADABLE. Codes: UNREADABLE,
 * VANISHED, TOO_LARGE, MEMORY, STOPPED, and those of judge(), with which *st is also filled; stage load.
 * Thread-safe. */
enum thumbs_code th_load_file(const struct th_loader *loader, int dirfd, const char *name, struct th_buffer **buffer,
                              struct stat *st, struct thumbs_error *err);

/* Threads that each call step(user) until it returns false. */
struct th_pool;
/* Start n_threads (at least 1). If the system gives fewer, the pool runs with those; MEMORY only if it gives none. */
enum thumbs_code th_pool_create(unsigned n_threads, bool (*step)(void *user), void *user, struct th_pool **out,
                                struct thumbs_error *err);
/* How many there are. */
unsigned th_pool_threads(const struct th_pool *pool);
/* Wait for all to end, free the pool. NULL is fine. */
void th_pool_join(struct th_pool *pool);

#endif

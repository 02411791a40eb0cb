/* SPDX-License-Identifier: MIT */
/* loader.h - what both ways to read a file are told: where the bytes go, and which files to refuse.
 */
#ifndef TH_LOAD_LOADER_H
#define TH_LOAD_LOADER_H

#include "base/limits.h"
#include "thumbs/thumbs.h"

struct th_buffers; /* buffers/buffers.h: where the bytes go. The loader only takes from it and gives
                      back. */
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
    uint64_t memory_bytes; /* one that goes beyond this is too large for memory: MEMORY, unread; 0:
                              no such limit */
    unsigned latency_ms; /* each open waits that long; to stand for network storage in benchmarks */
    bool follow;         /* a symbolic link is followed; else it is UNREADABLE */
    /* Is the file of this name worth loading, by its first bytes (up to TH_LOAD_PEEK of them)? No:
     * NOT_IMAGE or UNSUPPORTED, and *err. NULL: all are. */
    enum thumbs_code (*judge)(void *judge_user, const char *name, const uint8_t *data, size_t len,
                              struct thumbs_error *err);
    void *judge_user;
    /* Told by th_load_file() whenever that changes, from READING on. May be NULL. */
    void (*at)(void *at_user, enum th_load_at at);
    void *at_user;
};
#define TH_LOAD_PEEK TH_FIRST_BYTES

#endif

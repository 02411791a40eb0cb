/* SPDX-License-Identifier: MIT */
/*
 * load.h - one source file to bytes in a buffer, and the pool of threads that do so.
 *
 * Knows nothing of what the bytes mean: whether the first few of them are worth reading the rest is
 * the caller's to say. Sources are only ever opened for reading.
 */
#ifndef TH_LOAD_LOAD_H
#define TH_LOAD_LOAD_H

#include <sys/stat.h>

#include "load/loader.h"

/* Read `name` in the folder dirfd. On success *buffer holds the file (len bytes) and is owned by
 * the caller, *st is the file's state while it was read. A file that changes under the read, or
 * whose name leads to another one afterwards, is read once more, then VANISHED; never more of it
 * than it had when it was opened, so one that grows for ever comes to an end as well. One without
 * the length its file system tells is UNREADABLE. Codes: UNREADABLE, VANISHED, TOO_LARGE, MEMORY,
 * STOPPED, and those of judge(), with which *st is also filled; stage load. Thread-safe. */
enum thumbs_code th_load_file(const struct th_loader *loader, int dirfd, const char *name,
                              struct th_buffer **buffer, struct stat *st, struct thumbs_error *err);

/* The hash (base/content.h) of a file that was in the state *st, read in small parts; 0 if it
 * cannot be read or is in another state. follow: besides loader->follow. Thread-safe. */
uint64_t th_load_content(const struct th_loader *loader, int dirfd, const char *name, bool follow,
                         const struct stat *st);

/* Threads that each call step(user) until it returns false. */
struct th_pool;
/* Start n_threads (at least 1). If the system gives fewer, the pool runs with those; MEMORY only if
 * it gives none. */
enum thumbs_code th_pool_create(unsigned n_threads, bool (*step)(void *user), void *user,
                                struct th_pool **out, struct thumbs_error *err);
/* How many there are. */
unsigned th_pool_threads(const struct th_pool *pool);
/* Wait for all to end, free the pool. NULL is fine. */
void th_pool_join(struct th_pool *pool);

#endif

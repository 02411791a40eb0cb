/* SPDX-License-Identifier: MIT */
/*
 * uring.h - many files to bytes in buffers at the same time, by one thread: an event loop over
 * Linux io_uring.
 *
 * What th_load_file() does with calls that wait, done with requests to the kernel: up to n_files of
 * them are under way, so one thread covers the latency of storage as well as that many I/O threads
 * would. Same codes, same messages, same promises (load.h). Where the next file comes from and
 * where it goes is the caller's to say, by functions that are all called from the one thread that
 * is in th_uring_run().
 */
#ifndef TH_LOAD_URING_H
#define TH_LOAD_URING_H

#include "load/load.h"

struct th_uring_calls {
    /* The next file, owned by the caller until loaded() or failed() gets it back; *dirfd and *name
     * stay until then. NULL: there are no more. */
    void *(*next)(void *user, int *dirfd, const char **name);
    /* The file's state, before it is opened (not called where it cannot be had: opening will say
     * why). True: nothing is to be read, the file is the caller's again. */
    bool (*settled)(void *user, void *file, const struct stat *st);
    /* Would loaded() return without waiting? A hint: files are held back while it would not and
     * there are others to go on with. */
    bool (*has_room)(void *user);
    /* The file is in buffer, which is the caller's now, as th_load_file() would have left it;
     * load_ns: from when it was to be opened, without its wait for a buffer. May wait. */
    void (*loaded)(void *user, void *file, struct th_buffer *buffer, const struct stat *st,
                   uint64_t load_ns);
    /* It is not, and *error says why. STOPPED for files that were under way at the end. */
    void (*failed)(void *user, void *file, const struct stat *st, uint64_t load_ns,
                   const struct thumbs_error *error);
    /* The file waits for something else now than before, from READING on. May be NULL. */
    void (*at)(void *user, void *file, enum th_load_at at);
    /* Is it time to end early? Looked at a few times a second at least. */
    bool (*stopped)(void *user);
    void *user;
};

struct th_uring;

/* A ring for n_files (at least 1) files in flight. Any failure means that this way is not open here
 * (an old kernel, a container that forbids it, a build without liburing): the error's message, one
 * clause, says why, and a pool of threads does the same work. The ring may be run by another thread
 * than the one that made it. */
enum thumbs_code th_uring_create(unsigned n_files, struct th_uring **out, struct thumbs_error *err);

/* Load up to n_files (at least 1, at most what the ring was made for) at a time, until there are no
 * more or stopped() says so. At return no request is under way and each file that next() gave has
 * been given back. loader->buffers must not be NULL. OK also when stopped; INTERNAL or MEMORY if
 * the kernel failed the ring in mid-run. Call once. */
enum thumbs_code th_uring_run(struct th_uring *uring, unsigned n_files,
                              const struct th_loader *loader, const struct th_uring_calls *calls,
                              struct thumbs_error *err);

void th_uring_destroy(struct th_uring *uring); /* NULL is fine; not while running */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sys.h - the system calls of the pipeline, with EINTR retried and with places where a test can
 * make the n-th call fail. All thread-safe; errors are -1 and errno, as the call's own.
 *
 * Fault injection exists only in builds with THUMBS_FAULTS (the test presets): the environment
 * variable THUMBS_FAULT holds "point:n[:errno]" items joined by commas; the n-th pass of that point
 * in this process fails (n from 1; n "*" means each, "n+" the n-th and all after it). Points:
 * alloc, open, read, write, close, rename, mkdir, thread, mmap, fork, short (a read or write that
 * moves one byte only); dest (the writing of one output below DEST, and of the probe that tells
 * whether anything can be written there); of the io_uring loop: uring_setup (no ring is given),
 * uring_short (a read that moves half), uring_again, uring_intr and uring_cancel (a request ends
 * with EAGAIN, EINTR, ECANCELED); decline (a decoder passes a picture on to the next of its format,
 * so "decline:*" has all that libvips reads decoded by it). For THUMBS_STALL_MS see cli/watch.h.
 */
#ifndef TH_BASE_SYS_H
#define TH_BASE_SYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

enum th_fault {
    TH_FAULT_ALLOC,
    TH_FAULT_OPEN,
    TH_FAULT_READ,
    TH_FAULT_WRITE,
    TH_FAULT_CLOSE,
    TH_FAULT_RENAME,
    TH_FAULT_MKDIR,
    TH_FAULT_THREAD,
    TH_FAULT_MMAP,
    TH_FAULT_FORK,
    TH_FAULT_SHORT,
    TH_FAULT_DEST,
    TH_FAULT_FOLDS,
    TH_FAULT_DECLINE,
    TH_FAULT_URING_SETUP,
    TH_FAULT_URING_SHORT,
    TH_FAULT_URING_AGAIN,
    TH_FAULT_URING_INTR,
    TH_FAULT_URING_CANCEL,
    TH_N_FAULTS
};
#ifdef THUMBS_FAULTS
/* True if this pass must fail; errno is then set. */
bool th_fault(enum th_fault point);
#else
static inline bool th_fault(enum th_fault point)
{
    (void)point;
    return false;
}
#endif

void *th_alloc(size_t size);            /* malloc */
void *th_calloc(size_t n, size_t size); /* zeroed, n * size checked */
void *th_realloc(void *p, size_t size);
/* Room for `need` items of `size` bytes in an array that has *cap of them (NULL and 0 to begin
 * with). It doubles, so that adding one by one costs a constant each. Returns the array, which may
 * have moved, and sets *cap; NULL without memory, with the old array as it was. */
void *th_grow(void *array, size_t *cap, size_t need, size_t size);
char *th_strdup(const char *text);

int th_openat(int dirfd, const char *name, int flags,
              mode_t mode); /* O_CLOEXEC is added; waits a little where descriptors have run out */
ssize_t th_read(int fd, void *buf, size_t len); /* one read, EINTR retried */
/* Read until `len` bytes or end of file: the count read, or -1. */
ssize_t th_read_full(int fd, void *buf, size_t len);
/* A short file of the kernel (below /proc or /sys), as far as buf holds, as a string; false if it
 * cannot be read. */
bool th_read_text(const char *path, char *buf, size_t size);
/* Write all: 0, or -1 with errno. */
int th_write_full(int fd, const void *buf, size_t len);
/* Is fd open, and for what access says (O_RDONLY, O_WRONLY)? */
bool th_fd_is_open_for(int fd, int access);
/* The same for at most four parts one behind the other, in one call where the system does so. */
int th_writev_full(int fd, const struct iovec *parts, int n_parts);
int th_close(int fd); /* 0 or -1; EINTR counts as closed (Linux) */
int th_renameat(int olddirfd, const char *oldname, int newdirfd, const char *newname);
/* The same, but with EEXIST if something stands under the new name; EINVAL or ENOSYS where that is
 * not offered. */
int th_renameat_new(int olddirfd, const char *oldname, int newdirfd, const char *newname);
int th_mkdirat(int dirfd, const char *name, mode_t mode);
/* pthread_create with default attributes: 0 or an errno value. */
int th_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

uint64_t th_now_ns(void); /* CLOCK_MONOTONIC */
/* A condition whose waits end by the clock of th_now_ns(), whatever happens to the time of day. */
void th_cond_init(pthread_cond_t *cond);
/* Wait for a signal, or until then; may wake up early, as pthread_cond_timedwait(). */
void th_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_ns);

/* 64-bit SipHash-1-3 (Aumasson and Bernstein 2012, reduced rounds) of `len` bytes under a fixed
 * key: stable over runs, versions and machines. Used for shards, fingerprints and {hash}; not a
 * secret. */
uint64_t th_hash64(const void *data, size_t len, uint64_t seed);

#endif

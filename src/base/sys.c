/* SPDX-License-Identifier: MIT */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

/* Descriptors come back as files in flight are finished, so where they
 * run out it pays to wait: half a second at most. */
enum { MAX_WAITS = 100, WAIT_US = 5000 };

void *th_alloc(size_t size)
{
    return th_fault(TH_FAULT_ALLOC) ? NULL : malloc(size ? size : 1);
}

void *th_calloc(size_t n, size_t size)
{
    return th_fault(TH_FAULT_ALLOC) ? NULL : calloc(n ? n : 1, size ? size : 1);
}

void *th_realloc(void *p, size_t size)
{
    return th_fault(TH_FAULT_ALLOC) ? NULL : realloc(p, size ? size : 1);
}

void *th_grow(void *array, size_t *cap, size_t need, size_t size)
{
    size_t grown = *cap ? *cap : 16, bytes;
    if (need <= *cap) return array;
    while (grown < need) {
        if (!th_mul_size(grown, 2, &grown)) return NULL;
    }
    if (!th_mul_size(grown, size, &bytes)) return NULL;
    array = th_realloc(array, bytes);
    if (array) *cap = grown;
    return array;
}

char *th_strdup(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = th_alloc(len);
    if (copy) memcpy(copy, text, len);
    return copy;
}

int th_openat(int dirfd, const char *name, int flags, mode_t mode)
{
    if (th_fault(TH_FAULT_OPEN)) return -1;
    for (int n_waits = 0;;) {
        int fd = openat(dirfd, name, flags | O_CLOEXEC, mode);
        if (fd >= 0) return fd;
        bool out_of_descriptors = errno == EMFILE || errno == ENFILE;
        if (errno != EINTR && !(out_of_descriptors && n_waits++ < MAX_WAITS)) return -1;
        if (out_of_descriptors) usleep(WAIT_US);
    }
}

ssize_t th_read(int fd, void *buf, size_t len)
{
    if (th_fault(TH_FAULT_READ)) return -1;
    if (len > 1 && th_fault(TH_FAULT_SHORT)) len = 1;
    ssize_t n;
    do {
        n = read(fd, buf, len);
    } while (n < 0 && errno == EINTR);
    return n;
}

ssize_t th_read_full(int fd, void *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = th_read(fd, (char *)buf + done, len - done);
        if (n < 0) return -1;
        if (n == 0) break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

bool th_fd_is_open_for(int fd, int access)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH)) return false;
    return (flags & O_ACCMODE) == O_RDWR || (flags & O_ACCMODE) == access;
}

bool th_read_text(const char *path, char *buf, size_t size)
{
    int fd = th_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return false;
    ssize_t n = th_read_full(fd, buf, size - 1);
    th_close(fd);
    if (n < 0) return false;
    buf[n] = '\0';
    return true;
}

int th_write_full(int fd, const void *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        size_t part = len - done;
        if (th_fault(TH_FAULT_WRITE)) return -1;
        if (part > 1 && th_fault(TH_FAULT_SHORT)) part = 1;
        ssize_t n = write(fd, (const char *)buf + done, part);
        if (n < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

/* Drop the first `done` bytes of the parts. */
static void skip_bytes(struct iovec *parts, int n_parts, size_t done)
{
    for (int i = 0; i < n_parts; i++) {
        size_t n = parts[i].iov_len < done ? parts[i].iov_len : done;
        parts[i].iov_base = (char *)parts[i].iov_base + n;
        parts[i].iov_len -= n;
        done -= n;
    }
}

int th_writev_full(int fd, const struct iovec *parts, int n_parts)
{
    struct iovec left[4] = {{0}};
    size_t n_left = 0;
    for (int i = 0; i < n_parts; i++) {
        left[i] = parts[i];
        n_left += parts[i].iov_len;
    }
    while (n_left > 0) {
        ssize_t n;
        if (th_fault(TH_FAULT_WRITE)) return -1;
        if (n_left > 1 && th_fault(TH_FAULT_SHORT)) {
            int i = 0;
            while (left[i].iov_len == 0)
                i++;
            n = write(fd, left[i].iov_base, 1);
        } else {
            n = writev(fd, left, n_parts);
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        skip_bytes(left, n_parts, (size_t)n);
        n_left -= (size_t)n;
    }
    return 0;
}

int th_close(int fd)
{
    bool fail = th_fault(TH_FAULT_CLOSE);
    int fault_errno = errno;
    /* Linux has released the descriptor even where close() reports EINTR; a retry could close
     * another thread's. */
    if (close(fd) < 0 && errno != EINTR) return -1;
    if (fail) {
        errno = fault_errno;
        return -1;
    }
    return 0;
}

int th_renameat(int olddirfd, const char *oldname, int newdirfd, const char *newname)
{
    return th_fault(TH_FAULT_RENAME) ? -1 : renameat(olddirfd, oldname, newdirfd, newname);
}

int th_renameat_new(int olddirfd, const char *oldname, int newdirfd, const char *newname)
{
    return th_fault(TH_FAULT_RENAME)
               ? -1
               : renameat2(olddirfd, oldname, newdirfd, newname, RENAME_NOREPLACE);
}

int th_mkdirat(int dirfd, const char *name, mode_t mode)
{
    return th_fault(TH_FAULT_MKDIR) ? -1 : mkdirat(dirfd, name, mode);
}

int th_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    if (th_fault(TH_FAULT_THREAD)) return errno;
    return pthread_create(thread, NULL, run, arg);
}

uint64_t th_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void th_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

void th_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u),
                                   .tv_nsec = (long)(until_ns % 1000000000u)};
    pthread_cond_timedwait(cond, lock, &until);
}

/* SPDX-License-Identifier: MIT */
/*
 * A malloc that can be forked over, for tests under AddressSanitizer. Criterion forks one process a
 * test, while threads of its own and of nanomsg allocate. The allocator of the sanitizers that
 * Debian 12 has takes no locks before a fork: a child that is made while another thread holds one
 * waits for it for ever. Here all calls of it from the program and its libraries pass a lock, which
 * a fork takes for itself. What the sanitizer's own interceptors allocate (strdup() and such) does
 * not pass it.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t n, size_t size);
void *__interceptor_realloc(void *p, size_t size);
void *__interceptor_memalign(size_t alignment, size_t size);
void *__interceptor_aligned_alloc(size_t alignment, size_t size);
int __interceptor_posix_memalign(void **out, size_t alignment, size_t size);
void __interceptor_free(void *p);
void *memalign(size_t alignment, size_t size);

/* One that lets a fork in before further calls: where threads allocate all the time it would never
 * be free. */
#define LOCK_INITIALIZER PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
static pthread_rwlock_t allocator = LOCK_INITIALIZER;
/* This thread has the lock to itself: other handlers of fork() may allocate. */
static _Thread_local bool forks;

/* True: to be left again. */
static bool enter(void)
{
    return !forks && pthread_rwlock_rdlock(&allocator) == 0;
}

static void leave(bool entered)
{
    if (entered) pthread_rwlock_unlock(&allocator);
}

static void before_fork(void)
{
    pthread_rwlock_wrlock(&allocator);
    forks = true;
}

static void after_in_parent(void)
{
    forks = false;
    pthread_rwlock_unlock(&allocator);
}

/* The lock knows its owner by a number that the child does not have. */
static void after_in_child(void)
{
    forks = false;
    allocator = (pthread_rwlock_t)LOCK_INITIALIZER;
}

static __attribute__((constructor)) void watch_forks(void)
{
    if (pthread_atfork(before_fork, after_in_parent, after_in_child) != 0) abort();
}

void *malloc(size_t size)
{
    bool entered = enter();
    void *p = __interceptor_malloc(size);
    leave(entered);
    return p;
}

void *calloc(size_t n, size_t size)
{
    bool entered = enter();
    void *p = __interceptor_calloc(n, size);
    leave(entered);
    return p;
}

void *realloc(void *old, size_t size)
{
    bool entered = enter();
    void *p = __interceptor_realloc(old, size);
    leave(entered);
    return p;
}

void *memalign(size_t alignment, size_t size)
{
    bool entered = enter();
    void *p = __interceptor_memalign(alignment, size);
    leave(entered);
    return p;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    bool entered = enter();
    void *p = __interceptor_aligned_alloc(alignment, size);
    leave(entered);
    return p;
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    bool entered = enter();
    int code = __interceptor_posix_memalign(out, alignment, size);
    leave(entered);
    return code;
}

void free(void *p)
{
    bool entered = enter();
    __interceptor_free(p);
    leave(entered);
}

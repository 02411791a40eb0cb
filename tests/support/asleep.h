/* SPDX-License-Identifier: MIT */
/* asleep.h - wait until another thread of this process waits, instead of for a time that is long
 * enough on most days. */
#ifndef TEST_SUPPORT_ASLEEP_H
#define TEST_SUPPORT_ASLEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The thread says who it is, just before it calls what it will wait in. */
static inline void test_tell_thread(atomic_int *thread)
{
    atomic_store(thread, (int)syscall(SYS_gettid));
}

static inline bool test_is_asleep(int thread)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *end = strrchr(text, ')'); /* of its name, which may hold anything */
    return end && strncmp(end, ") S", 3) == 0;
}

/* Until it sleeps, at three looks in turn, since it may sleep for a moment on its way. At most 10
 * s: then a test goes on and is only weaker, as where there is no /proc. */
static inline void test_wait_until_asleep(atomic_int *thread)
{
    for (int tries = 0, seen = 0; tries < 5000 && seen < 3; tries++) {
        usleep(2000);
        int id = atomic_load(thread);
        seen = id && test_is_asleep(id) ? seen + 1 : 0;
    }
}

#endif

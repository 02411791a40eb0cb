/* SPDX-License-Identifier: MIT */
/* shared.h - memory that a test shares with the child processes that it forks. */
#ifndef TEST_SUPPORT_SHARED_H
#define TEST_SUPPORT_SHARED_H

#include <criterion/criterion.h>
#include <sys/mman.h>

/* `size` zeroed bytes; they stay until the test's process ends. */
static inline void *test_shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(p, MAP_FAILED);
    return p;
}

#endif

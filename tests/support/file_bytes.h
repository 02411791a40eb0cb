/* SPDX-License-Identifier: MIT */
/* file_bytes.h - files that tests put together from bytes and from samples. For Criterion. */
#ifndef TEST_SUPPORT_FILE_BYTES_H
#define TEST_SUPPORT_FILE_BYTES_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

/* The n low bytes of v, big endian. */
static inline void test_add_be(struct th_bytes *b, uint64_t v, unsigned n)
{
    while (n--)
        th_bytes_addc(b, (char)(v >> 8 * n));
}

/* The content of a file of samples/, which must be there. */
static inline struct th_bytes test_read_sample(const char *name)
{
    char path[512];
    struct th_bytes b = {0};
    snprintf(path, sizeof path, "%s/%s", TEST_SAMPLES, name);
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    for (int c; (c = getc(file)) != EOF;)
        th_bytes_addc(&b, (char)c);
    fclose(file);
    return b;
}

#endif

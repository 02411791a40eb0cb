/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzz targets share: the entry that libFuzzer and replay_main.c call, a reader
 * that cuts an input into numbers and strings, and fuzz_check(), which ends the process where a
 * promise is broken.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static inline void fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
    abort();
}
/* Not assert(): it must hold in every build. */
#define fuzz_check(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

/* The rest of an input. Numbers are little-endian; past the end there are zeros. */
struct fuzz_input {
    const uint8_t *data;
    size_t len;
};

static inline uint64_t fuzz_number(struct fuzz_input *in, unsigned n_bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n_bytes && in->len > 0; i++, in->data++, in->len--)
        v |= (uint64_t)*in->data << 8 * i;
    return v;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
    return (uint8_t)fuzz_number(in, 1);
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
    return (uint32_t)fuzz_number(in, 4);
}

/* `len` bytes of their own, so that a sanitizer sees a step too far; the caller frees. */
static inline void *fuzz_copy(const void *data, size_t len)
{
    void *copy = malloc(len ? len : 1);
    if (!copy) abort();
    if (len) memcpy(copy, data, len);
    return copy;
}

/* The bytes up to the next NUL, or to the end of the input, at most `most` of them, as a string of
 * their own. */
static inline char *fuzz_string(struct fuzz_input *in, size_t most)
{
    size_t len = 0;
    while (len < in->len && len < most && in->data[len])
        len++;
    char *s = malloc(len + 1);
    if (!s) abort();
    if (len) memcpy(s, in->data, len);
    s[len] = '\0';
    if (len < in->len && !in->data[len]) len++; /* the NUL belongs to it */
    in->data += len;
    in->len -= len;
    return s;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * view.h - bytes that somebody else wrote, read without ever looking past their end.
 */
#ifndef TH_BASE_VIEW_H
#define TH_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed. */
struct th_view {
    const uint8_t *data;
    size_t len;
};

/* n bytes at p as a number, in that byte order; n is at most 8. The caller has seen that they are
 * there. */
static inline uint64_t th_number(const uint8_t *p, unsigned n, bool big_endian)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n; i++)
        value = value << 8 | p[big_endian ? i : n - 1 - i];
    return value;
}

/* A number into n bytes at p. */
static inline void th_number_put(uint8_t *p, uint64_t value, unsigned n, bool big_endian)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(value >> 8 * (big_endian ? n - 1 - i : i));
}

/* Eight bytes at p as a big-endian number, by one load: for loops that read bits. */
static inline uint64_t th_load_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* n bytes at `at` as a number, big or little endian; 0 where they do not lie within the view. n is
 * at most 8. */
static inline uint64_t th_view_be(struct th_view v, uint64_t at, unsigned n)
{
    return at > v.len || v.len - at < n ? 0 : th_number(v.data + at, n, true);
}

static inline uint64_t th_view_le(struct th_view v, uint64_t at, unsigned n)
{
    return at > v.len || v.len - at < n ? 0 : th_number(v.data + at, n, false);
}

/* Do the n bytes stand at `at`? False where they reach beyond the view. */
static inline bool th_view_has(struct th_view v, uint64_t at, const char *bytes, size_t n)
{
    return at <= v.len && n <= v.len - at && memcmp(v.data + at, bytes, n) == 0;
}

/* The same for a string literal, which may hold NULs. */
#define TH_VIEW_HAS(view, at, text) th_view_has(view, at, text, sizeof(text) - 1)

#endif

/* SPDX-License-Identifier: MIT */
/* num.h - checked arithmetic and parsing of numbers. Every size that comes from a file or a user
 * goes through here. */
#ifndef TH_BASE_NUM_H
#define TH_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each returns true and stores the result, or returns false on overflow and leaves *out alone. */
static inline bool th_add_size(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_add_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}
static inline bool th_mul_size(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_mul_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}
/* a * b * c, for width x height x bands. */
static inline bool th_mul3_size(size_t a, size_t b, size_t c, size_t *out)
{
    size_t r;
    return th_mul_size(a, b, &r) && th_mul_size(r, c, out);
}

/* Sums and products that stay at UINT64_MAX where they would overflow: for estimates, where "too
 * much" is an answer. */
static inline uint64_t th_add_sat(uint64_t a, uint64_t b)
{
    uint64_t r;
    return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}
static inline uint64_t th_mul_sat(uint64_t a, uint64_t b)
{
    uint64_t r;
    return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

static inline uint64_t th_mul3_sat(uint64_t a, uint64_t b, uint64_t c)
{
    return th_mul_sat(th_mul_sat(a, b), c);
}

/* a / b, rounded up; b is not 0, and a + b must not overflow. */
static inline uint64_t th_ceil_div(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static inline uint64_t th_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}
static inline uint64_t th_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The number that stands behind the first `label` in `text` ("VmData:   1234 kB"), 0 if it is none;
 * false, and *out as it was, if there is no such label. */
bool th_find_number(const char *text, const char *label, uint64_t *out);

/* Parse the whole of `text` as a decimal number within [min, max]; no sign, no blanks, no empty
 * string. */
bool th_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out);
/* The same with an optional K, M or G (powers of 1024, either case). */
bool th_parse_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *out);

#endif

/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <stdlib.h>
#include <string.h>

/* Digits at *text to a number; moves *text behind them. False if there are none or they overflow.
 */
static bool take_digits(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;
    if (*p < '0' || *p > '9') return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(value, 10u, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value)) return false;
    }
    *text = p;
    *out = value;
    return true;
}

static bool store_if_within(uint64_t value, uint64_t min, uint64_t max, uint64_t *out)
{
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

bool th_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value;
    if (!take_digits(&text, &value) || *text != '\0') return false;
    return store_if_within(value, min, max, out);
}

static bool unit_shift(char unit, unsigned *shift)
{
    switch (unit) {
    case 'K':
    case 'k':
        *shift = 10;
        return true;
    case 'M':
    case 'm':
        *shift = 20;
        return true;
    case 'G':
    case 'g':
        *shift = 30;
        return true;
    default:
        return false;
    }
}

bool th_parse_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value;
    if (!take_digits(&text, &value)) return false;
    if (*text != '\0') {
        unsigned shift;
        if (!unit_shift(*text, &shift) || text[1] != '\0') return false;
        if (__builtin_mul_overflow(value, UINT64_C(1) << shift, &value)) return false;
    }
    return store_if_within(value, min, max, out);
}

bool th_find_number(const char *text, const char *label, uint64_t *out)
{
    const char *at = strstr(text, label);
    if (at) *out = strtoull(at + strlen(label), NULL, 10);
    return at != NULL;
}

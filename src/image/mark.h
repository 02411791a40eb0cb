/* SPDX-License-Identifier: MIT */
/* mark.h - bytes at a fixed place that tell what a file is. Inner to the image room. */
#ifndef TH_IMAGE_MARK_H
#define TH_IMAGE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct th_mark {
    uint16_t at;
    uint8_t len;
    const char *bytes; /* may hold NULs */
    const char *name;  /* for people: "a PDF document" */
};
#define TH_MARK(at, text, name)                                                                    \
    {                                                                                              \
        at, sizeof(text) - 1, text, name                                                           \
    }

static inline bool th_has_bytes(const uint8_t *data, size_t len, size_t at, const char *bytes,
                                size_t n)
{
    return at <= len && n <= len - at && memcmp(data + at, bytes, n) == 0;
}

/* The name of the first of n marks that the file bears, or NULL. */
static inline const char *th_mark_name(const struct th_mark *marks, size_t n, const uint8_t *data,
                                       size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (th_has_bytes(data, len, marks[i].at, marks[i].bytes, marks[i].len))
            return marks[i].name;
    return NULL;
}

#endif

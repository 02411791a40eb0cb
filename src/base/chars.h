/* SPDX-License-Identifier: MIT */
/* chars.h - kinds of bytes, whatever the locale. Thread-safe. */
#ifndef TH_BASE_CHARS_H
#define TH_BASE_CHARS_H

#include <stdbool.h>

static inline bool th_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A control character of ASCII. */
static inline bool th_is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Messages hold parts of file names and words of decoders. A newline in them would break the
 * promise of one line, an escape could steer a terminal: each such byte becomes a question mark. */
static inline void th_make_one_line(char *text)
{
    for (; *text; text++) {
        if (th_is_control((unsigned char)*text)) *text = '?';
    }
}

#endif

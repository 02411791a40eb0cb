/* SPDX-License-Identifier: MIT */
#include "base/shorten.h"

#include <stdbool.h>
#include <string.h>

#define DOTS "..."

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void th_shorten_plan(const char *text, size_t len, size_t most, size_t *head, size_t *tail)
{
    *head = len;
    *tail = 0;
    if (len <= most) return;
    const size_t left = most - strlen(DOTS);
    *head = left / 3;
    *tail = left - *head;
    /* A character has at most three such bytes; where more follow, it is no UTF-8 and may be cut
     * anywhere. */
    for (int i = 0; i < 3 && *head > 0 && is_continuation(text[*head]); i++)
        --*head;
    for (int i = 0; i < 3 && *tail > 0 && is_continuation(text[len - *tail]); i++)
        --*tail;
}

struct th_short th_shorten_to(const char *text, size_t len, size_t most)
{
    struct th_short s;
    size_t head, tail;
    th_shorten_plan(text, len, most, &head, &tail);
    memcpy(s.text, text, head);
    char *end = s.text + head;
    if (tail) {
        memcpy(end, DOTS, strlen(DOTS));
        end += strlen(DOTS);
        memcpy(end, text + len - tail, tail);
        end += tail;
    }
    *end = '\0';
    return s;
}

struct th_short th_shorten(const char *text)
{
    return th_shorten_to(text, strlen(text), TH_SHORT_LEN);
}

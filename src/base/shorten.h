/* SPDX-License-Identifier: MIT */
/*
 * shorten.h - long names in short messages: head and tail of them, "..." between. Thread-safe.
 */
#ifndef TH_BASE_SHORTEN_H
#define TH_BASE_SHORTEN_H

#include <stddef.h>

/* What is left of a name in a struct thumbs_error, whose message has to hold more than it. */
#define TH_SHORT_LEN 110u

struct th_short {
    char text[TH_SHORT_LEN + 1];
};

/* Where to cut `len` bytes so that at most `most` are left (at least 16), the three dots counted:
 * *head bytes from the front and *tail from the end; UTF-8 characters stay whole. All of it is head
 * where it fits. The end of a path tells more than its front, so it gets two thirds. */
void th_shorten_plan(const char *text, size_t len, size_t most, size_t *head, size_t *tail);

/* For use within one expression: printf("%s", th_shorten(path).text). most: at most TH_SHORT_LEN.
 */
struct th_short th_shorten(const char *text);
struct th_short th_shorten_to(const char *text, size_t len, size_t most);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - a growable run of bytes, for paths (which are bytes here, not text) and for lines of a
 * report. Memory failure is sticky: appends after one do nothing, and th_bytes_failed() says so
 * once at the end, so that callers check once. One owner, not thread-safe.
 */
#ifndef TH_BASE_BYTES_H
#define TH_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* data[len] is always NUL once anything was appended. Zero-initialise; th_bytes_finish() frees. */
struct th_bytes {
    char *data;
    size_t len, cap;
    bool failed;
};

void th_bytes_finish(struct th_bytes *b); /* back to zero; NULL and zeroed values are fine */
void th_bytes_clear(struct th_bytes *b);  /* empty, not failed, keeps the memory */
void th_bytes_truncate(struct th_bytes *b, size_t len);
bool th_bytes_reserve(struct th_bytes *b,
                      size_t more); /* room for `more` bytes behind len, and a NUL */
void th_bytes_add(struct th_bytes *b, const void *data, size_t len);
void th_bytes_adds(struct th_bytes *b, const char *text);
void th_bytes_addc(struct th_bytes *b, char c);
void th_bytes_addf(struct th_bytes *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool th_bytes_failed(const struct th_bytes *b);
const char *th_bytes_str(const struct th_bytes *b); /* never NULL: "" where nothing was appended */
/* Hand the memory over: a NUL-terminated string the caller frees, or NULL if it failed. b is empty
 * after it. */
char *th_bytes_steal(struct th_bytes *b);

#endif

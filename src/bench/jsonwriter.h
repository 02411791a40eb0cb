/* SPDX-License-Identifier: MIT */
/*
 * jsonwriter.h - a JSON text (RFC 8259), indented, appended to bytes call by call. Keys are our own
 * plain words; `key` is NULL inside an array. One owner, not thread-safe.
 */
#ifndef TH_BENCH_JSONWRITER_H
#define TH_BENCH_JSONWRITER_H

#include <stdint.h>

#include "base/bytes.h"

/* Zero-initialise but for `out`. Memory failure shows in th_bytes_failed(out). */
struct th_json {
    struct th_bytes *out;
    unsigned depth;
    uint64_t has_members; /* bit d: something stands at depth d already */
};

void th_json_open(struct th_json *j, const char *key,
                  char bracket);                     /* '{' or '['; at most 60 deep */
void th_json_close(struct th_json *j, char bracket); /* '}' or ']'; a newline behind the last */
/* A text that is not UTF-8 gets U+FFFD for each bad byte. NULL becomes null. */
void th_json_string(struct th_json *j, const char *key, const char *text);
/* With so many decimals (0 to 6); NaN and infinite become null. */
void th_json_number(struct th_json *j, const char *key, double value, unsigned decimals);
void th_json_u64(struct th_json *j, const char *key, uint64_t value);
void th_json_bool(struct th_json *j, const char *key, bool value);
void th_json_null(struct th_json *j, const char *key);

#endif

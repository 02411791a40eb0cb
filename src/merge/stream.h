/* SPDX-License-Identifier: MIT */
/*
 * stream.h - one file of reports, line by line, with what is wrong in it. A file may hold several
 * reports, one behind the other; each ends with its summary. Memory: the longest line.
 */
#ifndef TH_MERGE_STREAM_H
#define TH_MERGE_STREAM_H

#include "merge/verdict.h"

#define TH_LONGEST_LINE (64u << 20)

struct th_stream_sink {
    /* A source that failed, or is known to fail: its line (len bytes) as it stands in the file. */
    void (*on_failure)(void *user, const struct th_line *line, const char *text, size_t len);
    /* Something is wrong with the reports in this file: one clause. n_line: 0, or where. */
    void (*on_flaw)(void *user, const char *name, uint64_t n_line, const char *why);
    void *user;
};

/* Read fd (borrowed) to its end into the verdict. `name` is for messages. */
void th_stream_read(struct th_verdict *v, int fd, const char *name,
                    const struct th_stream_sink *sink);

#endif

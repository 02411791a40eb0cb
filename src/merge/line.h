/* SPDX-License-Identifier: MIT */
/*
 * line.h - one line of a report (RFC 8259, docs/REPORT.md), read back. Thread-safe.
 *
 * A line is judged strictly in what is counted (status, numbers, codes) and leniently in all else:
 * a report of a newer version may have more fields.
 */
#ifndef TH_MERGE_LINE_H
#define TH_MERGE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

enum th_line_kind { TH_LINE_BAD = 0, TH_LINE_SOURCE, TH_LINE_REMOVAL, TH_LINE_SUMMARY };

struct th_line {
    enum th_line_kind kind;
    void *json; /* owner of what `source` and `message` point to */

    /* SOURCE */
    enum thumbs_status status;
    const char *source;
    struct thumbs_error error; /* of a failed or known one */

    /* SUMMARY */
    uint64_t by_status[THUMBS_N_STATUSES];
    bool deletes; /* it counts removals */
    uint64_t removed, would_remove;
    double seconds;
    uint32_t shard, n_shards; /* n_shards 0: a run over all */
    bool incomplete;          /* it was interrupted, or could not go on */
};

/* Read a line of len bytes, without its newline. BAD if it is none. To be finished in any case. */
void th_line_read(struct th_line *line, const char *text, size_t len);
void th_line_finish(struct th_line *line);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - what the reports of all shards say together: totals, which shards are there, and
 * what is wrong with the rest. One owner, not thread-safe.
 *
 * A shard counts as there when a report of it ends with a summary of a run that came to its end.
 * A report of a run over all is that of shard 0 of 1.
 */
#ifndef TH_MERGE_VERDICT_H
#define TH_MERGE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "merge/line.h"
#include "thumbs/thumbs.h"

struct th_verdict {
    uint32_t n_shards; /* how many there have to be; 0: not known yet */
    uint32_t n_there, n_incomplete, n_reports;
    uint8_t *seen; /* n_shards of them: 0, or how its report ended */
    struct thumbs_totals totals;
    bool is_flawed; /* something about the reports themselves is wrong */
};

/* expected: of how many shards there have to be reports; 0: as many as the first of them says. */
void th_verdict_init(struct th_verdict *v, uint32_t expected);
void th_verdict_finish(struct th_verdict *v);

/* Take a summary in. NULL, or why it does not count: one clause, into `why`, which has room for
 * 160 bytes. */
const char *th_verdict_add(struct th_verdict *v, const struct th_line *summary, char why[160]);

/* Is everything there, and nothing failed? */
bool th_verdict_is_good(const struct th_verdict *v);

/* "shards 2, 5-7 of 8": those that no report is of, or (incomplete) whose run did not come to its
 * end. Nothing is appended where there are none. At most 20 runs of numbers are named. */
void th_verdict_add_missing(const struct th_verdict *v, bool incomplete, struct th_bytes *b);

/* The last line of the joined report, with its newline. */
void th_verdict_json(const struct th_verdict *v, struct th_bytes *b);

#endif

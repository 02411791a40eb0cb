/* SPDX-License-Identifier: MIT */
#include "merge/verdict.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sys.h"
#include "report/report.h"

enum { NOT_SEEN = 0, INCOMPLETE, THERE };

#define MOST_RUNS 20

void th_verdict_init(struct th_verdict *v, uint32_t expected)
{
    *v = (struct th_verdict){.n_shards = expected};
}

void th_verdict_finish(struct th_verdict *v)
{
    free(v->seen);
    *v = (struct th_verdict){0};
}

static bool has_room(struct th_verdict *v)
{
    if (!v->seen) v->seen = th_calloc(v->n_shards, 1);
    return v->seen;
}

static void add_totals(struct thumbs_totals *to, const struct th_line *summary)
{
    for (unsigned s = 0; s < THUMBS_N_STATUSES; s++)
        to->by_status[s] += summary->by_status[s];
    to->deletes |= summary->deletes;
    to->removed += summary->removed;
    to->would_remove += summary->would_remove;
    if (summary->seconds > to->seconds) to->seconds = summary->seconds; /* they run side by side */
}

const char *th_verdict_add(struct th_verdict *v, const struct th_line *summary, char why[160])
{
    const uint32_t n = summary->n_shards ? summary->n_shards : 1;
    if (!v->n_shards) v->n_shards = n;
    v->is_flawed = true; /* until it counts */
    if (n != v->n_shards) {
        snprintf(why, 160, "it is of shard %lu of %lu, but %lu shards are expected",
                 (unsigned long)summary->shard, (unsigned long)n, (unsigned long)v->n_shards);
        return why;
    }
    if (!has_room(v)) return "no memory";
    uint8_t *seen = &v->seen[summary->shard];
    if (*seen == THERE || (*seen == INCOMPLETE && summary->incomplete)) {
        snprintf(why, 160, "shard %lu of %lu was reported before, so it does not count",
                 (unsigned long)summary->shard, (unsigned long)n);
        return why;
    }
    v->is_flawed = false;
    v->n_reports++;
    /* A shard that was interrupted and then run again: what the first run made is up to date in
     * the second, which has every source of the shard. */
    if (*seen == INCOMPLETE) v->n_incomplete--;
    *seen = summary->incomplete ? INCOMPLETE : THERE;
    if (summary->incomplete) {
        v->n_incomplete++;
        return NULL;
    }
    v->n_there++;
    add_totals(&v->totals, summary);
    return NULL;
}

bool th_verdict_is_good(const struct th_verdict *v)
{
    return v->n_shards > 0 && v->n_there == v->n_shards && !v->is_flawed &&
           v->totals.by_status[THUMBS_STATUS_FAILED] == 0;
}

static uint8_t seen_of(const struct th_verdict *v, uint32_t shard)
{
    return v->seen ? v->seen[shard] : NOT_SEEN;
}

/* From `at` on, the next run of shards that were seen so; false: no more. */
static bool next_run(const struct th_verdict *v, uint8_t seen, uint32_t *at, uint32_t *last)
{
    while (*at < v->n_shards && seen_of(v, *at) != seen)
        ++*at;
    if (*at == v->n_shards) return false;
    *last = *at;
    while (*last + 1 < v->n_shards && seen_of(v, *last + 1) == seen)
        ++*last;
    return true;
}

void th_verdict_add_missing(const struct th_verdict *v, bool incomplete, struct th_bytes *b)
{
    const uint8_t seen = incomplete ? INCOMPLETE : NOT_SEEN;
    unsigned n_runs = 0;
    uint32_t last;
    for (uint32_t at = 0; next_run(v, seen, &at, &last); at = last + 1, n_runs++) {
        if (n_runs == MOST_RUNS) {
            th_bytes_adds(b, ", ...");
            break;
        }
        if (n_runs == 0)
            th_bytes_addf(
                b, "shard%s ",
                next_run(v, seen, &(uint32_t){last + 1}, &(uint32_t){0}) || last > at ? "s" : "");
        th_bytes_addf(b, "%s%lu", n_runs ? ", " : "", (unsigned long)at);
        if (last > at) th_bytes_addf(b, "-%lu", (unsigned long)last);
    }
    if (n_runs) th_bytes_addf(b, " of %lu", (unsigned long)v->n_shards);
}

static void add_list(const struct th_verdict *v, uint8_t seen, const char *key, struct th_bytes *b)
{
    th_bytes_addf(b, ",\"%s\":[", key);
    bool first = true;
    for (uint32_t i = 0; i < v->n_shards; i++) {
        if (seen_of(v, i) != seen) continue;
        th_bytes_addf(b, "%s%lu", first ? "" : ",", (unsigned long)i);
        first = false;
    }
    th_bytes_addc(b, ']');
}

void th_verdict_json(const struct th_verdict *v, struct th_bytes *b)
{
    static const char end[] = "}}\n";
    th_report_summary_json(b, &v->totals, 0);
    if (th_bytes_failed(b)) return;
    th_bytes_truncate(b, b->len - (sizeof end - 1));
    th_bytes_addf(b, ",\"reports\":%lu,\"shards\":%lu", (unsigned long)v->n_reports,
                  (unsigned long)v->n_shards);
    add_list(v, NOT_SEEN, "missing", b);
    add_list(v, INCOMPLETE, "unfinished", b);
    th_bytes_addf(b, ",\"complete\":%s%s",
                  v->n_shards && v->n_there == v->n_shards && !v->is_flawed ? "true" : "false",
                  end);
}

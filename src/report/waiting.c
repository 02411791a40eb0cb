/* SPDX-License-Identifier: MIT */
/* waiting.c - what a run waits for, in lines for people. */
#include "report/format.h"
#include "report/report.h"

static void add_seconds(struct th_bytes *b, double seconds)
{
    th_report_add_fixed(b, seconds, seconds < 9.95 ? 1 : 0);
    th_bytes_adds(b, " s");
}

static void add_bytes(struct th_bytes *b, uint64_t bytes)
{
    th_report_add_fixed(b, (double)bytes / (1 << 20), bytes < UINT64_C(100) << 20 ? 1 : 0);
    th_bytes_adds(b, " MB");
}

void th_report_standing_text(struct th_bytes *b, const struct thumbs_totals *totals,
                             double still_seconds)
{
    const uint64_t failed = totals->by_status[THUMBS_STATUS_FAILED];
    th_bytes_adds(b, still_seconds > 0 ? "thumbs: no progress for " : "thumbs: still running, ");
    add_seconds(b, still_seconds > 0 ? still_seconds : totals->seconds);
    th_bytes_addf(b, ": %llu of %llu%s sources", (unsigned long long)th_report_settled(totals),
                  (unsigned long long)totals->found, totals->walk_done ? "" : "+");
    if (failed) th_bytes_addf(b, ", %llu failed", (unsigned long long)failed);
    th_bytes_adds(b, "; waiting for:\n");
}

void th_report_waiting_text(struct th_bytes *b, const struct thumbs_waiting *waiting, bool escape)
{
    th_bytes_addf(b, "thumbs:   %s: ", thumbs_stage_name(waiting->stage));
    th_report_add_name(b, waiting->path[0] ? waiting->path : ".", escape);
    th_bytes_addf(b, ": %s, ", waiting->what);
    add_seconds(b, waiting->seconds);
    if (waiting->worker) th_bytes_addf(b, ", worker %u", waiting->worker);
    if (waiting->pid > 0) th_bytes_addf(b, ", process %d", waiting->pid);
    th_bytes_addc(b, '\n');
}

void th_report_levels_text(struct th_bytes *b, const struct thumbs_levels *levels)
{
    const unsigned long long found = levels->found, most_found = levels->most_found;
    const unsigned long long loaded = levels->loaded, most_loaded = levels->most_loaded;
    if (most_loaded == 0) return;
    th_bytes_adds(b, "thumbs:   queues: ");
    if (most_found) th_bytes_addf(b, "%llu of %llu to be read, ", found, most_found);
    th_bytes_addf(b, "%llu of %llu loaded, ", loaded, most_loaded);
    add_bytes(b, levels->bytes);
    th_bytes_adds(b, " of ");
    add_bytes(b, levels->most_bytes);
    th_bytes_adds(b, " in memory");
    if (levels->most_decoding) {
        th_bytes_adds(b, ", ");
        add_bytes(b, levels->decoding);
        th_bytes_adds(b, " of ");
        add_bytes(b, levels->most_decoding);
        th_bytes_adds(b, " reserved to decode");
    }
    th_bytes_addc(b, '\n');
}

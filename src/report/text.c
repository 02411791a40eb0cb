/* SPDX-License-Identifier: MIT */
/* text.c - lines for people. */
#include "report/report.h"

#include <stdio.h>
#include <string.h>

#include "base/shorten.h"
#include "report/format.h"

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

size_t th_report_utf8_len(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    /* The NUL at the end is no continuation byte, so nothing past it is looked at. */
    if (s[0] < 0x80) return s[0] != 0;
    if (s[0] >= 0xC2 && s[0] <= 0xDF) return is_continuation(s[1]) ? 2 : 0;
    if ((s[0] & 0xF0) == 0xE0) {
        /* E0 must not be overlong, ED must not be a surrogate. */
        if (!is_continuation(s[1]) || (s[0] == 0xE0 && s[1] < 0xA0) ||
            (s[0] == 0xED && s[1] > 0x9F))
            return 0;
        return is_continuation(s[2]) ? 3 : 0;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        /* F0 must not be overlong, F4 must not go past U+10FFFF. */
        if (!is_continuation(s[1]) || (s[0] == 0xF0 && s[1] < 0x90) ||
            (s[0] == 0xF4 && s[1] > 0x8F))
            return 0;
        return is_continuation(s[2]) && is_continuation(s[3]) ? 4 : 0;
    }
    return 0;
}

void th_report_add_fixed(struct th_bytes *b, double value, unsigned decimals)
{
    unsigned long long scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    if (!(value > 0)) value = 0;
    if (value > 1e12) value = 1e12;
    const unsigned long long n = (unsigned long long)(value * (double)scale + 0.5);
    th_bytes_addf(b, "%llu", n / scale);
    if (decimals > 0) th_bytes_addf(b, ".%0*llu", (int)decimals, n % scale);
}

double th_report_images_per_second(const struct thumbs_totals *totals)
{
    const uint64_t made =
        totals->by_status[THUMBS_STATUS_DONE] + totals->by_status[THUMBS_STATUS_DAMAGED];
    return totals->seconds > 0 ? (double)made / totals->seconds : 0;
}

uint64_t th_report_settled(const struct thumbs_totals *totals)
{
    uint64_t n = 0;
    for (size_t i = 0; i < THUMBS_N_STATUSES; i++)
        n += totals->by_status[i];
    return n;
}

/* Must the sequence of `len` bytes at text (0: one bad byte) be shown as \xNN? */
static bool must_escape(const char *text, size_t len, bool escape)
{
    const unsigned char c = (unsigned char)*text;
    if (c == '\n' || c == '\r') return true;
    return escape && (len == 0 || th_report_is_unseen(th_report_code_point(text, len)));
}

void th_report_add_escaped(struct th_bytes *b, const char *text, bool escape)
{
    while (*text) {
        const size_t len = th_report_utf8_len(text);
        const size_t step = len ? len : 1;
        if (must_escape(text, len, escape)) {
            for (size_t i = 0; i < step; i++)
                th_bytes_addf(b, "\\x%02x", (unsigned)(unsigned char)text[i]);
        } else {
            th_bytes_add(b, text, step);
        }
        text += step;
    }
}

/* Enough for a last part of 255 bytes, the longest name that Linux has, as a whole. */
#define NAME_LEN 400

void th_report_add_name(struct th_bytes *b, const char *name, bool escape)
{
    char shown[NAME_LEN + 1];
    size_t len = strlen(name), head, tail;
    th_shorten_plan(name, len, NAME_LEN, &head, &tail);
    if (!tail) {
        th_report_add_escaped(b, name, escape);
        return;
    }
    memcpy(shown, name, head);
    shown[head] = '\0';
    th_report_add_escaped(b, shown, escape);
    th_bytes_adds(b, "...");
    th_report_add_escaped(b, name + len - tail, escape);
}

static void add_source(struct th_bytes *b, const struct thumbs_event *event, bool escape)
{
    /* SOURCE itself has an empty path below SOURCE. */
    th_report_add_name(b, event->source[0] ? event->source : ".", escape);
}

static const char *message_of(const struct thumbs_event *event)
{
    return event->error && event->error->message[0] ? event->error->message : "no reason was given";
}

/* "thumbs: decode: a.jpg: file ends early" */
static void add_problem(struct th_bytes *b, const struct thumbs_event *event, bool escape)
{
    th_bytes_adds(b, "thumbs: ");
    if (event->status == THUMBS_STATUS_DAMAGED)
        th_bytes_adds(b, "damaged: ");
    else if (event->status == THUMBS_STATUS_SKIPPED)
        th_bytes_adds(b, "skipped: ");
    else
        th_bytes_addf(
            b, "%s: ", thumbs_stage_name(event->error ? event->error->stage : THUMBS_STAGE_NONE));
    add_source(b, event, escape);
    th_bytes_adds(b, ": ");
    th_report_add_escaped(b, message_of(event), escape);
    th_bytes_addc(b, '\n');
}

/* A name in the list of a dry run, which programs may read unless it goes to a terminal. */
static void add_listed_name(struct th_bytes *b, const char *name, bool escape)
{
    if (escape)
        th_report_add_name(b, name, true);
    else
        th_report_add_escaped(b, name, false);
}

/* " -> a-256.jpg 256x192 9120 bytes, a-512.jpg 512x384 20111 bytes"; details are left out where
 * unknown. */
static void add_outputs(struct th_bytes *b, const struct thumbs_event *event, bool details,
                        bool escape)
{
    for (size_t i = 0; i < event->n_outputs; i++) {
        const struct thumbs_output *output = &event->outputs[i];
        th_bytes_adds(b, i ? ", " : " -> ");
        if (details)
            th_report_add_name(b, output->path, escape);
        else
            add_listed_name(b, output->path, escape);
        if (!details) continue;
        if (output->width && output->height)
            th_bytes_addf(b, " %lux%lu", (unsigned long)output->width,
                          (unsigned long)output->height);
        if (output->bytes) th_bytes_addf(b, " %llu bytes", (unsigned long long)output->bytes);
    }
}

static void add_verbose(struct th_bytes *b, const struct thumbs_event *event, bool escape)
{
    const struct thumbs_times *t = &event->times;
    const uint64_t total_ns = t->load + t->decode + t->resize + t->encode + t->write;
    th_bytes_addf(b, "%s ", thumbs_status_name(event->status));
    add_source(b, event, escape);
    if (event->status == THUMBS_STATUS_DONE || event->status == THUMBS_STATUS_DAMAGED) {
        add_outputs(b, event, true, escape);
        if (total_ns > 0) {
            th_bytes_addc(b, ' ');
            th_report_add_fixed(b, (double)total_ns / 1e6, 1);
            th_bytes_adds(b, " ms");
        }
    }
    if (event->error && event->error->message[0]) {
        th_bytes_adds(b, ": ");
        th_report_add_escaped(b, event->error->message, escape);
    }
    th_bytes_addc(b, '\n');
}

/* Who names a source expects a thumbnail of it. */
static bool is_unwelcome_skip(const struct thumbs_event *event)
{
    return event->status == THUMBS_STATUS_SKIPPED && event->named;
}

void th_report_event_text(struct th_bytes *b, const struct thumbs_event *event,
                          enum th_text_style style, bool escape)
{
    const bool damaged = event->status == THUMBS_STATUS_DAMAGED;
    if (style == TH_TEXT_DRY_RUN) {
        if (event->status != THUMBS_STATUS_WOULD_MAKE) return;
        th_bytes_adds(b, "would make ");
        add_listed_name(b, event->source[0] ? event->source : ".", escape);
        add_outputs(b, event, false, escape);
        th_bytes_addc(b, '\n');
    } else if (event->status == THUMBS_STATUS_FAILED || is_unwelcome_skip(event) ||
               (damaged && style == TH_TEXT_PROBLEM)) {
        add_problem(b, event, escape);
    } else if (style == TH_TEXT_VERBOSE) {
        add_verbose(b, event, escape);
    }
}

void th_report_removal_text(struct th_bytes *b, const struct thumbs_removal *removal, bool escape)
{
    if (removal->planned) {
        th_bytes_adds(b, "would remove ");
        add_listed_name(b, removal->path, escape);
    } else {
        static const char *const why[] = {[THUMBS_REMOVAL_GONE] = "is gone",
                                          [THUMBS_REMOVAL_EXCLUDED] = "is left out",
                                          [THUMBS_REMOVAL_STALE] = "has others now"};
        th_bytes_adds(b, "removed ");
        th_report_add_name(b, removal->path, escape);
        th_bytes_adds(b, ": its source ");
        th_report_add_name(b, removal->source, escape);
        th_bytes_addf(b, " %s", why[removal->reason]);
    }
    th_bytes_addc(b, '\n');
}

void th_report_add_rate(struct th_bytes *b, const char *before, const struct thumbs_totals *totals)
{
    const double rate = th_report_images_per_second(totals);
    if (!(rate > 0)) return;
    th_bytes_adds(b, before);
    th_report_add_fixed(b, rate, 1);
    th_bytes_adds(b, " images/s");
}

static void add_bound_by(struct th_bytes *b, const struct thumbs_totals *totals)
{
    const struct thumbs_times *t = &totals->times;
    const struct {
        const char *what;
        uint64_t ns;
    } shares[] = {{"read", t->load},     {"decode", t->decode}, {"resize", t->resize},
                  {"encode", t->encode}, {"write", t->write},   {"waiting for a worker", t->wait}};
    double sum = 0;
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        sum += (double)shares[i].ns;
    th_bytes_adds(b, "; bound by: ");
    if (!(sum > 0)) {
        th_bytes_adds(b, "nothing was timed");
        return;
    }
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        th_bytes_addf(b, "%s%s ", i ? ", " : "", shares[i].what);
        th_report_add_fixed(b, (double)shares[i].ns * 100 / sum, 0);
        th_bytes_adds(b, " %");
    }
}

void th_report_summary_text(struct th_bytes *b, const struct thumbs_totals *totals, bool verbose,
                            const char *sandbox, bool dry_run)
{
    const uint64_t *n = totals->by_status;
    th_bytes_addf(b, "%s%llu %s, %llu up to date, %llu damaged, %llu failed, %llu skipped in ",
                  dry_run ? "dry run: " : "",
                  (unsigned long long)n[dry_run ? THUMBS_STATUS_WOULD_MAKE : THUMBS_STATUS_DONE],
                  dry_run ? "to do" : "done", (unsigned long long)n[THUMBS_STATUS_UP_TO_DATE],
                  (unsigned long long)n[THUMBS_STATUS_DAMAGED],
                  (unsigned long long)n[THUMBS_STATUS_FAILED],
                  (unsigned long long)n[THUMBS_STATUS_SKIPPED]);
    th_report_add_fixed(b, totals->seconds, 2);
    th_bytes_adds(b, " s");
    if (!dry_run) {
        th_report_add_rate(b, ", ", totals);
    }
    if (totals->deletes)
        th_bytes_addf(b, "; %llu %s",
                      (unsigned long long)(dry_run ? totals->would_remove : totals->removed),
                      dry_run ? "to remove" : "removed");
    if (n[THUMBS_STATUS_KNOWN])
        th_bytes_addf(b, "; known %llu (failed before, not changed since)",
                      (unsigned long long)n[THUMBS_STATUS_KNOWN]);
    if (!dry_run) {
        if (verbose) add_bound_by(b, totals);
        if (verbose && totals->n_shards)
            th_bytes_addf(b, "; shard %lu/%lu, %llu names were left to others",
                          (unsigned long)totals->shard, (unsigned long)totals->n_shards,
                          (unsigned long long)totals->other_shards);
        if (verbose && sandbox) th_bytes_addf(b, "; sandbox: %s", sandbox);
    }
    th_bytes_addc(b, '\n');
}

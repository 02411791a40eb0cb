/* SPDX-License-Identifier: MIT */
/*
 * report.h - what became of the sources: totals, and lines for people and for programs. Formats and
 * counts; only the functions that take a FILE or fd write, and only there. Thread-safe: many
 * workers add at the same time.
 */
#ifndef TH_REPORT_REPORT_H
#define TH_REPORT_REPORT_H

#include "base/bytes.h"
#include "thumbs/thumbs.h"

/* Counters, spread over cache lines so that 64 workers do not share one. The time of a run counts
 * from create. */
struct th_counters;
struct th_counters *th_counters_create(void);    /* NULL: no memory */
void th_counters_destroy(struct th_counters *c); /* NULL is fine */
void th_counters_add(struct th_counters *c, const struct thumbs_event *event);
void th_counters_found(struct th_counters *c, uint64_t n,
                       uint64_t walk_ns); /* the walk found n more sources */
void th_counters_other_shards(struct th_counters *c, uint64_t n); /* ... and left n to others */
void th_counters_removed(struct th_counters *c, uint64_t n);      /* n thumbnails were removed */
void th_counters_walk_done(struct th_counters *c);
/* A snapshot. While others add it may hold one part of an event without the other. */
void th_counters_read(const struct th_counters *c, struct thumbs_totals *out);

/* One NDJSON object (docs/REPORT.md) with its newline, appended to b. Names that are not UTF-8 also
 * get source_base64 (and path_base64 for outputs, RFC 4648 section 4), the text then has U+FFFD for
 * each bad byte. */
void th_report_event_json(struct th_bytes *b, const struct thumbs_event *event);
/* The same of a removal: {"removed":PATH,"source":PATH,"reason":WORD}, in a dry run "would_remove".
 */
void th_report_removal_json(struct th_bytes *b, const struct thumbs_removal *removal);
/* The last line of a report. interrupted_by_signal: its number, 0 if there was none. */
void th_report_summary_json(struct th_bytes *b, const struct thumbs_totals *totals,
                            int interrupted_by_signal);
/* Does such a report begin so? `head`: its first bytes, of which a zero follows the last. */
bool th_report_is_json(const char *head, size_t len);
/* What th_report_event_text() writes. A newline in a name is always shown as \x0a, so that a line
 * stays a line; `escape` (for terminals) does the same to every control character, to characters
 * that are not seen or turn the direction of what follows, and to bytes that are not UTF-8. */
enum th_text_style {
    /* Failed, damaged, or skipped though it was named: "thumbs: decode: holiday/a.jpg: file ends
     * early"; nothing for the rest. */
    TH_TEXT_PROBLEM,
    /* Failed as above; else "done a.jpg -> b.jpg 256x192 9120 bytes 7.2 ms" and the like. */
    TH_TEXT_VERBOSE,
    /* "would make a.jpg -> b.jpg" for what is done outside a dry run; nothing for the rest. */
    TH_TEXT_DRY_RUN
};
/* At most one line for a person, with its newline, appended to b. */
void th_report_event_text(struct th_bytes *b, const struct thumbs_event *event,
                          enum th_text_style style, bool escape);
/* "removed b.jpg: its source b.png is gone"; in a dry run "would remove b.jpg". One line, as above.
 */
void th_report_removal_text(struct th_bytes *b, const struct thumbs_removal *removal, bool escape);
/* "12 done, 3 up to date, 0 damaged, 1 failed, 2 skipped in 0.52 s, 23.1 images/s" and, if verbose,
 * what the run was bound by and how its workers were locked up (sandbox; NULL: nothing to say). One
 * line, with newline. */
void th_report_summary_text(struct th_bytes *b, const struct thumbs_totals *totals, bool verbose,
                            const char *sandbox, bool dry_run);
/* Text from outside, as th_report_event_text() shows it. */
void th_report_add_escaped(struct th_bytes *b, const char *text, bool escape);
/* The same for a name or the value of an option, which may be of any length: of a long one the
 * middle is left out. (Not so in lines for programs, and in a dry run only on a terminal.) */
void th_report_add_name(struct th_bytes *b, const char *name, bool escape);

/* What a run waits for. The header: "thumbs: no progress for 30 s: 120 of 300+ sources, 2 failed;
 * waiting for:"; with still_seconds 0 "thumbs: still running, 12 s: ...". Then a line for each:
 * "thumbs:   decode: a.jpg: is worked on, 31 s, worker 3, process 1234"; and one of how full the
 * queues are, nothing where there are none. */
void th_report_standing_text(struct th_bytes *b, const struct thumbs_totals *totals,
                             double still_seconds);
void th_report_waiting_text(struct th_bytes *b, const struct thumbs_waiting *waiting, bool escape);
void th_report_levels_text(struct th_bytes *b, const struct thumbs_levels *levels);

/* Progress on a terminal or in a log, drawn by a thread of its own. */
struct th_progress;
/* `read` is called to get totals, from the drawing thread. fd: where to draw, borrowed until
 * destroy. terminal: redraw one line in place ten times a second, as wide as the terminal is, while
 * the process is in its foreground; else a plain line every 10 s and one at the end. MEMORY or
 * INTERNAL where the thread cannot be started. */
enum thumbs_code th_progress_create(int fd, bool terminal,
                                    void (*read)(void *user, struct thumbs_totals *out), void *user,
                                    struct th_progress **out, struct thumbs_error *err);
/* Is this process in the foreground of the terminal fd, so that it may draw on it? */
bool th_progress_is_in_foreground(int fd);
/* Print `text` (whole lines) to fd without tearing the bar. p may be NULL: plain write to fd. Safe
 * from any thread. */
void th_progress_print(struct th_progress *p, int fd, const char *text, size_t len);
/* Erase the bar and draw no more: `read` is not called after this. What is printed comes out as
 * before. NULL is fine. */
void th_progress_end(struct th_progress *p);
void th_progress_destroy(struct th_progress *p); /* ends it as well; NULL is fine */

#endif

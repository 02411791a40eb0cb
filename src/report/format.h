/* SPDX-License-Identifier: MIT */
/* format.h - the pieces that lines of the report are made of. All append to b. For report and
 * for bench, whose lines look alike. */
#ifndef TH_REPORT_FORMAT_H
#define TH_REPORT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

/* Length of the well-formed UTF-8 sequence (RFC 3629) that text begins with: 1 to 4, or 0 if it
 * begins with none. */
size_t th_report_utf8_len(const char *text);

/* The code point of such a sequence of len bytes. */
uint32_t th_report_code_point(const char *text, size_t len);

/* Is it a control character, or one that is not seen but hides, parts or turns round what stands
 * beside it? Those that only join letters (U+200C, U+200D), which many scripts and emoji need, are
 * let through. */
bool th_report_is_unseen(uint32_t code_point);

/* A JSON string; false if a byte that is no UTF-8 was replaced, so that it no longer is the
 * name. */
bool th_report_add_json_string(struct th_bytes *b, const char *text);

/* A JSON string: any bytes in base64 (RFC 4648 section 4). */
void th_report_add_base64(struct th_bytes *b, const void *bytes, size_t len);

/* ,"placeholder":{...} if there is one. */
void th_report_add_placeholder(struct th_bytes *b, const struct thumbs_placeholder *placeholder);

/* ,"sizes":[...] which an output stands for, in a run of several sizes. */
void th_report_add_sizes(struct th_bytes *b, const struct thumbs_event *event, uint32_t sizes);

/* A path as a reference that stands by itself in HTML, CSS and a srcset: nothing but letters and
 * digits of ASCII, "-._~" and slashes is left as it is, other bytes are written %XX. A colon is
 * not left either, so nothing seems a scheme. */
void th_report_add_url(struct th_bytes *b, const char *path);

/* value with so many decimals (0 to 6) and a point, whatever the locale. Negative and NaN count as
 * 0. */
void th_report_add_fixed(struct th_bytes *b, double value, unsigned decimals);

/* Thumbnails made per second so far. */
double th_report_images_per_second(const struct thumbs_totals *totals);
/* `before` and "23.1 images/s"; nothing where none was made. */
void th_report_add_rate(struct th_bytes *b, const char *before, const struct thumbs_totals *totals);

/* All sources whose status is final. */
uint64_t th_report_settled(const struct thumbs_totals *totals);

/* What the progress says, without newline, of at most `columns` bytes (all of them ASCII). With
 * `columns` 0 there is no limit and no bar. settled_per_second predicts the end, 0 if unknown. */
void th_report_progress_line(struct th_bytes *b, const struct thumbs_totals *totals,
                             double settled_per_second, unsigned columns);

#endif

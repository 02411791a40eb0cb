/* SPDX-License-Identifier: MIT */
/*
 * web_manifest.h - the pieces of the file of --manifest, as docs/MANIFEST.md describes it: which
 * source became which files, for programs that build web pages.
 *
 *     th_web_manifest_add_head(&b);
 *     th_web_manifest_add_image(&b, event);     each, with th_web_manifest_comma between them
 *     th_web_manifest_add_foot(&b);
 *
 * All append to b. Thread-safe.
 */
#ifndef TH_REPORT_WEB_MANIFEST_H
#define TH_REPORT_WEB_MANIFEST_H

#include "base/bytes.h"
#include "thumbs/thumbs.h"

extern const char th_web_manifest_comma[];

void th_web_manifest_add_head(struct th_bytes *b);
/* "source":{...}, what was made of a source. False: nothing was, and nothing is appended. */
bool th_web_manifest_add_image(struct th_bytes *b, const struct thumbs_event *event);
void th_web_manifest_add_foot(struct th_bytes *b);

/* Does such a file begin so? `head`: its first bytes, of which a zero follows the last. */
bool th_web_manifest_is_ours(const char *head, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * gallery.h - a contact sheet of a run: one HTML page that needs nothing but the thumbnails.
 *
 * A page is written from its beginning to its end, a line a source as files finish, so a run needs
 * no memory for it; the script in it sorts. Its data are the lines of a report (docs/REPORT.md)
 * inside a block that is no script: names stay text. Formats only, writes nothing. Thread-safe.
 */
#ifndef TH_GALLERY_GALLERY_H
#define TH_GALLERY_GALLERY_H

#include "base/bytes.h"
#include "thumbs/thumbs.h"

/* Does a page begin so? `head`: its first bytes, of which a zero follows the last. */
bool th_gallery_is_ours(const char *head, size_t len);

/* The beginning. folder: where the page will stand; dest: what the paths of outputs are below.
 * UNREADABLE, MEMORY: the way from one to the other cannot be told. */
enum thumbs_code th_gallery_begin(struct th_bytes *b, const char *folder, const char *dest,
                                  struct thumbs_error *err);
/* A source, in any order; nothing for what was passed over though nobody named it. */
void th_gallery_event(struct th_bytes *b, const struct thumbs_event *event);
/* The end. interrupted_by_signal: its number, 0 if there was none. */
void th_gallery_end(struct th_bytes *b, const struct thumbs_totals *totals,
                    int interrupted_by_signal);

#endif

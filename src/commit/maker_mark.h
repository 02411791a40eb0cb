/* SPDX-License-Identifier: MIT */
/*
 * maker_mark.h - a few bytes in each output that say who made it, so that thumbs knows its own
 * files when DEST/.thumbs is gone.
 *
 * JPEG: a comment "made by thumbs" in front of the tables; PNG: a text "Software" after the
 * header; WebP: a chunk "THMB" at the end, which readers pass over; GIF: a comment behind the
 * header; AVIF and JPEG XL: a box "free" at the end. 14 to 27 bytes. (An
 * extended attribute would cost none, but most copies, archives and some file systems lose it.)
 * A file that others have edited since still counts as made by thumbs.
 */
#ifndef TH_COMMIT_MAKER_MARK_H
#define TH_COMMIT_MAKER_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TH_MARK_FRONT 96
#define TH_MARK_BACK  24

/* How a file is written so that it bears the mark: front, then the data from byte `skip` on,
 * then back. All 0: as it is, since it is none of these formats, or none that could be
 * understood. */
struct th_mark {
    uint8_t front[TH_MARK_FRONT], back[TH_MARK_BACK];
    size_t front_len, back_len, skip;
};
void th_mark_make(const uint8_t *data, size_t len, struct th_mark *out);
/* How long such a file will be. */
size_t th_mark_len(const uint8_t *data, size_t len);
/* And th_content_hash() of it. */
uint64_t th_mark_content(const uint8_t *data, size_t len);

/* Take the mark out of a file that was written so, in place; how long it is then. What bears none
 * stays as it is. */
size_t th_mark_remove(uint8_t *data, size_t len);

/* Does the file at fd (of `size` bytes) bear it? Any bytes are fine. */
bool th_mark_is_in(int fd, uint64_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * png_inflate.h - a zlib stream (RFC 1950) inflated piece by piece.
 *
 * By ISA-L where the build has it, or by zlib. What the header says of the window is not taken at
 * its word: files that promise less than they use are about, and every reader with a window of 32
 * KiB shows them. The checksum at the end is not looked at, as libpng does not mind it. Hostile
 * data; one thread at a time for each object.
 */
#ifndef TH_IMAGE_PNG_INFLATE_H
#define TH_IMAGE_PNG_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum th_png_flow {
    TH_PNG_HUNGRY, /* all input is used up */
    TH_PNG_FULL,   /* there is no more room */
    TH_PNG_ENDED,  /* the stream has ended, checksum included */
    TH_PNG_BROKEN  /* it makes no sense from here on */
};

/* Whose code it is. Both take the same streams; of a broken one zlib makes just what libpng makes
 * of it. */
enum th_png_engine { TH_PNG_ISAL, TH_PNG_ZLIB };

/* The fastest that this build has. */
enum th_png_engine th_png_engine_best(void);

struct th_png_inflate;

/* NULL: no memory, or an engine that this build lacks. */
struct th_png_inflate *th_png_inflate_create(enum th_png_engine engine);
void th_png_inflate_destroy(struct th_png_inflate *z); /* NULL is fine */

/* The next input, borrowed until it is used up. Only after HUNGRY, and at first. */
void th_png_inflate_input(struct th_png_inflate *z, const uint8_t *data, size_t len);

/* Fill `to` as far as the input reaches; *made is how many of the `room` bytes it is. room is below
 * 2^31. */
enum th_png_flow th_png_inflate_run(struct th_png_inflate *z, uint8_t *to, size_t room,
                                    size_t *made);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * png_rows.h - the rows of a PNG, one after the other, as samples of 8 or 16 bits.
 *
 * From the file in memory to rows, with no more than a band of them held; only an interlaced
 * picture is held whole. Rows are those that libpng makes, bit for bit (tests/fuzz/fuzz_png.c),
 * where libpng makes any. Hostile data; one thread at a time for each object.
 */
#ifndef TH_IMAGE_PNG_ROWS_H
#define TH_IMAGE_PNG_ROWS_H

#include "image/png/png_chunks.h"
#include "image/png/png_inflate.h"

struct th_png_rows_plan {
    const struct th_png_header *header; /* with `data`, borrowed for the life of the rows */
    const uint8_t *data;
    size_t len;
    enum th_png_engine engine;
    bool wide;  /* leave 16 bits as they are */
    bool apart; /* chunks of pixels are fdAT, of a frame of an animation */
};

struct th_png_rows;

/* NULL: no memory, or sides that no memory holds. */
struct th_png_rows *th_png_rows_create(const struct th_png_rows_plan *plan);
void th_png_rows_destroy(struct th_png_rows *r); /* NULL is fine */

/* Bytes that the rows of this header hold, at most. */
uint64_t th_png_rows_size(const struct th_png_header *h);

/* 1 to 4; the last of 2 and 4 is alpha. */
unsigned th_png_rows_bands(const struct th_png_rows *r);
/* uint8_t, or uint16_t of this machine. */
unsigned th_png_rows_sample_bytes(const struct th_png_rows *r);

enum th_png_step {
    TH_PNG_ROW,     /* here is one */
    TH_PNG_WORKING, /* none yet: some of an interlaced picture was decoded */
    TH_PNG_DONE,    /* there were as many as the header says, or no more can be had */
    TH_PNG_RETRY    /* something is broken; begin anew with zlib, which breaks as libpng does */
};

/* The next row, good until the next call. */
enum th_png_step th_png_rows_next(struct th_png_rows *r, const void **row);

/* No more of the picture is needed: rows that come from now on may be anything. They are still
 * inflated, and damage among them is found as before. (An interlaced picture comes when all of it
 * is decoded.) */
void th_png_rows_pass_over(struct th_png_rows *r);

/* After DONE: how many pixels' rows really came from the file, of how many; in an interlaced
 * picture these are rows of all its passes. */
uint64_t th_png_rows_decoded(const struct th_png_rows *r, uint64_t *of);
/* After DONE: what is damaged, one clause, or NULL. */
const char *th_png_rows_damage(const struct th_png_rows *r);

#endif

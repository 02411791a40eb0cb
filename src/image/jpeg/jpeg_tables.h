/* SPDX-License-Identifier: MIT */
/*
 * jpeg_tables.h - Huffman codes of sequential JPEG as lookup tables that take several symbols at
 * once.
 *
 * What the entries hold and why is told in docs/design/jpeg-hot-path.md. No state; thread-safe.
 */
#ifndef TH_IMAGE_JPEG_TABLES_H
#define TH_IMAGE_JPEG_TABLES_H

#include "image/jpeg/jpeg_parse.h"

#define TH_JPEG_TABLE_BITS 12
#define TH_JPEG_TABLE_SIZE (1u << TH_JPEG_TABLE_BITS)

/* An entry: bits 0 to 5 how many bits it takes, bit 6 whether the block ends, bit 7 whether
 * the value lies behind the index (then there is its size instead), bits 8 to 15 how far the
 * position in the block moves, bits 16 to 31 a value to store (signed). An entry whose advance is
 * TH_JPEG_ADVANCE_SLOW pushes the position over its limit. */
#define TH_JPEG_ENTRY_ENDS   0x40u
#define TH_JPEG_ENTRY_LONG   0x80u
#define TH_JPEG_ADVANCE_MASK 0xFF00u
#define TH_JPEG_ADVANCE_SLOW 0x80u

/* How many coefficients a reduction keeps. The position k within a block is held biased, so that "k
 * is past the last coefficient wanted" is one bit of it (64), which then selects the table. */
struct th_jpeg_reduction {
    unsigned need;          /* zigzag index of the last coefficient wanted */
    unsigned record_len;    /* int16 for one block */
    unsigned bias;          /* 64 - need; 0 where no AC coefficient is wanted */
    unsigned limit;         /* biased position from which the careful path takes over: k >= 63 */
    uint8_t slot_bytes[64]; /* where a coefficient goes within the record, in bytes; past the record
                               if not wanted */
};

/* One Huffman code, for the careful path and for building tables. */
struct th_jpeg_code {
    int32_t max_code[17];    /* the largest code of each length, -1: none */
    int32_t first_index[17]; /* index of its symbol is this plus the code */
    uint8_t symbols[256];
    uint8_t length[TH_JPEG_TABLE_SIZE]; /* of the code that begins with these bits, 0: longer than
                                           TH_JPEG_TABLE_BITS or none */
    uint8_t symbol[TH_JPEG_TABLE_SIZE];
};

/* The tables of one kind of block (a component's DC and AC code) under one reduction. */
struct th_jpeg_tables {
    struct th_jpeg_huff dc_key, ac_key;
    const struct th_jpeg_reduction *reduction; /* NULL: unused */
    uint64_t used;
    struct th_jpeg_code dc_code, ac_code;
    _Alignas(64) uint32_t dc[TH_JPEG_TABLE_SIZE];
    uint32_t ac[2][TH_JPEG_TABLE_SIZE]; /* [0] coefficients wanted: one symbol with its value. [1]
                                           skip; unused where all are wanted */
};

/* T.81 F.2.2.1: the value that `size` extra bits stand for. */
static inline int32_t th_jpeg_extend(uint32_t bits, unsigned size)
{
    return size && !(bits >> (size - 1)) ? (int32_t)bits - (int32_t)((1u << size) - 1)
                                         : (int32_t)bits;
}

/* What an AC symbol does: false if it is none of baseline. An advance of 0 is the end of the block.
 */
static inline bool th_jpeg_ac_meaning(uint8_t symbol, unsigned *advance, unsigned *size)
{
    unsigned run = symbol >> 4;
    *size = symbol & 15;
    *advance = *size ? run + 1 : run == 15 ? 16 : 0;
    return *size <= 10;
}

/* False for what libjpeg does not accept either: too many codes, one that is all ones, a DC symbol
 * over 15. */
bool th_jpeg_code_init(struct th_jpeg_code *c, const struct th_jpeg_huff *h, bool is_dc);

/* Fill *t; false if one of the codes is not to be used, *t is then unused. */
bool th_jpeg_tables_build(struct th_jpeg_tables *t, const struct th_jpeg_huff *dc,
                          const struct th_jpeg_huff *ac, const struct th_jpeg_reduction *reduction);

#endif

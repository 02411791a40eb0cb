/* SPDX-License-Identifier: MIT */
/*
 * jpeg_band.h - one scan of a progressive JPEG, decoded a row of blocks at a time.
 *
 * A scan is a stream of its own: what it needs from the scans before it is, for each block, which
 * coefficients are not zero, and the few that are wanted. So all scans of a file can be decoded
 * side by side, row by row, and nothing is held but a row. Damage is passed over exactly as
 * libjpeg-turbo does it, so that coefficients are the same there, too. Input is hostile: nothing is
 * read behind `end`. Thread-safe on different bands.
 */
#ifndef TH_IMAGE_JPEG_BAND_H
#define TH_IMAGE_JPEG_BAND_H

#include "image/jpeg/jpeg_parse.h"

#define TH_JPEG_BAND_LOOK_BITS 9

/* A Huffman code. Entries are made for the scan it is used in, see jpeg_band.c; 0: by the book. */
struct th_jpeg_band_code {
    int32_t max_code[18];    /* the largest code of each length, -1: none; of length 17: no code is
                                larger */
    int32_t first_index[18]; /* index of its symbol is this plus the code */
    uint8_t symbols[256];
    uint32_t look[1u << TH_JPEG_BAND_LOOK_BITS];
    uint64_t skip[]; /* of first AC scans, as many: coefficients whose values are not wanted */
};
#define TH_JPEG_BAND_SKIP_BYTES (sizeof(uint64_t) << TH_JPEG_BAND_LOOK_BITS)

/* The next bits from the top of `buf`. Behind the last one come zeros, `pad` of which are among the
 * n in buf. */
struct th_jpeg_band_bits {
    uint64_t buf;
    int32_t n, pad;
    const uint8_t *in, *end; /* not yet in buf; stops in front of a marker */
};

/* The blocks of one component in a row of MCUs. */
struct th_jpeg_band_blocks {
    int16_t *records; /* TH_JPEG_BAND_RECORD() a block: the first need + 1 coefficients in zigzag
                         order, and room */
    uint64_t *
        masks; /* of each block, which coefficients are not zero, by zigzag index; DC is not told */
    size_t stride;   /* blocks from one row to the next */
    uint32_t across; /* MCUs in a row of the scan */
    uint8_t h, v;    /* blocks of this component in an MCU of the scan */
    uint8_t need;    /* zigzag index of the last coefficient wanted, 0: DC alone */
};

#define TH_JPEG_BAND_SPOTS 10 /* blocks of an MCU at most, T.81 B.2.3 */

/* int16 of a block's record: those of DC alone, or whole vectors of eight. */
#define TH_JPEG_BAND_RECORD(need) ((need) ? ((size_t)(need) + 8) / 8 * 8 : 1)

struct th_jpeg_band {
    struct th_jpeg_band_bits bits;
    uint32_t interval, until_restart; /* in MCUs; interval 0: no restarts */
    uint32_t eob_run;     /* blocks, from the next one, that have no more new coefficients */
    uint8_t next_restart; /* 0 to 7 */
    uint8_t ss, se, ah, al;
    uint8_t n_components;
    uint8_t components[4];
    bool dry;     /* the present segment has ended too early: its blocks are left as they are */
    bool damaged; /* something was not as it must be */
    bool wild;    /* DC sums that no picture has */
    int64_t predictions[4];
    const struct th_jpeg_band_code *codes[4]; /* for each component; NULL where none is needed */
};

/* Bytes of a code of this scan. */
size_t th_jpeg_band_code_size(const struct th_jpeg_band *b);

/* Make the code of a table for a scan. False if it is none that libjpeg accepts. */
bool th_jpeg_band_code_init(struct th_jpeg_band_code *code, const struct th_jpeg_huff *huff,
                            const struct th_jpeg_band *b);

/* Decode the next row: `blocks` of each component of the scan, in its order. A DC scan of several
 * components takes all rows of blocks of a row of MCUs at once. */
void th_jpeg_band_row(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *blocks);

/* Behind the last row: has it used its data as it must? Else it is marked as damaged. */
void th_jpeg_band_end(struct th_jpeg_band *b);

#endif

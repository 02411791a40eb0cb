/* SPDX-License-Identifier: MIT */
/*
 * bmp_head.h - what the headers of a Windows bitmap say: of a file, or of one in an icon.
 *
 * Hostile data: nothing past the end is read, each number is checked before it is used. Pure,
 * thread-safe.
 */
#ifndef TH_IMAGE_BMP_HEAD_H
#define TH_IMAGE_BMP_HEAD_H

#include "base/view.h"

enum th_bmp_packing { TH_BMP_PLAIN, TH_BMP_RLE8, TH_BMP_RLE4 };

/* Where a colour lies in a pixel of 16 or 32 bits. */
struct th_bmp_mask {
    uint32_t bits; /* 0: there is none */
    unsigned shift;
    uint32_t most; /* of the value, shifted down */
};

struct th_bmp {
    uint32_t width, height; /* neither 0, both below 2^31 */
    bool top_down;
    unsigned bits; /* of a pixel: 1, 2, 4, 8, 16, 24 or 32 */
    enum th_bmp_packing packing;
    struct th_bmp_mask masks[4]; /* R, G, B, A: of 16 and 32 bits */
    uint8_t palette[256][3];     /* black where the file has none */
    bool grey;                   /* all of the palette is */
    uint64_t pixels;             /* where they begin; may lie beyond the end */
    uint64_t row_len;            /* bytes of a stored row, if they are plain */
    /* Of an icon: a bit for each pixel that is not to be seen, behind the pixels; rows as long as
     * mask_row_len, in the same order. */
    bool is_icon;
    uint64_t mask, mask_row_len;
    struct th_view icc; /* empty: none */
};

/* A file that begins with "BM". *why is set where it is not to be read: of a kind that is not known
 * (then *unsupported), or broken. */
bool th_bmp_parse_file(struct th_view v, struct th_bmp *out, bool *unsupported, const char **why);
/* What stands in an icon: no file header, twice the height, a mask. */
bool th_bmp_parse_icon(struct th_view v, struct th_bmp *out, bool *unsupported, const char **why);

/* Places in the palette of a packed picture, a byte each, rows from the top: held as a whole. */
uint64_t th_bmp_unpacked_size(const struct th_bmp *b);

#endif

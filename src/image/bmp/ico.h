/* SPDX-License-Identifier: MIT */
/*
 * ico.h - the pictures in a Windows icon or cursor, the largest first.
 *
 * Hostile data: nothing past the end is read, and only so many entries are looked at. Pure,
 * thread-safe.
 */
#ifndef TH_IMAGE_ICO_H
#define TH_IMAGE_ICO_H

#include "image/bmp/bmp_head.h"

/* So many are kept: where the first does not decode, the next is tried. */
#define TH_ICO_MOST 4

struct th_ico_entry {
    struct th_view v;       /* its bytes, as far as the file has them */
    bool png;               /* else a bitmap without file header */
    uint32_t width, height; /* by its own header, neither 0 */
    unsigned bits;
};

/* Those whose headers make sense; of two that are as large, that of more bits comes first. Returns
 * how many. */
size_t th_ico_list(struct th_view v, struct th_ico_entry out[TH_ICO_MOST]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * exif_clean.h - a block of EXIF (CIPA DC-008) for a picture that has been turned and reduced.
 *
 * The block is changed where it stands: makers put offsets into it that nobody else understands, so
 * nothing is moved. What no entry refers to is cleared, which takes the thumbnail and its
 * directory. Hostile data; pure.
 */
#ifndef TH_IMAGE_EXIF_CLEAN_H
#define TH_IMAGE_EXIF_CLEAN_H

#include "base/view.h"

/* What is longer is cut: the thumbnail stands last. As much as one segment of a JPEG file holds. */
#define TH_EXIF_MOST 65527u

/* A number in the block that tells the width or the height of the picture. */
struct th_exif_side {
    uint32_t at;
    bool height, wide, big; /* 32 bits, not 16; high byte first */
};

#define TH_EXIF_MOST_SIDES 4
struct th_exif_sides {
    struct th_exif_side sides[TH_EXIF_MOST_SIDES];
    unsigned n;
};

/* Clean the len bytes at data in place. Returns how many are left, 0 if they make no sense; *sides
 * then lie within them. `marks`: room for as many bytes. */
size_t th_exif_clean(uint8_t *data, size_t len, uint8_t *marks, struct th_exif_sides *sides);
void th_exif_set_sides(uint8_t *data, const struct th_exif_sides *sides, uint32_t width,
                       uint32_t height);

/* The value of a tag in the first directory of TIFF bytes, a whole file or a block of EXIF; len 0:
 * there is none. */
struct th_view th_exif_value(struct th_view tiff, uint32_t tag);

#endif

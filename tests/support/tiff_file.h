/* SPDX-License-Identifier: MIT */
/*
 * tiff_file.h - TIFF files of four fields of one colour each, of every kind there is. For tests and
 * for the generator of samples; needs nothing of thumbs. What goes wrong ends the program.
 */
#ifndef TEST_SUPPORT_TIFF_FILE_H
#define TEST_SUPPORT_TIFF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIFF_FILE_WIDTH = 48, TIFF_FILE_HEIGHT = 32, TIFF_FILE_SAMPLES = 6 };

enum tiff_file_type { TIFF_FILE_UNSIGNED = 1, TIFF_FILE_SIGNED, TIFF_FILE_FLOAT };

struct tiff_file {
    enum tiff_file_type type;
    unsigned bits;
    int photometric;  /* tag 262; below 0: left out */
    unsigned samples; /* of a pixel */
    unsigned n_extra; /* how many of them tag 338 tells of, all of the kind `extra`; 0: no tag */
    unsigned extra;
    bool separate, tiled, big_endian;
    unsigned orientation;    /* 0: no tag */
    unsigned sub_x, sub_y;   /* of YCbCr; 0: no tag */
    unsigned rows_per_strip; /* 0: one strip */
    bool range;              /* say that white is `white`, in floating point */
    double white;
    /* Of the fields, as stored: top left, top right, bottom left, bottom right. */
    double values[4][TIFF_FILE_SAMPLES];
    /* Where one strip or tile is to lie behind the end of the file: its number, from 1. */
    unsigned lost;
};

struct tiff_file_bytes {
    uint8_t *data; /* owned; free() */
    size_t len;
};

struct tiff_file_bytes tiff_file_make(const struct tiff_file *file);

#endif

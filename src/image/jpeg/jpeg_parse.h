/* SPDX-License-Identifier: MIT */
/*
 * jpeg_parse.h - the markers of a JPEG file (ITU-T T.81 annex B) up to its first scan.
 *
 * Reads what the hot path must know before it decodes: size, sampling, tables, restart interval,
 * colour markers, where EXIF and the scan lie. Judges nothing but what it needs: whatever
 * libjpeg-turbo would warn about only sets `odd`, which keeps the file from our own scan decoder.
 * Pointers point into the caller's bytes; th_jpeg_icc_copy() alone allocates. Never reads past len.
 * Thread-safe.
 */
#ifndef TH_IMAGE_JPEG_PARSE_H
#define TH_IMAGE_JPEG_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

/* A Huffman table as it stands in DHT. Bytes of `symbols` behind n are zero, so that whole tables
 * compare with memcmp. */
struct th_jpeg_huff {
    bool present;
    uint8_t counts[16]; /* codes of length 1 to 16 */
    uint8_t symbols[256];
    uint32_t n;
};

struct th_jpeg_component {
    uint8_t id, h, v;           /* sampling factors, 1 to 4 */
    uint8_t quant;              /* which quantisation table, 0 to 3 */
    uint8_t dc_table, ac_table; /* of the first scan, 0 to 3 */
};

enum th_jpeg_colour {
    TH_JPEG_GREY,
    TH_JPEG_YCC,
    TH_JPEG_CMYK,
    TH_JPEG_YCCK, /* YCbCr of 255 minus cyan, magenta, yellow, and K as it is */
    TH_JPEG_OTHER /* RGB, two components: not for the hot path */
};

struct th_jpeg_header {
    uint32_t width, height; /* as stored, neither 0 */
    uint8_t sof;          /* 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC9 ... arithmetic */
    uint8_t precision;    /* bits of a sample */
    uint8_t n_components; /* 1 to 4 */
    uint8_t h_max, v_max;
    struct th_jpeg_component components[4];
    uint16_t quant[4][64]; /* in zigzag order */
    bool has_quant[4];
    struct th_jpeg_huff dc[4], ac[4];
    uint32_t restart_interval; /* in MCUs, 0: none */
    bool has_jfif, has_adobe;
    uint8_t adobe_transform;
    enum th_jpeg_colour colour; /* by the rules of libjpeg */
    bool odd;                   /* something that libjpeg-turbo would skip over or warn about */

    /* the first scan */
    uint8_t scan_components;
    uint8_t scan_index[4]; /* which components, in order of the scan */
    uint8_t ss, se, ah, al;
    size_t scan_offset; /* of its first entropy-coded byte */

    const uint8_t *exif; /* TIFF bytes behind "Exif\0\0" of the first such APP1, NULL: none */
    size_t exif_len;
    bool has_icc;
};

/* Fill *out from the `len` bytes at `data`. False if it is no JPEG, has no scan, or breaks the
 * syntax in a way that cannot be read past; *out is then undefined. */
bool th_jpeg_parse(const uint8_t *data, size_t len, struct th_jpeg_header *out);

enum th_jpeg_next {
    TH_JPEG_NEXT_SCAN,
    TH_JPEG_NEXT_END, /* EOI */
    TH_JPEG_NEXT_CUT, /* the data ends before */
    TH_JPEG_NEXT_BAD  /* it breaks the syntax in a way that libjpeg stops at, too */
};

/* Read on behind a scan: from *pos, which lies in its entropy-coded data, over tables to the next
 * scan, whose fields and tables replace those in *header; *pos becomes its first entropy-coded
 * byte. *scan_end becomes the end of the data of the scan before in any case. Sets `odd` for what
 * libjpeg-turbo warns about; unless there is a next scan, the other fields are undefined. */
enum th_jpeg_next th_jpeg_next_scan(const uint8_t *data, size_t len, size_t *pos,
                                    struct th_jpeg_header *header, size_t *scan_end);

/* Encoders write ten scans, careful ones a few dozen. Each costs a walk over all blocks however
 * short it is, so a small file of very many keeps a decoder busy for hours: one with more is
 * refused. */
#define TH_JPEG_MAX_SCANS 500

/* How many scans of the file must be read until no later one carries DC coefficients, and how many
 * there are in all (both at least 1; only complete scan headers count). For progressive files. */
void th_jpeg_count_scans(const uint8_t *data, size_t len, const struct th_jpeg_header *header,
                         uint32_t *until_last_dc, uint32_t *all);

/* The next APPn segment at or behind *pos and before the first scan: its body (ITU-T T.81 B.2.4.6).
 * Returns n, or -1 if there is no more. A walk begins at 2. */
int th_jpeg_next_app(const uint8_t *data, size_t len, size_t *pos, struct th_view *out);

/* Is there a byte of coded pixels in any scan? */
bool th_jpeg_has_pixels(const uint8_t *data, size_t len, const struct th_jpeg_header *header);

/* Put the ICC profile together (APP2 "ICC_PROFILE", ICC.1:2010 B.4) into `buf` of `cap` bytes.
 * Returns its length, 0 if there is none or its parts do not fit together; with buf NULL only the
 * length is found. */
size_t th_jpeg_icc_collect(const uint8_t *data, size_t len, uint8_t *buf, size_t cap);
/* The same into memory that is the caller's; NULL and 0 if there is none, or with *unfit if there
 * are parts of one that do not fit together. False: no memory. */
bool th_jpeg_icc_copy(const uint8_t *data, size_t len, uint8_t **profile, size_t *profile_len,
                      bool *unfit);

#endif

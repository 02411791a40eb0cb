/* SPDX-License-Identifier: MIT */
/*
 * png_chunks.h - the chunks of a PNG (ISO/IEC 15948): the header, and the runs of compressed pixels
 * behind it.
 *
 * What libpng would refuse, and what it would have to be asked about, is called irregular here:
 * such a file is for libpng. Checksums are looked at where the bytes are used. Hostile data,
 * borrowed; thread-safe on different structs.
 */
#ifndef TH_IMAGE_PNG_CHUNKS_H
#define TH_IMAGE_PNG_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/colours.h"

enum th_png_colour {
    TH_PNG_GREY = 0,
    TH_PNG_RGB = 2,
    TH_PNG_PALETTE = 3,
    TH_PNG_GREY_ALPHA = 4,
    TH_PNG_RGB_ALPHA = 6
};

struct th_png_header {
    uint32_t width, height; /* neither is 0 */
    uint8_t depth;          /* bits of a sample: 1, 2, 4, 8 or 16 */
    uint8_t colour;         /* enum th_png_colour */
    bool interlaced;
    bool keyed;              /* tRNS: the palette has alpha, or one colour is transparent */
    uint16_t key[3];         /* that colour; grey has one sample */
    uint8_t palette[256][4]; /* RGBA; black where the file has no such entry */
    const uint8_t *icc;      /* the body of iCCP, NULL: none that counts */
    size_t icc_len;
    /* What it says of its colours besides, the strongest that makes sense first: numbers of cICP,
     * which count more than the profile; sRGB; gAMA and cHRM. */
    enum { TH_PNG_UNTOLD, TH_PNG_BY_CODES, TH_PNG_SRGB, TH_PNG_BY_POWER } told;
    struct th_colours colours; /* BY_CODES, BY_POWER */
    const uint8_t *exif;       /* the body of eXIf, NULL: none before the pixels */
    size_t exif_len;
    uint32_t frames; /* of an animation (acTL), else 0 */
    uint32_t plays;  /* how often that is shown; 0: for ever */
    size_t pixels;   /* where the first IDAT begins */
    bool broken; /* irregular, and so that libpng refuses it too, if only after taking memory for
                    gigabytes that it is told of */
};

/* Read everything before the pixels. False: irregular, or no PNG; of *out `broken` counts then. */
bool th_png_parse(const uint8_t *data, size_t len, struct th_png_header *out);

/* Samples of a stored pixel (a palette has one), and bits of it. */
unsigned th_png_channels(const struct th_png_header *h);

/* What it says of its colours in numbers; NULL: nothing, or that they are sRGB. */
const struct th_colours *th_png_colours(const struct th_png_header *h);
/* Do its colours mean what its profile says, if it has one? */
bool th_png_profile_counts(const struct th_png_header *h);

/* The embedded profile, inflated: *profile is to be freed, NULL where there is none or one that
 * libpng does not take (it is broken, or of colours that the picture has not). False: no memory. */
bool th_png_profile(const struct th_png_header *h, uint8_t **profile, size_t *len);

/* ---- the compressed pixels ---- */

struct th_png_pixels {
    const uint8_t *data; /* the file */
    size_t len, at;      /* `at`: the next byte */
    size_t left;         /* bytes of this chunk that are still to come */
    uint32_t crc;        /* of what has come of it */
    bool apart;          /* chunks are fdAT, of a frame, and not IDAT */
    bool in_chunk, ended;
    bool bad_sum; /* set: a chunk's checksum is wrong; its bytes are handed out all the same */
    bool cut;     /* set: the file ends within a chunk */
};

void th_png_pixels_init(struct th_png_pixels *p, const uint8_t *data, size_t len, size_t at,
                        bool apart);

/* The next run of bytes, a few ten thousand at most, never none. False: that was all. */
bool th_png_pixels_next(struct th_png_pixels *p, const uint8_t **run, size_t *n);

/* Read this chunk to its end, for its checksum alone. */
void th_png_pixels_close(struct th_png_pixels *p);

#endif

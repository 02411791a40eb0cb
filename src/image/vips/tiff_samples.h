/* SPDX-License-Identifier: MIT */
/*
 * tiff_samples.h - samples of a TIFF, of any type and meaning, to 8-bit rows.
 *
 * What libtiff decodes is numbers: this says what they stand for (TIFF 6.0, and its Technical
 * Notes of 1995 and 2005 for ICC Lab and floating point). docs/COLOUR.md has the rules in words.
 * Part of the module thumbs-vips.so. Pure; a meaning may be shared by threads once it is set up.
 */
#ifndef TH_IMAGE_TIFF_SAMPLES_H
#define TH_IMAGE_TIFF_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Samples of a pixel that are looked at: four colours and alpha. */
#define TH_TIFF_MAX_CHANNELS 5
#define TH_TIFF_LIGHTS       65536

enum th_tiff_type { TH_TIFF_UNSIGNED, TH_TIFF_SIGNED, TH_TIFF_FLOAT };

enum th_tiff_model {
    TH_TIFF_GREY,
    TH_TIFF_GREY_INVERTED, /* 0 is white */
    TH_TIFF_RGB,
    TH_TIFF_PALETTE,
    TH_TIFF_CMYK,
    TH_TIFF_YCBCR,
    TH_TIFF_CIELAB, /* a and b are signed */
    TH_TIFF_ICCLAB  /* a and b are offset, L is at 100 below its largest value in 16 bits */
};

enum th_tiff_alpha { TH_TIFF_OPAQUE, TH_TIFF_STRAIGHT, TH_TIFF_PREMULTIPLIED };

/* What the numbers of a pixel stand for. */
struct th_tiff_meaning {
    enum th_tiff_type type;
    unsigned bits; /* of a sample */
    enum th_tiff_model model;
    enum th_tiff_alpha alpha;
    /* FLOAT: what is black and what is white; 0 and 1 unless the file says else. */
    double black, white;
    const uint16_t *palette[3]; /* PALETTE: 2^bits entries each, borrowed */
    uint16_t palette_white;     /* the largest there may be: 65535, or 255 */
    float luma[3];              /* YCBCR: weights of red, green and blue */
    float reference[6];         /* YCBCR: black and white of each component, in code values */
    /* Models with lights, and RGB in floating point: 8-bit sRGB for light i/(TH_TIFF_LIGHTS-1);
     * borrowed. */
    const uint8_t *encoded;
};

/* Colours of a pixel before and after, without alpha. */
uint32_t th_tiff_channels(enum th_tiff_model model);
uint32_t th_tiff_bands(enum th_tiff_model model);

/* Does this library know samples of that type? */
bool th_tiff_takes(enum th_tiff_type type, unsigned bits);
bool th_tiff_wants_lights(const struct th_tiff_meaning *m);
/* The tone curve of sRGB (IEC 61966-2-1), for `encoded`. */
void th_tiff_fill_lights(uint8_t encoded[TH_TIFF_LIGHTS]);

/* n samples of a row as numbers: those at first, first + step ... of the row, which begins at a
 * whole byte, to to[0], to[to_step] ... Words of 8, 16, 24, 32 and 64 bits are in the machine's
 * order, others packed, the highest bit first. */
void th_tiff_unpack(const struct th_tiff_meaning *m, const uint8_t *row, size_t first, size_t step,
                    size_t n, float *to, size_t to_step);

/* n pixels of th_tiff_channels() numbers each, and one more for alpha, to th_tiff_bands() samples
 * each, and straight alpha. CMYK stays ink, 255 for all of it. */
void th_tiff_convert(const struct th_tiff_meaning *m, const float *numbers, size_t n, uint8_t *to);

#endif

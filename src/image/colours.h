/* SPDX-License-Identifier: MIT */
/*
 * colours.h - what R'G'B' means where a file says it in numbers, and sRGB out of that.
 *
 * By codes (CICP, ITU-T H.273), as HEIF, AVIF and PNG have them, or by primaries and an exponent,
 * as PNG's cHRM and gAMA. Unspecified and unknown codes are taken as sRGB. Transfers of BT.709's
 * family count as sRGB's, as viewers have it. PQ and HLG are mapped to SDR: 203 cd/m2 (BT.2408)
 * becomes white, what is brighter is compressed above a knee. Pure functions; thread-safe.
 */
#ifndef TH_IMAGE_COLOURS_H
#define TH_IMAGE_COLOURS_H

#include "image/pixels.h"

/* Chromaticities of CIE 1931. */
struct th_xy {
    double x, y;
};
struct th_primaries {
    struct th_xy red, green, blue, white;
};

/* Do they span colours, with white among them? What is read from files may be anything. */
bool th_primaries_make_sense(const struct th_primaries *primaries);
/* What red, green and blue give to the light of white (H.273, equations 32 to 37). They must make
 * sense. */
void th_primaries_luminance(const struct th_primaries *primaries, double weights[3]);

struct th_colours {
    struct th_primaries primaries;
    unsigned transfer; /* H.273, table 3 */
    double power;      /* light is a sample to this power; 0: as `transfer` says */
    bool narrow;       /* black is 16 and white 235, as in video */
};

/* Does each code have a meaning of its own in H.273, tables 2 and 3? */
bool th_colours_are_codes(unsigned primaries, unsigned transfer);
void th_colours_from_codes(struct th_colours *out, unsigned primaries, unsigned transfer);
/* NULL: the primaries of sRGB. Others must make sense, and the power be above 0. */
void th_colours_from_power(struct th_colours *out, const struct th_primaries *primaries,
                           double power);

/* Are these colours sRGB, or so close that they are shown as such? */
bool th_colours_are_srgb(const struct th_colours *colours);

/* PQ or HLG, which no curves and matrix convert? */
bool th_colours_are_hdr(const struct th_colours *colours);

/* What each sample is as light, and the matrix from that to light of sRGB. */
void th_colours_in_light(const struct th_colours *colours, double linear[256], double matrix[3][3]);

/* Convert R, G, B or grey (alpha behind is left alone) to sRGB in place. */
void th_colours_to_srgb(const struct th_colours *colours, struct th_pixels *p);

#endif

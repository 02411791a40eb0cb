/*
 * icc.h - the colour profiles that nearly all pictures carry: three tone curves and a matrix, or one curve for grey
 * (ICC.1:2010 annex F.2 and F.3). Anything else is left to libvips.
 *
 * Converts small pictures without loading a colour engine, whose set-up costs more than the conversion. Profiles
 * are hostile data like the rest: every offset is checked, and one that makes no sense is TH_ICC_OTHER.
 * Thread-safe.
 */
#ifndef TH_IMAGE_ICC_H
#define TH_IMAGE_ICC_H

#include "image/pixels.h"

enum th_icc_kind {
    TH_ICC_OTHER, /* tables, CMYK, Lab, broken: not for us */
    TH_ICC_SRGB,  /* sRGB or so close that no 8-bit sample would change by more than one step: nothing to do */
    TH_ICC_RGB,
    TH_ICC_GREY
};

struct th_icc {
    enum th_icc_kind kind;
    float linear[3][256]; /* sample to linear light; grey uses the first */
    float to_srgb[3][3];  /* linear light of the profile to linear light of sRGB */
};

/* Understand the profile of a picture with this many bands (alpha counted). Fills *out, at least its kind. */
void th_icc_read(struct th_icc *out, const uint8_t *data, size_t len, uint32_t bands);

/* Convert a picture of the bands it was read for to sRGB in place (grey to grey with sRGB's tone curve). Kinds
 * OTHER and SRGB change nothing. */
void th_icc_apply(const struct th_icc *icc, struct th_pixels *p);

#endif

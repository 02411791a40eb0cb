/* SPDX-License-Identifier: MIT */
/*
 * icc.h - colour profiles of small pictures, without loading libvips for them.
 *
 * Profiles of curves and a matrix are converted by icc_matrix.h, those of tables by Little CMS.
 * Setting up a conversion by tables takes milliseconds, more than converting a thumbnail, and a
 * camera puts the same profile into every picture; so each thread keeps the last few. Profiles are
 * hostile data like the rest; one that makes no sense is TH_ICC_OTHER. Any thread; what
 * th_icc_read() fills in is for the thread that called it.
 */
#ifndef TH_IMAGE_ICC_H
#define TH_IMAGE_ICC_H

#include "image/colours.h"
#include "image/pixels.h"

enum th_icc_kind {
    TH_ICC_OTHER, /* none, or broken, or not for such pictures: colours stay as they are */
    TH_ICC_SRGB,  /* sRGB or so close that no 8-bit sample would change by more than one step:
                     nothing to do */
    TH_ICC_RGB,
    TH_ICC_GREY,
    TH_ICC_CMYK
};

struct th_icc {
    enum th_icc_kind kind;
    /* Kinds RGB and GREY, one of the two: owned by the thread's cache, good until 16 other reads.
     */
    const struct th_icc_matrix *matrix;
    void *transform; /* Little CMS'; of kind CMYK always */
    bool ignored;    /* there is one, but it cannot be used */
};

/* Understand the profile (ICC.1) of a picture with this many bands (alpha counted). Grey may have
 * one for RGB: it then means equal parts of all three, and stays grey. Fills *out, at least its
 * kind. False: no memory, which must not pass for OTHER, or the picture would come out differently.
 */
bool th_icc_read(struct th_icc *out, const uint8_t *data, size_t len, uint32_t bands);

/* The same for a CMYK picture (0: no ink). Without a profile (len 0), and where it makes no
 * sense, a general one is taken (cmyk_profile.h). */
bool th_icc_read_cmyk(struct th_icc *out, const uint8_t *data, size_t len);

/* The same for colours told in numbers; zero the padding of the struct. OTHER if they are HDR, or
 * such that only th_colours_to_srgb() converts them. */
bool th_icc_read_colours(struct th_icc *out, const struct th_colours *colours, uint32_t bands);

/* Convert a picture of the bands it was read for to sRGB in place (grey to grey with sRGB's tone
 * curve), relative colorimetric with black-point compensation; alpha is left alone. CMYK becomes
 * RGB, still in the same memory. Kinds OTHER and SRGB change nothing. */
void th_icc_apply(const struct th_icc *icc, struct th_pixels *p);

/* By the profile, or where there is none that can be used by what the file says in numbers (NULL:
 * nothing, and colours stay as they are). */
void th_icc_apply_or(const struct th_icc *icc, const struct th_colours *told, struct th_pixels *p);

/* Free what this thread keeps. */
void th_icc_thread_finish(void);

#endif

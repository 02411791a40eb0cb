/* SPDX-License-Identifier: MIT */
/*
 * placeholder.h - what stands in for a picture until it is there: its ThumbHash, and its dominant
 * colour.
 *
 * ThumbHash (Evan Wallace, https://evanw.github.io/thumbhash/) keeps the lowest frequencies of a
 * cosine transform of brightness, of yellow against blue, of red against green, and of alpha, each
 * in four bits. The dominant colour is the mean of the fullest of 512 cubes of colour, of which
 * pixels count by how opaque they are.
 *
 * Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_PLACEHOLDER_H
#define TH_IMAGE_PLACEHOLDER_H

#include "image/pixels.h"

/* Largest side of a picture that one is made from. More would cost time and change nothing. */
#define TH_PLACEHOLDER_SIDE 64u

/* Of an upright picture in sRGB, no side longer than that. False: no memory, *out untouched. */
bool th_placeholder_make(const struct th_pixels *p, struct thumbs_placeholder *out);

#endif

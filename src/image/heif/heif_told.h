/* SPDX-License-Identifier: MIT */
/*
 * heif_told.h - what a HEIF file says of its picture and libheif, through libvips, does not apply:
 * for pictures that are of a kind that is not decoded by ourselves.
 */
#ifndef TH_IMAGE_HEIF_TOLD_H
#define TH_IMAGE_HEIF_TOLD_H

#include "base/view.h"
#include "image/colours.h"

struct th_heif_told {
    bool has_colours;
    unsigned matrix; /* only if it has colours */
    struct th_colours colours;
    bool premultiplied; /* with alpha */
};

/* What is not told, or lies in tables that make no sense, is false. False: no memory. */
bool th_heif_told(struct th_view file, struct th_heif_told *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * geometry.h - box arithmetic: how large a thumbnail becomes and which part of the source it shows.
 *
 * Pure functions of numbers: nothing to own, nothing that fails, thread-safe. Knows no pixels.
 */
#ifndef TH_IMAGE_GEOMETRY_H
#define TH_IMAGE_GEOMETRY_H

#include "thumbs/thumbs.h"

/* What one thumbnail is made of. A cut of the source (where it lies is up to the gravity) is
 * resized and laid on a canvas. Without crop and padding the cut is the whole source and the canvas
 * is the scaled picture. */
struct th_geometry {
    uint32_t cut_width, cut_height;       /* of the source, before the resize */
    uint32_t scaled_width, scaled_height; /* after the resize */
    uint32_t canvas_width, canvas_height; /* of the thumbnail */
    uint32_t pad_left, pad_top;           /* where the scaled picture lies on the canvas */
};

/* What `side` becomes when `from` becomes `to`: side * to / from, rounded to nearest, never 0,
 * never beyond UINT32_MAX. from must not be 0. */
uint32_t th_geometry_scale(uint32_t side, uint32_t to, uint32_t from);

/* Fit an upright source of width x height (neither 0) into `size` (not both sides 0).
 *
 *   inside   the whole picture, as large as the box holds; a free side follows the other
 *   cover    the box is filled, what sticks out is cut off
 *   contain  as inside, then padded to the box
 *   fill     both sides become the box's, the shape is lost
 *
 * With a free side all four are `inside`, since there is nothing to cut, pad or distort. Without
 * `enlarge` the picture is never scaled up: a smaller one keeps its size (cover then cuts what
 * sticks out of the box and no more, contain still pads, fill only shrinks the sides that are too
 * long). No side of the result is 0 or beyond THUMBS_MAX_SIDE. */
struct th_geometry th_geometry_fit(uint32_t width, uint32_t height, const struct thumbs_size *size,
                                   enum thumbs_fit fit, bool enlarge);

/* The same geometry seen from a source that is still to be turned by a quarter: sides and offsets
 * swapped. */
struct th_geometry th_geometry_transposed(const struct th_geometry *g);

#endif

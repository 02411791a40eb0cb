/* SPDX-License-Identifier: MIT */
/*
 * geometry.h - box arithmetic: how large a thumbnail becomes and which part of the source it shows.
 *
 * Pure functions of numbers: nothing to own, nothing that fails, thread-safe. Knows no pixels.
 */
#ifndef TH_IMAGE_GEOMETRY_H
#define TH_IMAGE_GEOMETRY_H

#include "thumbs/thumbs.h"

/* What one thumbnail is made of. A cut of the source is resized and laid on a canvas. Without crop
 * and padding the cut is the whole source and the canvas is the scaled picture. Where the canvas is
 * smaller than the scaled picture, which part of that it shows is chosen later, by looking at it.
 */
struct th_geometry {
    uint32_t cut_x, cut_y;                /* where the cut begins in the source */
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
 * long). No side of the result is 0 or beyond THUMBS_MAX_SIDE. The cut lies in the middle. */
struct th_geometry th_geometry_fit(uint32_t width, uint32_t height, const struct thumbs_size *size,
                                   enum thumbs_fit fit, bool enlarge);

/* Move the cut of a source of width x height to where `gravity` wants it. Where that looks at the
 * picture, *g becomes the whole of it, scaled as the cut was, and the canvas the part to be chosen;
 * what would be beyond THUMBS_MAX_SIDE is cut off evenly. */
void th_geometry_place(struct th_geometry *g, uint32_t width, uint32_t height,
                       enum thumbs_gravity gravity);

/* The same geometry seen from a source that is still to be turned by a quarter: sides and offsets
 * swapped. */
struct th_geometry th_geometry_transposed(const struct th_geometry *g);

/* The geometry of an upright source of width x height, seen from the source as it is stored with
 * EXIF orientation 1 to 8. */
struct th_geometry th_geometry_stored(const struct th_geometry *g, uint32_t width, uint32_t height,
                                      unsigned orientation);

/* Does a stored picture have to be mirrored from left to right, or from top to bottom, before or
 * instead of being turned over its diagonal? */
bool th_geometry_mirrors_x(unsigned orientation);
bool th_geometry_mirrors_y(unsigned orientation);

#endif

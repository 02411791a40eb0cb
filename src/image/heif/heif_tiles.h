/* SPDX-License-Identifier: MIT */
/*
 * heif_tiles.h - the tiles of a picture one after the other: found in the file, decoded, reduced.
 *
 * One tile is in memory beside the reduced planes. Between tiles, and between the pieces of one,
 * the deadline is looked at. A tile that does not decode leaves grey, and the picture counts as
 * damaged; without a single good tile it fails. Not thread-safe.
 */
#ifndef TH_IMAGE_HEIF_TILES_H
#define TH_IMAGE_HEIF_TILES_H

#include "image/heif/heif_reduce.h"
#include "image/steps.h"

/* All borrowed. */
struct th_heif_tiles {
    struct th_make *make;
    const struct th_heif_meta *meta;
    const struct th_heif_picture *picture;
    const struct th_heif_layer *layer; /* of the picture: its colour or its alpha */
    const struct th_targets *targets;
    struct th_heif_canvas *canvas; /* filled; the caller finishes it */
    struct th_heif_nclx *nclx;     /* set to what the coded data says of its colours */
};

enum thumbs_code th_heif_tiles_decode(const struct th_heif_tiles *tiles, struct thumbs_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * heif_reduce.h - the planes of a picture, filled tile by tile and reduced by box averages on the
 * way.
 *
 * The planes are 8 bits a sample whatever the codec gives; more bits are rounded after the average.
 * A sample of a reduced plane is the mean of box x box samples of the coded plane; at the right and
 * lower edge of the picture it is the mean of those that there are. One owner, not thread-safe.
 */
#ifndef TH_IMAGE_HEIF_REDUCE_H
#define TH_IMAGE_HEIF_REDUCE_H

#include "image/heif/heif_codec.h"
#include "image/reduction.h"

struct th_heif_reduced {
    uint8_t *data;                    /* height rows of width samples; owned */
    uint32_t width, height;           /* samples */
    uint32_t full_width, full_height; /* of the coded plane */
    unsigned box;
};

struct th_heif_canvas {
    const struct th_heif_layer *layer;
    unsigned n_planes; /* 0 until the first tile has come */
    struct th_heif_reduced planes[TH_HEIF_MAX_PLANES];
    uint32_t *sums; /* a row of them */
};

/* How far the planes of a layer are reduced: boxes[i] for plane i, powers of two that tiles are
 * made up of, so that no box lies on two tiles. They leave the filter its part of every target
 * (reduction.h). */
void th_heif_pick_boxes(const struct th_heif_picture *picture, const struct th_heif_layer *layer,
                        const struct th_targets *targets,
                        const struct thumbs_image_options *options,
                        unsigned boxes[TH_HEIF_MAX_PLANES]);

/* Zero-initialise; th_heif_canvas_finish() frees. */
void th_heif_canvas_finish(struct th_heif_canvas *canvas);

/* Take over the frame of the tile in this column and row, with boxes of boxes[i] for plane i. The
 * first one decides how many planes there are and of what shape; others must be alike. CORRUPT,
 * MEMORY; stage decode. */
enum thumbs_code th_heif_canvas_add(struct th_heif_canvas *canvas, uint32_t column, uint32_t row,
                                    const struct th_heif_frame *frame,
                                    const unsigned boxes[TH_HEIF_MAX_PLANES],
                                    struct thumbs_error *err);

#endif

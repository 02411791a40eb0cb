/* SPDX-License-Identifier: MIT */
/*
 * heif_picture.h - what is to be decoded for the primary picture of a HEIF file, and how it is to
 * be shown.
 *
 * Knows the items that pictures are made of ('hvc1', 'av01', 'grid') and the properties that turn,
 * cut and colour them. Decodes nothing. Every number from the file is checked here, so that
 * decoders may rely on them.
 */
#ifndef TH_IMAGE_HEIF_PICTURE_H
#define TH_IMAGE_HEIF_PICTURE_H

#include "image/heif/heif_meta.h"

enum { TH_HEIF_MAX_TILES = 256 * 256 };

enum th_heif_codec { TH_HEIF_HEVC, TH_HEIF_AV1 };

/* ISO/IEC 23091-2 (CICP). */
enum { TH_HEIF_UNSPECIFIED = 2 };
struct th_heif_nclx {
    uint16_t primaries, transfer, matrix;
    bool full_range;
};

/* One picture: a single coded item, or a grid of equal tiles, row by row. The last column and row
 * may stick out. */
struct th_heif_layer {
    enum th_heif_codec codec;
    uint32_t width, height; /* pixels, as coded: before cutting and turning */
    uint32_t columns, rows; /* 1 x 1: a single item */
    uint32_t tile_width, tile_height;
    const struct th_heif_reference
        *tiles;    /* columns * rows of them, into the file's tables; NULL: a single item */
    uint32_t item; /* id, of a single item */
};

struct th_heif_picture {
    struct th_heif_layer colour;
    bool has_alpha, premultiplied;
    struct th_heif_layer alpha; /* of the same size as colour, or to be scaled to it */
    /* The part to show, in pixels as coded; the whole without 'clap'. Then it is turned. */
    uint32_t cut_x, cut_y, cut_width, cut_height;
    unsigned orientation; /* as in EXIF: 1 to 8 */
    bool has_nclx;
    struct th_heif_nclx nclx;
    struct th_heif_cursor icc; /* len 0: none */
};

/* Find out about the primary picture. CORRUPT, UNSUPPORTED (a kind of item or an essential
 * property that is not known here); stage decode. *out points into meta. */
enum thumbs_code th_heif_picture_read(const struct th_heif_meta *meta, struct th_heif_picture *out,
                                      struct thumbs_error *err);

/* Of the primary item, whatever it is made of: its colours, and whether alpha is multiplied in. Of
 * *out nothing else is set. */
void th_heif_picture_told(const struct th_heif_meta *meta, struct th_heif_picture *out);

/* The item of the tile in this column and row. NULL: the file does not have it. */
const struct th_heif_item *th_heif_layer_tile(const struct th_heif_meta *meta,
                                              const struct th_heif_layer *layer, uint32_t column,
                                              uint32_t row);

/* Its hvcC or av1C. False: the file does not have it. */
bool th_heif_layer_config(const struct th_heif_meta *meta, const struct th_heif_layer *layer,
                          const struct th_heif_item *tile, struct th_heif_cursor *out);

/* AV1: how many frames the first tile holds, at least 1. Most hold one; the others of a progressive
 * picture come before it and are not shown. Other tiles must not hold more: memory is estimated by
 * it, and a decoder keeps up to TH_HEIF_MAX_KEPT of them besides the one that it is at. */
enum { TH_HEIF_MAX_KEPT = 8 };
unsigned th_heif_layer_frames(const struct th_heif_meta *meta, const struct th_heif_layer *layer);

/* Does the first tile say that it is luma alone? */
bool th_heif_layer_is_grey(const struct th_heif_meta *meta, const struct th_heif_layer *layer);

#endif

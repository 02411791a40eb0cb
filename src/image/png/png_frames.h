/* SPDX-License-Identifier: MIT */
/*
 * png_frames.h - the frames of an animated PNG (third edition of the standard: acTL, fcTL, fdAT).
 *
 * Where each is shown, for how long, and where its compressed pixels begin. Nothing is decoded.
 * Hostile data, borrowed; thread-safe on different structs.
 */
#ifndef TH_IMAGE_PNG_FRAMES_H
#define TH_IMAGE_PNG_FRAMES_H

#include "base/view.h"
#include "image/motion/canvas.h"
#include "image/png/png_chunks.h"

struct th_png_frame {
    struct th_area area;        /* within the picture, not empty */
    uint32_t delay, per_second; /* shown for delay / per_second seconds; per_second is not 0 */
    enum th_leaves leaves;
    bool replaces; /* what it covers, also where it is clear */
    size_t pixels; /* where its first chunk of pixels begins */
    bool apart;    /* those chunks are fdAT, not IDAT */
};

/* A walk over them. */
struct th_png_frames {
    struct th_view file;
    const struct th_png_header *header;
    uint64_t at;       /* of the next chunk */
    uint32_t n;        /* frames that were found */
    uint32_t sequence; /* the number that the next fcTL or fdAT has */
};

enum th_png_found { TH_PNG_FRAME, TH_PNG_NO_MORE, TH_PNG_NOT_ONE };

/* Both are borrowed for the life of the walk. */
void th_png_frames_begin(struct th_png_frames *walk, struct th_view file,
                         const struct th_png_header *header);

/* The next frame. NO_MORE: there are as many as the file says, or it ends. NOT_ONE: what follows
 * makes no sense. */
enum th_png_found th_png_frames_next(struct th_png_frames *walk, struct th_png_frame *frame);

/* How many there are at most, from the names of chunks alone. */
uint64_t th_png_frames_most(struct th_view file);

#endif

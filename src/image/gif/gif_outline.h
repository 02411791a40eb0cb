/* SPDX-License-Identifier: MIT */
/* gif_outline.h - what the blocks of a GIF tell without decoding one. Hostile data. Pure. */
#ifndef TH_IMAGE_GIF_OUTLINE_H
#define TH_IMAGE_GIF_OUTLINE_H

#include "base/view.h"

/* Sub-blocks of at most 255 bytes that are looked at; without them frames are not found. A file of
 * 64 MiB: they are more than are looked at elsewhere, since one after the other they come fast, and
 * what is not seen costs dear. */
#define TH_GIF_OUTLINE_STEPS (1u << 18)

struct th_gif_outline {
    uint64_t width, height; /* of the canvas, which the first frame may make larger */
    uint64_t n_frames;      /* that were seen */
    uint64_t frame_pixels;  /* of the first, and a line more */
    bool interlaced;        /* the first is */
    bool whole;             /* all that there is was looked at */
    uint64_t left;          /* bytes that were not */
};

/* Look at no more than `most_frames`. False: it has no header. */
bool th_gif_outline(struct th_view file, uint64_t most_frames, struct th_gif_outline *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * webp_chunks.h - where in a WebP file (RFC 9649) its first picture lies, and what is said of it.
 *
 * Walks chunks and reads headers; pixels are for libwebp. Hostile data; never reads past the view.
 * Pure.
 */
#ifndef TH_IMAGE_WEBP_CHUNKS_H
#define TH_IMAGE_WEBP_CHUNKS_H

#include "base/view.h"

/* All pointers lead into the file. */
struct th_webp {
    uint32_t width, height; /* of the canvas */
    /* The still picture, or the first frame of an animation, and where it lies on the canvas. */
    uint32_t x, y, frame_width, frame_height;
    bool lossless;
    bool alpha;            /* of the frame itself */
    struct th_view pixels; /* its chunks: ALPH, VP8 or VP8L; as much as the file has of them */
    struct th_view icc;    /* a profile, or nothing */
    struct th_view exif;   /* TIFF bytes, or nothing */
    struct th_view xmp;    /* a packet, or nothing */
};

/* Does the frame leave no pixel of the canvas open? */
static inline bool th_webp_is_covered(const struct th_webp *w)
{
    return w->x == 0 && w->y == 0 && w->frame_width >= w->width && w->frame_height >= w->height;
}

/* False: there is no picture whose size is known. */
bool th_webp_parse(struct th_view file, struct th_webp *out);

/* ---- what moves ---- */

struct th_webp_motion {
    uint64_t n_frames; /* that were seen */
    uint32_t plays;    /* how often they are shown, 0: for ever */
    uint64_t left;     /* bytes that were not looked at */
};

/* Count the frames, up to most_frames. */
void th_webp_motion(struct th_view file, uint64_t most_frames, struct th_webp_motion *out);

struct th_webp_frame {
    struct th_webp picture; /* of which the canvas and metadata are not filled in */
    uint32_t duration_ms;
    bool replaces; /* what is clear in it does not let through what was there */
    bool clears;   /* when the next one comes, what it covered is empty */
    bool whole;    /* the file does not end in it */
};

enum th_webp_found { TH_WEBP_FRAME, TH_WEBP_END, TH_WEBP_BROKEN };

/* The next frame at or behind *at (0: the first), which moves on. */
enum th_webp_found th_webp_next_frame(struct th_view file, uint64_t *at, struct th_webp_frame *out);

#endif

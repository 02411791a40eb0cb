/* SPDX-License-Identifier: MIT */
/*
 * gif_colours.h - a picture in 256 colours: exactly where it has no more, else the best that are
 * found, dithered.
 */
#ifndef TH_IMAGE_GIF_COLOURS_H
#define TH_IMAGE_GIF_COLOURS_H

#include "image/pixels.h"

#define TH_GIF_TRANSPARENT 0 /* the place of what is not shown, where there is any */

/* Of RGB and alpha: a GIF knows nothing in between. */
static inline bool th_gif_is_shown(const uint8_t pixel[4])
{
    return pixel[3] >= 128;
}

struct th_gif_colours {
    uint8_t colours[256][3];
    unsigned n;       /* at least 1 */
    bool transparent; /* place TH_GIF_TRANSPARENT is for what is not shown */
    uint8_t *places;  /* width * height of them; owned, freed with free() */
};

/* Of p, which has 4 bands: what is less than half opaque is not shown (th_gif_is_shown()).
 * transparent: keep a place for that where there is none, too. False: no memory. */
bool th_gif_colours_find(struct th_gif_colours *out, const struct th_pixels *p, bool transparent);

#endif

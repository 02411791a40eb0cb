/* SPDX-License-Identifier: MIT */
/*
 * gif_write.h - frames to a GIF file, by giflib. Every frame has a palette of its own. One owner.
 */
#ifndef TH_IMAGE_GIF_WRITE_H
#define TH_IMAGE_GIF_WRITE_H

#include "image/pixels.h"
#include "image/sink.h"

struct th_gif_writer;

/* How a frame stands among the others. */
struct th_gif_place {
    uint32_t x, y;
    uint32_t delay_cs; /* how long it is shown, in hundredths of a second */
    /* Before the next one comes, what it covered is made empty. Some readers take that for clear
     * only where the frame has a colour that is not shown; so it gets one. */
    bool clear;
    bool moves; /* it is one of several: delay and clear count */
};

/* plays: how often it is shown, 0 for ever; 1 for a still. False: no memory. */
bool th_gif_writer_create(uint32_t width, uint32_t height, uint32_t plays, struct th_sink *sink,
                          struct th_gif_writer **out);

/* Add a frame of 4 bands. False: no memory, or past the sink's deadline. */
bool th_gif_writer_add(struct th_gif_writer *writer, const struct th_pixels *p,
                       const struct th_gif_place *place);

/* Write the end, if all has gone well, and free it; NULL is fine. False: something went wrong. */
bool th_gif_writer_close(struct th_gif_writer *writer);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * gif_frame.h - the frames of a GIF, one after the other, line by line, by giflib.
 *
 * Only an interlaced frame is held whole. A file that ends early, or whose codes break, gives the
 * lines that came; of an interlaced one, the coarse passes stand for what is missing, and
 * where not even the first of them came, nothing does, as in browsers. Hostile data.
 * One owner.
 */
#ifndef TH_IMAGE_GIF_FRAME_H
#define TH_IMAGE_GIF_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct th_gif_header {
    /* As browsers have it, the canvas grows with the first frame (and with no other). */
    uint32_t width, height;
    uint32_t plays; /* how often all frames are shown, 0: for ever; as told before this one */
    /* Of this frame: */
    uint32_t x, y, frame_width, frame_height;
    bool interlaced;
    bool grey;               /* all colours are */
    bool transparent;        /* one place of the palette is */
    uint32_t delay_cs;       /* how long it is shown, in hundredths of a second */
    unsigned disposal;       /* what it leaves, by GIF89a: 2 nothing, 3 what was there before */
    uint8_t palette[256][4]; /* RGB and alpha */
};

struct th_gif;

enum th_gif_code { TH_GIF_OK, TH_GIF_END, TH_GIF_BROKEN, TH_GIF_LATE, TH_GIF_MEMORY };

/* Read up to the pixels of the first frame; late(user) is asked now and then, and may be NULL. */
enum th_gif_code th_gif_open(const uint8_t *data, size_t len, bool (*late)(void *user), void *user,
                             struct th_gif **out);
void th_gif_close(struct th_gif *gif); /* NULL is fine */
const struct th_gif_header *th_gif_header(const struct th_gif *gif);

/* The next line: frame_width places in the palette, good until the next call. NULL: no more come.
 */
const uint8_t *th_gif_line(struct th_gif *gif, enum th_gif_code *code);

/* Go on to the next frame, once all lines of this one have come. END: there are no more, because
 * the file says so, or because it or the pixels of this frame end early. */
enum th_gif_code th_gif_next(struct th_gif *gif);

/* After the last line: why fewer came, one clause, or NULL. */
const char *th_gif_damage(const struct th_gif *gif);
/* How many lines of this frame came from the file. */
uint32_t th_gif_decoded(const struct th_gif *gif);

#endif

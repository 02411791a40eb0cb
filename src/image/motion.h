/* SPDX-License-Identifier: MIT */
/*
 * motion.h - the seam between what reads moving pictures, what writes them, and what is between.
 *
 * A reader composes one frame after the other on a canvas, as a browser shows them; a writer takes
 * one picture after the other with the time that it is shown. Neither holds all of them. A format
 * names its reader in formats.c, an encoder its writer (encode.h). Input is hostile. Thread-safe on
 * different states.
 */
#ifndef TH_IMAGE_MOTION_H
#define TH_IMAGE_MOTION_H

#include "base/view.h"
#include "image/colours.h"
#include "image/pixels.h"
#include "image/sink.h"
#include "thumbs/thumbs.h"

struct th_encode_how;
struct th_make;

/* What holds for all frames. */
struct th_motion_header {
    uint32_t width, height; /* of the canvas; no limit has been checked */
    unsigned orientation;   /* EXIF 1 to 8, still to be applied */
    uint32_t plays;         /* how often it is shown; 0: for ever */
    struct th_view icc;     /* an embedded profile, borrowed until close, or nothing */
    /* What the file says of its colours in numbers, borrowed until close; NULL: nothing. A profile
     * that can be used counts more. */
    const struct th_colours *colours;
};

struct th_motion_frame {
    const uint8_t *canvas; /* width x height pixels, RGB and alpha; borrowed until the next call */
    uint32_t duration_ms;
    bool changed; /* another picture than the frame before it */
};

struct th_motion_reader {
    /* Read up to the first frame. Sets make->declined where there are not two, or where what
     * decodes the first frame alone had better say what is wrong. */
    enum thumbs_code (*open)(struct th_make *make, void **state, struct th_motion_header *header,
                             struct thumbs_error *err);
    /* Room for the canvas, once its size has been found fit: MEMORY. */
    enum thumbs_code (*begin)(void *state, struct thumbs_error *err);
    /* The next frame; canvas NULL: there are no more. Damage goes to th_make_damaged(), and what
     * came until then has been all. Looks at the deadline. */
    enum thumbs_code (*next)(void *state, struct th_motion_frame *frame, struct thumbs_error *err);
    void (*close)(void *state);
};

/* Bytes for a pixel of a thumbnail. */
struct th_motion_cost {
    uint64_t working; /* in the writer, whatever the number of frames */
    uint64_t encoded; /* for each frame, noise at worst: until the end is written, and after it */
};

struct th_motion_writer {
    enum thumbs_code (*open)(const struct th_motion_header *header, const struct th_encode_how *how,
                             struct th_sink *sink, void **state, struct thumbs_error *err);
    /* The next picture, of 4 bands and of the header's size, and another than the one before. */
    enum thumbs_code (*add)(void *state, const struct th_pixels *p, uint32_t duration_ms,
                            struct thumbs_error *err);
    /* All have come: what is missing goes to the sink, metadata too. */
    enum thumbs_code (*end)(void *state, struct thumbs_error *err);
    void (*close)(void *state); /* NULL is fine */
    struct th_motion_cost cost;
};

extern const struct th_motion_reader th_motion_reader_png, th_motion_reader_gif,
    th_motion_reader_webp;
extern const struct th_motion_writer th_motion_writer_gif, th_motion_writer_webp;

#endif

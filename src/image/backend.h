/* SPDX-License-Identifier: MIT */
/*
 * backend.h - the seam between the dispatcher and the ways to decode.
 *
 * A backend is one file and one place in the row of its format (formats.c). There are two kinds:
 *
 *   of rows      hands decoded rows to a row feed (rowfeed.h). All that is common is done for it:
 *                limits, targets, scaling, colours, orientation, encoding (rowmake.h).
 *   of its own   goes all the way from bytes to encoded thumbnails, in whatever working format
 *                suits it, as the JPEG hot path does with planes (steps.h and
 *                encode_outputs.h help).
 *
 * Either may decline a picture before anything is written; the next in the row is then asked. Input
 * is hostile. Thread-safe.
 */
#ifndef TH_IMAGE_BACKEND_H
#define TH_IMAGE_BACKEND_H

#include "image/libraries.h"
#include "image/pixels.h"
#include "thumbs/thumbs.h"

struct th_colours;
struct th_make;
struct th_rowfeed;

/* What the samples of a row mean; alpha, if there is any, comes behind the colours. */
enum th_row_colour {
    TH_ROW_GREY,
    TH_ROW_RGB,
    TH_ROW_CMYK, /* 255 for full ink; never with alpha */
    TH_ROW_YCBCR /* planar, chroma possibly at half the sides; not taken by the row feed yet */
};

/* What a decoder of rows has read from a header. */
struct th_row_header {
    uint32_t width, height; /* as stored, at full size; no limit has been checked */
    unsigned orientation;   /* EXIF 1 to 8, still to be applied */
    enum th_row_colour colour;
    bool alpha;
    /* It has a shape but no size, as a drawing that fills what it is put into: it becomes as large
     * as asked for, `enlarge` or not. */
    bool sizeless;
    const uint8_t *icc; /* embedded profile for these colours, borrowed until close, or NULL */
    size_t icc_len;
    const struct th_colours *colours; /* what it says of them in numbers, borrowed, or NULL; a
                                         profile that makes sense counts more */
};

/* How far a decoder may reduce by itself, as it likes. */
struct th_row_wish {
    uint32_t most_shrink; /* both sides by a whole number up to this, at least 1 */
    double draw_scale;    /* or, where pictures are drawn, the scale that is best */
};

struct th_row_decoder {
    /* Is this picture for it? Sets make->declined if not; refuses what must not even be opened;
     * loads what it needs. Its time does not count as decoding. NULL: it takes all. */
    enum thumbs_code (*accept)(struct th_make *make, struct thumbs_error *err);
    /* Read the header. It may still set make->declined. On success *state is its own, given back
     * with close(). */
    enum thumbs_code (*open)(struct th_make *make, void **state, struct th_row_header *header,
                             struct thumbs_error *err);
    /* Decode from top to bottom: th_rowfeed_begin(), then th_rowfeed_rows() until all have come; a
     * code of theirs ends it and is passed on. Damage goes to th_make_damaged(). */
    enum thumbs_code (*decode)(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err);
    void (*close)(void *state);
};

/* One of `make` and `rows`. */
struct th_backend {
    const char *name;
    /* Append all outputs to the sink and fill the result; on failure the caller cuts the sink
     * back. */
    enum thumbs_code (*make)(struct th_make *make, struct thumbs_error *err);
    const struct th_row_decoder *rows;
    th_about_fn *about; /* NULL: own code alone. Appends nothing where it cannot be used here. */
};

extern const struct th_backend th_backend_jpeg, th_backend_png, th_backend_webp, th_backend_gif,
    th_backend_heif, th_backend_bmp, th_backend_ico, th_backend_pnm, th_backend_raw,
    th_backend_vips;

#endif

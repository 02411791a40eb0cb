/* SPDX-License-Identifier: MIT */
/*
 * rowfeed.h - decoded rows, or bands of them, to small pictures: all sizes from one decoder.
 *
 * A decoder says what will come, then hands over rows from top to bottom as it has them:
 *
 *     code = th_rowfeed_begin(feed, &shape, err);
 *     while (code == THUMBS_OK && ...) code = th_rowfeed_rows(feed, &rows, err);
 *
 * The feed reduces them at once and keeps a few dozen rows for each size, so no picture need be in
 * memory as a whole. It looks at the clock between two calls; a decoder that hands over little at a
 * time can be stopped soon. Beginning anew, after a first attempt that failed, is fine. One owner,
 * not thread-safe.
 */
#ifndef TH_IMAGE_ROWFEED_H
#define TH_IMAGE_ROWFEED_H

#include "image/backend.h"
#include "image/rowscale.h"
#include "image/steps.h"

#define TH_ROW_MAX_PLANES 4

enum th_row_layout {
    TH_ROWS_INTERLEAVED, /* all samples of a pixel side by side in plane 0 */
    TH_ROWS_PLANAR       /* a plane for each sample; not taken yet */
};

/* What will come. Only interleaved rows of 8 bits are taken so far: INTERNAL for others. */
struct th_row_shape {
    uint32_t width, height; /* pixels */
    /* How many of these the picture covers: all, or a little less where a decoder that reduces has
     * rounded up (1001 pixels reduced eightfold are 126, of which 125.125 are picture). */
    double span_x, span_y;
    enum th_row_colour colour;
    bool alpha; /* comes last, not multiplied in */
    enum th_row_layout layout;
    unsigned bits; /* of a sample: 8, or 16 in words of the machine's order */
    bool linear;   /* light is to be averaged, as the options say; begin() sets it */
};

/* The next n rows, borrowed until return. Rows beyond the height are ignored. */
struct th_rows {
    const void *planes[TH_ROW_MAX_PLANES];
    size_t strides[TH_ROW_MAX_PLANES]; /* bytes from one row to the next */
    uint32_t n;
};

/* All sizes of one source of width x height, at full size. Fill in these, make and targets, the
 * rest with zeros. */
struct th_rowfeed {
    struct th_make *make;
    const struct th_targets *targets;
    uint32_t width, height;
    uint32_t n_rows; /* that have come */
    /* The rows that any size looks at; what comes before must be handed over, but may be anything;
     * what comes behind need not come. */
    uint32_t first_row, end_row;
    struct th_rowscale *scalers[TH_MAX_TARGETS];
    struct th_row_shape shape;
    uint64_t resize_ns;
};
void th_rowfeed_finish(struct th_rowfeed *feed); /* zeroed is fine */

/* Samples of a pixel: 1 to 4. */
uint32_t th_row_bands(enum th_row_colour colour, bool alpha);

/* The scaler that makes one target of rows of this shape, of a source of width x height. */
struct th_rowscale_plan th_rowfeed_plan(const struct th_row_shape *shape, uint32_t width,
                                        uint32_t height, const struct th_geometry *target);

/* MEMORY, INTERNAL. */
enum thumbs_code th_rowfeed_begin(struct th_rowfeed *feed, const struct th_row_shape *shape,
                                  struct thumbs_error *err);
/* TIMEOUT past the deadline. */
enum thumbs_code th_rowfeed_rows(struct th_rowfeed *feed, const struct th_rows *rows,
                                 struct thumbs_error *err);

/* Has all come that any size looks at? */
static inline bool th_rowfeed_is_full(const struct th_rowfeed *feed)
{
    return feed->n_rows >= feed->end_row;
}

/* Move the picture of target i, in the colours of the source, to *out. CORRUPT if rows are
 * missing. */
enum thumbs_code th_rowfeed_take(struct th_rowfeed *feed, uint32_t i, struct th_pixels *out,
                                 struct thumbs_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/* Rows go to one scaler for each size. */
#include "image/rowfeed.h"

#include <math.h>

#include "base/error.h"
#include "base/sys.h"

void th_rowfeed_finish(struct th_rowfeed *feed)
{
    for (uint32_t i = 0; i < TH_MAX_TARGETS; i++) {
        th_rowscale_destroy(feed->scalers[i]);
        feed->scalers[i] = NULL;
    }
}

uint32_t th_row_bands(enum th_row_colour colour, bool alpha)
{
    static const uint8_t colours[] = {
        [TH_ROW_GREY] = 1, [TH_ROW_RGB] = 3, [TH_ROW_CMYK] = 4, [TH_ROW_YCBCR] = 3};
    return colours[colour] + (alpha ? 1u : 0u);
}

/* A length in the source, in pixels that are fed; the whole is exact. */
static double fed(uint32_t pixels, uint32_t side, double span)
{
    return pixels == side ? span : span * pixels / side;
}

/* Not beyond what is fed, by rounding either. */
static double at_most(double span, double from, uint32_t side)
{
    while (from + span > side)
        span = nextafter(span, 0);
    return span;
}

struct th_rowscale_plan th_rowfeed_plan(const struct th_row_shape *shape, uint32_t width,
                                        uint32_t height, const struct th_geometry *target)
{
    const double x = fed(target->cut_x, width, shape->span_x),
                 y = fed(target->cut_y, height, shape->span_y);
    return (struct th_rowscale_plan){
        .in_width = shape->width,
        .in_height = shape->height,
        .from_x = x,
        .from_y = y,
        .span_x = at_most(fed(target->cut_width, width, shape->span_x), x, shape->width),
        .span_y = at_most(fed(target->cut_height, height, shape->span_y), y, shape->height),
        .out_width = target->scaled_width,
        .out_height = target->scaled_height,
        .bands = th_row_bands(shape->colour, shape->alpha),
        .alpha = shape->alpha,
        /* Ink is no light. */
        .linear = shape->linear && shape->colour != TH_ROW_CMYK};
}

static bool is_taken(const struct th_row_shape *shape)
{
    if (shape->layout != TH_ROWS_INTERLEAVED || shape->bits != 8) return false;
    return shape->colour != TH_ROW_YCBCR && !(shape->colour == TH_ROW_CMYK && shape->alpha);
}

enum thumbs_code th_rowfeed_begin(struct th_rowfeed *feed, const struct th_row_shape *shape,
                                  struct thumbs_error *err)
{
    th_rowfeed_finish(feed);
    if (!is_taken(shape))
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_RESIZE,
                            "rows of such samples are not taken");
    feed->shape = *shape;
    feed->shape.linear = feed->make->options->linear != 0;
    feed->n_rows = feed->end_row = 0;
    feed->first_row = shape->height;
    for (uint32_t i = 0; i < feed->targets->n; i++) {
        struct th_rowscale_plan plan =
            th_rowfeed_plan(&feed->shape, feed->width, feed->height, &feed->targets->sizes[i]);
        feed->scalers[i] = th_rowscale_create(&plan);
        if (!feed->scalers[i])
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE,
                                "no memory to resize %u x %u pixels", shape->width, shape->height);
        uint32_t first, end;
        th_rowscale_rows(feed->scalers[i], &first, &end);
        if (first < feed->first_row) feed->first_row = first;
        if (end > feed->end_row) feed->end_row = end;
    }
    return THUMBS_OK;
}

enum thumbs_code th_rowfeed_rows(struct th_rowfeed *feed, const struct th_rows *rows,
                                 struct thumbs_error *err)
{
    uint64_t start_ns = th_now_ns();
    for (uint32_t i = 0; i < feed->targets->n; i++)
        th_rowscale_feed(feed->scalers[i], rows->planes[0], rows->strides[0], rows->n);
    feed->n_rows += rows->n;
    feed->resize_ns += th_now_ns() - start_ns;
    return th_make_check_deadline(feed->make, THUMBS_STAGE_DECODE, err);
}

enum thumbs_code th_rowfeed_take(struct th_rowfeed *feed, uint32_t i, struct th_pixels *out,
                                 struct thumbs_error *err)
{
    if (!feed->scalers[i] || !th_rowscale_take(feed->scalers[i], out))
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "fewer rows came than the header says");
    out->cmyk = feed->shape.colour == TH_ROW_CMYK;
    return THUMBS_OK;
}

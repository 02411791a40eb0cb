/* SPDX-License-Identifier: MIT */
/* The rows of a picture that libvips reads, pulled through one region. */
#include <stdlib.h>
#include <string.h>

#include "image/vips/vips_internal.h"
#include "image/vips/vips_text.h"
#include "image/vips/vips_tiff.h"

/* Rows asked for at a time: a multiple of the 8 that libvips' readers work in, so that none is made
 * twice. */
#define STRIP 16

static bool feed_black(const struct th_vips_rows *to, size_t row_len, uint32_t n)
{
    uint8_t *row = th_vips_lent->alloc(row_len);
    if (!row) return false;
    memset(row, 0, row_len);
    bool ok = to->rows(to->user, row, 0, n);
    free(row);
    return ok;
}

/* Pull the picture through one region in the calling thread. libvips' own sinks start a pool of
 * threads for each image, which costs more than a small picture does. */
enum th_vips_outcome th_vips_pull(VipsImage *image, const struct th_vips_rows *to, bool lenient)
{
    enum th_vips_outcome outcome = TH_VIPS_DONE;
    VipsRegion *region = vips_region_new(image);
    VipsRect strip = {0, 0, image->Xsize, 0};
    while (outcome == TH_VIPS_DONE && strip.top < image->Ysize) {
        strip.height = VIPS_MIN(STRIP, image->Ysize - strip.top);
        if (vips_region_prepare(region, &strip) != 0)
            /* libvips gives a JPEG up after its hundredth warning: what came until then is better
             * than nothing. */
            outcome = lenient && strip.top > 0 ? TH_VIPS_PART : TH_VIPS_BROKEN;
        else if (!to->rows(to->user, VIPS_REGION_ADDR(region, 0, strip.top),
                           VIPS_REGION_LSKIP(region), (uint32_t)strip.height))
            outcome = TH_VIPS_STOPPED;
        else
            strip.top += strip.height;
    }
    if (outcome == TH_VIPS_PART &&
        !feed_black(to, VIPS_IMAGE_SIZEOF_LINE(image), (uint32_t)(image->Ysize - strip.top)))
        outcome = TH_VIPS_STOPPED;
    g_object_unref(region);
    return outcome;
}

/* The largest reduction up to `most` that the decoder of this format does. */
static struct th_vips_reduction reduction_for(enum thumbs_format format, uint32_t most,
                                              double draw_scale)
{
    struct th_vips_reduction by = {1, 1};
    if (format == THUMBS_FORMAT_WEBP)
        by.shrink = VIPS_MAX(most, 1);
    else if (format == THUMBS_FORMAT_JPEG)
        by.shrink = most >= 8 ? 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1;
    else if (th_vips_is_drawn(format))
        by.draw_scale =
            VIPS_MAX(draw_scale, 0.001); /* libvips' least; the rest is reduced from the rows */
    return by;
}

/* Samples of a side of `full` pixels. */
static int reduced(uint32_t full, uint32_t shrink)
{
    return (int)(full / shrink + (full % shrink != 0));
}

/* libvips drops the last column and row of a reduced JPEG where they stand for fewer pixels: the
 * picture would come out a little too large and cut off. Those before them are repeated. Takes over
 * `image`; NULL on failure. */
static VipsImage *complete(VipsImage *image, const struct th_vips_source *s, uint32_t shrink)
{
    const int width = reduced(s->header.width, shrink), height = reduced(s->header.height, shrink);
    VipsImage *whole = NULL;
    if (s->format != THUMBS_FORMAT_JPEG || (image->Xsize >= width && image->Ysize >= height))
        return image;
    const int failed =
        vips_embed(image, &whole, 0, 0, width, height, "extend", VIPS_EXTEND_COPY, NULL);
    g_object_unref(image);
    return failed ? NULL : whole;
}

static enum th_vips_outcome attempt(struct th_vips_source *s, struct th_vips_reduction by,
                                    VipsFailOn fail_on, const struct th_vips_rows *to)
{
    VipsImage *image = s->image;
    s->image = NULL;
    if (!image || by.shrink != 1 || by.draw_scale != 1) {
        struct th_vips_header header = {0};
        g_clear_object(&image);
        image = th_vips_source_load(s, by, fail_on);
        if (image) image = th_vips_source_prepare(s, image, &header);
        if (image) image = complete(image, s, by.shrink);
        /* The second reading of a header must promise what the first did. */
        if (!image || header.bands != s->header.bands) {
            g_clear_object(&image);
            return TH_VIPS_BROKEN;
        }
    }
    uint32_t width = (uint32_t)image->Xsize, height = (uint32_t)image->Ysize;
    double span_x = VIPS_MIN(s->header.width * by.draw_scale / by.shrink, (double)width);
    double span_y = VIPS_MIN(s->header.height * by.draw_scale / by.shrink, (double)height);
    enum th_vips_outcome outcome = to->begin(to->user, width, height, span_x, span_y)
                                       ? th_vips_pull(image, to, fail_on == VIPS_FAIL_ON_NONE)
                                       : TH_VIPS_STOPPED;
    g_object_unref(image);
    return outcome;
}

/* libvips gave it up: libtiff reads what there is. */
static enum th_vips_outcome salvage_tiff(struct th_vips_source *s, const struct th_vips_rows *to)
{
    struct th_vips_header header;
    th_vips_tiff_header(s->tiff, &header);
    if (header.bands != s->header.bands || header.alpha != s->header.alpha ||
        header.cmyk != s->header.cmyk)
        return TH_VIPS_BROKEN;
    s->lenient = true;
    return th_vips_tiff_read(s->tiff, to, s->damage);
}

enum thumbs_code th_vips_source_read(struct th_vips_source *s, uint32_t most_shrink,
                                     double draw_scale, const struct th_vips_rows *to,
                                     bool *damaged, char warning[200], struct thumbs_error *err)
{
    const struct th_vips_reduction by = reduction_for(s->format, most_shrink, draw_scale);
    th_vips_text_forget();
    enum th_vips_outcome outcome = s->by_libtiff ? th_vips_tiff_read(s->tiff, to, s->damage)
                                                 : attempt(s, by, th_vips_source_strictness(s), to);
    if (outcome == TH_VIPS_BROKEN && s->tiff && !s->by_libtiff && !th_vips_source_is_late(s))
        outcome = salvage_tiff(s, to);
    else if (outcome == TH_VIPS_BROKEN && !s->tiff &&
             th_vips_source_strictness(s) != VIPS_FAIL_ON_NONE && !th_vips_source_is_late(s)) {
        th_vips_source_go_lenient(s);
        outcome = attempt(s, by, VIPS_FAIL_ON_NONE, to);
    }
    if (th_vips_source_is_late(s)) return th_vips_source_too_late(err);
    if (outcome == TH_VIPS_STOPPED) {
        vips_error_clear();
        return THUMBS_STOPPED;
    }
    if (outcome == TH_VIPS_BROKEN) {
        if (!s->tiff || !s->damage[0]) th_vips_text_take(s->damage, sizeof s->damage);
        return th_vips_lent->error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                                       "the data does not decode: %s", s->damage);
    }
    *damaged = outcome == TH_VIPS_PART || s->lenient ||
               (s->format == THUMBS_FORMAT_JPEG && th_vips_text_warning()[0]);
    if (*damaged && !s->damage[0]) th_vips_text_take(s->damage, sizeof s->damage);
    th_vips_text_clause(warning, 200, s->damage);
    vips_error_clear();
    return THUMBS_OK;
}

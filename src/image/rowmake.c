/* SPDX-License-Identifier: MIT */
/* A decoder of rows, and all that its pictures have in common. */
#include "image/rowmake.h"

#include "base/error.h"
#include "base/sys.h"
#include "image/encode_outputs.h"
#include "image/icc.h"
#include "image/keep.h"
#include "image/rowfeed.h"

/* One picture on this way. */
struct passage {
    struct th_make *make;
    const struct th_row_decoder *decoder;
    void *state;
    struct th_row_header header;
    struct th_icc icc;
    bool keeps_profile;
    struct th_targets targets;
    struct th_rowfeed feed;
    struct th_pixels pictures[TH_MAX_TARGETS];
};

/* Understand the colours. */
static enum thumbs_code read_profile(struct passage *p, struct thumbs_error *err)
{
    const struct th_row_header *h = &p->header;
    uint32_t bands = th_row_bands(h->colour, h->alpha);
    const bool read = h->colour == TH_ROW_CMYK ? th_icc_read_cmyk(&p->icc, h->icc, h->icc_len)
                                               : th_icc_read(&p->icc, h->icc, h->icc_len, bands);
    if (!read)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE,
                            "no memory for its colour profile");
    if (p->icc.ignored) th_make_profile_ignored(p->make);
    p->keeps_profile = th_keep_profile(p->make, &p->icc, h->icc_len, bands);
    const bool told = p->icc.kind == TH_ICC_OTHER && h->colours;
    if (told && !th_icc_read_colours(&p->icc, h->colours, bands))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory for its colours");
    return THUMBS_OK;
}

static enum thumbs_code open_source(struct passage *p, struct thumbs_error *err)
{
    enum thumbs_code code = p->decoder->open(p->make, &p->state, &p->header, err);
    if (code != THUMBS_OK || p->make->declined) return code;
    if (p->make->orientation) p->header.orientation = p->make->orientation;
    const struct th_row_header *h = &p->header;
    const struct th_make_source source = {.width = h->width,
                                          .height = h->height,
                                          .orientation = h->orientation,
                                          .sizeless = h->sizeless};
    code = th_make_targets(p->make, &source, &p->targets, err);
    return code == THUMBS_OK ? read_profile(p, err) : code;
}

static enum thumbs_code decode(struct passage *p, struct thumbs_error *err)
{
    const struct thumbs_image_options *options = p->make->options;
    const struct th_row_wish wish = {
        /* Decoders average samples, not light. */
        .most_shrink = options->linear ? 1 : th_reduction_most(&p->targets, options->fast != 0),
        .draw_scale = th_reduction_draw_scale(&p->targets, p->header.width, p->header.height,
                                              options->max_pixels)};
    p->feed.make = p->make;
    p->feed.targets = &p->targets;
    p->feed.width = p->header.width;
    p->feed.height = p->header.height;
    return p->decoder->decode(p->state, &wish, &p->feed, err);
}

/* A profile that makes no sense is no reason to have no thumbnail: what the file says besides then
 * counts, or nothing; for CMYK there is always a conversion. */
static void convert(const struct passage *p, struct th_pixels *picture)
{
    if (!p->keeps_profile) th_icc_apply_or(&p->icc, p->header.colours, picture);
}

/* The finished pictures in sRGB, or in the profile that is kept. */
static enum thumbs_code collect(struct passage *p, struct thumbs_error *err)
{
    uint64_t start_ns = th_now_ns();
    for (uint32_t i = 0; i < p->targets.n; i++) {
        enum thumbs_code code = th_rowfeed_take(&p->feed, i, &p->pictures[i], err);
        if (code != THUMBS_OK) return code;
        convert(p, &p->pictures[i]);
    }
    p->feed.resize_ns += th_now_ns() - start_ns;
    return THUMBS_OK;
}

static enum thumbs_code keep(struct passage *p, struct thumbs_error *err)
{
    const struct th_view icc = {p->header.icc, p->keeps_profile ? p->header.icc_len : 0};
    return th_keep(p->make, icc, err);
}

static enum thumbs_code run(struct passage *p, struct thumbs_error *err)
{
    struct th_image_result *result = p->make->result;
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code = open_source(p, err);
    if (code != THUMBS_OK || p->make->declined) return code;
    code = decode(p, err);
    if (code == THUMBS_OK) code = collect(p, err);
    if (code == THUMBS_OK) code = keep(p, err);
    uint64_t all_ns = th_now_ns() - start_ns;
    result->resize_ns += p->feed.resize_ns;
    result->decode_ns += all_ns - p->feed.resize_ns;
    if (code != THUMBS_OK) return code;
    return th_encode_outputs(p->make, p->pictures, &p->targets, p->header.orientation, err);
}

enum thumbs_code th_rowmake(struct th_make *make, const struct th_row_decoder *decoder,
                            struct thumbs_error *err)
{
    struct passage p = {.make = make, .decoder = decoder};
    enum thumbs_code code = decoder->accept ? decoder->accept(make, err) : THUMBS_OK;
    if (code != THUMBS_OK || make->declined) return code;
    code = run(&p, err);
    for (uint32_t i = 0; i < p.targets.n; i++)
        th_pixels_finish(&p.pictures[i]);
    th_rowfeed_finish(&p.feed);
    if (p.state) decoder->close(p.state);
    return code;
}

/* SPDX-License-Identifier: MIT */
/* The memory a picture will need, told from its header: what every format shares. The numbers here
 * and in the files beside it were measured with tests/memory/memory_estimates.c over pictures of
 * all formats, and rounded up. */
#include "image/estimate/estimate.h"

#include "image/estimate/estimators.h"
#include "image/formats.h"
#include "image/metadata/metadata.h"
#include "image/motion.h"
#include "image/rowfeed.h"

/* For contexts, tables, profiles of usual size, small allocations and what the heap loses between
 * them. */
#define REST        ((uint64_t)4 << 20)
#define PLANES_REST ((uint64_t)2 << 20) /* on the JPEG hot path, where most of it is not met */

/* libvips' cache of rows that were read holds so many tiles that this many rows fit in, and twice
 * that. */
#define CACHE_ROWS 256
/* Rows in the operations between that cache and us, with up to four samples in floating point. */
#define WORK_ROWS        64
#define WORK_PIXEL_BYTES 16

/* Frames of what moves have alpha always. */
#define MOTION_BANDS 4

/* ---- what follows the decoder ---- */

/* Finished thumbnails of all sizes, one of them turned or in its encoder, and everything encoded.
 * kept: bytes of metadata that each of them gets. */
static uint64_t outputs(const struct th_targets *targets, const struct th_estimate *e,
                        const struct thumbs_image_options *options, uint64_t kept)
{
    uint64_t all = 0, largest = 0, at_work = e->bands, encoded = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        uint64_t pixels = th_max_u64((uint64_t)g->scaled_width * g->scaled_height,
                                     (uint64_t)g->canvas_width * g->canvas_height);
        all = th_add_sat(all, pixels);
        largest = th_max_u64(largest, pixels);
    }
    for (uint32_t i = 0; i < options->n_formats && i < THUMBS_MAX_FORMATS; i++) {
        enum thumbs_format wanted = (enum thumbs_format)options->formats[i];
        enum thumbs_format format = th_image_output_format(wanted, e->format, e->bands % 2 == 0);
        const struct th_encoder *encoder = th_format(format)->encoder;
        if (!encoder) continue;
        const struct th_encode_cost cost =
            encoder->cost(e->bands, th_image_quality(options, format));
        at_work = th_max_u64(at_work, cost.working);
        /* The sink that grows may hold it twice for a moment. In a search for the quality a second
         * one stands behind the first. */
        encoded += cost.encoded * (options->max_size ? 2 : 1);
    }
    /* Each output has it, and once it is held, and once more by an encoder. */
    const uint64_t copies = (uint64_t)targets->n * options->n_formats * (options->max_size ? 2 : 1);
    const uint64_t metadata = th_mul_sat(kept, copies + 2);
    const uint64_t pixels = th_mul_sat(all, e->bands + encoded);
    return th_add_sat(th_add_sat(pixels, metadata), th_mul_sat(largest, at_work));
}

/* Of a source that moves: bytes while its frames are composed and encoded, and what is held of that
 * while outputs that do not move are made. */
struct moving {
    uint64_t working, held;
};

static void add_moving(struct moving *m, const struct th_geometry *g, enum thumbs_format format,
                       const struct th_estimate *e, const struct thumbs_image_options *options)
{
    const struct th_encoder *encoder = th_format(format)->encoder;
    if (!encoder || !encoder->motion) return;
    const struct th_motion_cost *cost = &encoder->motion->cost;
    const uint64_t pixels = (uint64_t)g->canvas_width * g->canvas_height;
    /* More than a source may have are refused. */
    const uint64_t all = th_min_u64(th_mul_sat(pixels, e->n_frames), options->max_pixels);
    m->working = th_add_sat(m->working, th_mul_sat(pixels, cost->working));
    m->held = th_add_sat(m->held, th_mul_sat(all, cost->encoded * (options->max_size ? 2 : 1)));
}

/* Each size has the picture that shows and the one that comes. */
static struct moving moving(const struct th_targets *targets, const struct th_estimate *e,
                            const struct thumbs_image_options *options)
{
    struct moving m = {.working = e->motion};
    if (e->n_frames < 2 || !th_format(e->format)->motion) return (struct moving){0};
    for (uint32_t i = 0; i < th_targets_outputs(targets); i++) {
        const struct th_geometry *g = &targets->sizes[i];
        const uint64_t pixels = (uint64_t)g->canvas_width * g->canvas_height;
        m.working = th_add_sat(m.working, th_mul_sat(pixels, 2 * MOTION_BANDS));
        for (uint32_t k = 0; k < options->n_formats; k++)
            add_moving(
                &m, g,
                th_image_output_format((enum thumbs_format)options->formats[k], e->format, false),
                e, options);
    }
    return m.held ? m : (struct moving){0};
}

/* A side of what comes: decoders round up. */
static uint32_t reduced_side(uint32_t side, uint32_t shrink)
{
    return (uint32_t)th_min_u64((uint64_t)(side / shrink) + 1, UINT32_MAX);
}

/* The rows that will come, by the number of their bands. */
static struct th_row_shape shape_of(const struct th_estimate *e, bool linear)
{
    struct th_row_shape shape = {.width = reduced_side(e->width, e->shrink),
                                 .height = reduced_side(e->height, e->shrink),
                                 .colour = e->bands <= 2 ? TH_ROW_GREY : TH_ROW_RGB,
                                 .alpha = e->bands % 2 == 0,
                                 .bits = 8,
                                 .linear = linear};
    shape.span_x = shape.width;
    shape.span_y = shape.height;
    return shape;
}

/* A scaler for each size, fed from one stream of rows. */
static uint64_t scalers(const struct th_estimate *e, const struct th_targets *targets, bool linear)
{
    const uint32_t width = e->width, height = e->height;
    const struct th_row_shape shape = shape_of(e, linear);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        struct th_rowscale_plan plan = th_rowfeed_plan(&shape, width, height, &targets->sizes[i]);
        sum = th_add_sat(sum, th_rowscale_size(&plan));
    }
    return sum;
}

/* Rows on their way from libvips' reader to the scalers. */
static uint64_t rows(const struct th_estimate *e)
{
    uint64_t width = reduced_side(e->width, e->shrink), height = reduced_side(e->height, e->shrink);
    uint64_t cached =
        e->tile_rows ? th_min_u64(2 * (CACHE_ROWS + e->tile_rows), height + e->tile_rows) : 0;
    bool plain = e->pixel_bytes <= e->bands;
    uint64_t sum = th_mul3_sat(width, cached, e->pixel_bytes);
    return th_add_sat(
        sum, th_mul3_sat(width, WORK_ROWS, e->pixel_bytes + (plain ? 0 : WORK_PIXEL_BYTES)));
}

/* The larger of two moments: decoding, with the rows and scalers behind it; and encoding, when that
 * has gone. Whether the picture lies on its side is not asked: the worse of both. */
static uint64_t peak(const struct th_estimate *e, const struct thumbs_image_options *options,
                     uint64_t kept)
{
    uint64_t decoding = e->planes || e->direct ? 0 : rows(e), encoding = 0, feeding = 0;
    struct moving most = {0};
    for (int swap = 0; swap <= 1; swap++) {
        struct th_targets targets;
        th_targets_fit(&targets, e->width, e->height, swap ? 6 : 1, options, options->enlarge != 0);
        encoding = th_max_u64(encoding, outputs(&targets, e, options, kept));
        const struct moving m = moving(&targets, e, options);
        most.working = th_max_u64(most.working, m.working);
        most.held = th_max_u64(most.held, m.held);
        if (!e->planes) feeding = th_max_u64(feeding, scalers(e, &targets, options->linear != 0));
    }
    decoding = th_add_sat(th_add_sat(decoding, feeding), e->decoder);
    /* Frames go through scalers at full size; when they are done the first is decoded again. */
    const uint64_t still = th_max_u64(decoding, encoding);
    const uint64_t moves = most.held ? th_add_sat(most.working, feeding) : 0;
    return th_add_sat(th_add_sat(e->held, most.held), th_max_u64(still, moves));
}

bool th_image_estimate(const uint8_t *data, size_t len, const struct thumbs_image_options *options,
                       uint64_t *bytes)
{
    struct th_view v = {data, len};
    struct th_estimate e = {.format = th_image_format_of(data, len),
                            .shrink = 1,
                            .bands = 4,
                            .pixel_bytes = 4,
                            .tile_rows = 16};
    th_estimate_fn *estimate = th_format(e.format)->estimate;
    *bytes = REST;
    if (options->plain_only && th_format(e.format)->sandboxed) return false;
    if (!estimate || !estimate(v, options, &e) || !e.width || !e.height) return false;
    if (e.planes) *bytes = PLANES_REST;
    if (th_mul_sat(e.width, e.height) <= options->max_pixels)
        *bytes = th_add_sat(*bytes, peak(&e, options, th_metadata_most(options, len)));
    return true;
}

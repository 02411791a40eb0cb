/* The memory a picture will need, told from its header: what every format shares. The numbers here and in the files
 * beside it were measured with tests/memory/memory_estimates.c over pictures of all formats, and rounded up. */
#include "image/estimate/estimate.h"

#include "image/rowscale.h"

/* For contexts, tables, profiles of usual size, small allocations and what the heap loses between them. */
#define REST        ((uint64_t)4 << 20)
#define PLANES_REST ((uint64_t)2 << 20) /* on the JPEG hot path, where most of it is not met */

/* libvips' cache of rows that were read holds so many tiles that this many rows fit in, and twice that. */
#define CACHE_ROWS 256
/* Rows in the operations between that cache and us, with up to four samples in floating point. */
#define WORK_ROWS        64
#define WORK_PIXEL_BYTES 16

/* ---- geometry ---- */

void th_estimate_targets(uint32_t width, uint32_t height, bool swap, const struct thumbs_image_options *options,
                         struct th_targets *out)
{
    out->n = options->n_sizes < THUMBS_MAX_SIZES ? options->n_sizes : THUMBS_MAX_SIZES;
    for (uint32_t i = 0; i < out->n; i++) {
        struct th_geometry g = th_geometry_fit(swap ? height : width, swap ? width : height, &options->sizes[i],
                                               (enum thumbs_fit)options->fit, options->enlarge != 0);
        out->sizes[i] = swap ? th_geometry_transposed(&g) : g;
    }
}

void th_estimate_worst_size(uint32_t side, const struct thumbs_image_options *options, uint32_t *width,
                            uint32_t *height)
{
    *width = side;
    *height = (uint32_t)th_max_u64(th_min_u64(options->max_pixels / side, side), 1);
}

uint32_t th_estimate_shrink(uint32_t width, uint32_t height, const struct thumbs_image_options *options)
{
    uint32_t least = UINT32_MAX;
    for (int swap = 0; swap <= 1; swap++) {
        struct th_targets targets;
        th_estimate_targets(width, height, swap, options, &targets);
        for (uint32_t i = 0; i < targets.n; i++) {
            const struct th_geometry *g = &targets.sizes[i];
            least = (uint32_t)th_min_u64(least, width / 2 / g->scaled_width);
            least = (uint32_t)th_min_u64(least, height / 2 / g->scaled_height);
        }
    }
    return least < 1 ? 1 : least;
}

/* ---- what follows the decoder ---- */

/* An encoder's memory for a pixel: libjpeg holds the coefficients to find the best codes; libwebp, which is the worst
 * by far, needs the more the less even the picture is and the higher the quality. */
static uint64_t encoder_pixel_bytes(enum thumbs_format format, uint32_t bands, uint32_t quality)
{
    bool alpha = bands % 2 == 0;
    if (format == THUMBS_FORMAT_JPEG) return (bands <= 2 ? 2 : 3) + (alpha ? bands : 0);
    if (format == THUMBS_FORMAT_WEBP) return (quality > 90 ? 28 : 18) + (alpha ? 18 : 0);
    return 0;
}

/* An encoded pixel, noise at worst; the sink that grows may hold it twice for a moment. */
static uint64_t encoded_pixel_bytes(enum thumbs_format format, uint32_t bands)
{
    return format == THUMBS_FORMAT_PNG ? bands : 2;
}

/* Finished thumbnails of all sizes, one of them turned or in its encoder, and everything encoded. */
static uint64_t outputs(const struct th_targets *targets, const struct th_estimate *e,
                        const struct thumbs_image_options *options)
{
    uint64_t all = 0, largest = 0, at_work = e->bands, encoded = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        uint64_t pixels =
            th_max_u64((uint64_t)g->scaled_width * g->scaled_height, (uint64_t)g->canvas_width * g->canvas_height);
        all = th_add_sat(all, pixels);
        largest = th_max_u64(largest, pixels);
    }
    for (uint32_t i = 0; i < options->n_formats && i < THUMBS_MAX_FORMATS; i++) {
        enum thumbs_format format = th_image_output_format(options->formats[i], e->format, e->bands % 2 == 0);
        at_work = th_max_u64(at_work, encoder_pixel_bytes(format, e->bands, options->quality));
        encoded += encoded_pixel_bytes(format, e->bands);
    }
    return th_add_sat(th_mul_sat(all, e->bands + encoded), th_mul_sat(largest, at_work));
}

/* A side of what comes: decoders round up. */
static uint32_t reduced_side(uint32_t side, uint32_t shrink)
{
    return (uint32_t)th_min_u64((uint64_t)(side / shrink) + 1, UINT32_MAX);
}

/* A scaler for each size, fed from one stream of rows. */
static uint64_t scalers(const struct th_estimate *e, const struct th_targets *targets)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        struct th_rowscale_plan plan = {.in_width = reduced_side(e->width, e->shrink),
                                        .in_height = reduced_side(e->height, e->shrink),
                                        .out_width = g->scaled_width,
                                        .out_height = g->scaled_height,
                                        .bands = e->bands,
                                        .alpha = e->bands % 2 == 0};
        plan.span_x = plan.in_width;
        plan.span_y = plan.in_height;
        sum = th_add_sat(sum, th_rowscale_size(&plan));
    }
    return sum;
}

/* Rows on their way from libvips' reader to the scalers. */
static uint64_t rows(const struct th_estimate *e)
{
    uint64_t width = reduced_side(e->width, e->shrink), height = reduced_side(e->height, e->shrink);
    uint64_t cached = e->tile_rows ? th_min_u64(2 * (CACHE_ROWS + e->tile_rows), height + e->tile_rows) : 0;
    bool plain = e->pixel_bytes <= e->bands;
    uint64_t sum = th_mul3_sat(width, cached, e->pixel_bytes);
    return th_add_sat(sum, th_mul3_sat(width, WORK_ROWS, e->pixel_bytes + (plain ? 0 : WORK_PIXEL_BYTES)));
}

/* The larger of two moments: decoding, with the rows and scalers behind it; and encoding, when that has gone. Whether
 * the picture lies on its side is not asked: the worse of both. */
static uint64_t peak(const struct th_estimate *e, const struct thumbs_image_options *options)
{
    uint64_t decoding = e->planes ? 0 : rows(e), encoding = 0, feeding = 0;
    for (int swap = 0; swap <= 1; swap++) {
        struct th_targets targets;
        th_estimate_targets(e->width, e->height, swap, options, &targets);
        encoding = th_max_u64(encoding, outputs(&targets, e, options));
        if (!e->planes) feeding = th_max_u64(feeding, scalers(e, &targets));
    }
    decoding = th_add_sat(th_add_sat(decoding, feeding), e->decoder);
    return th_add_sat(e->held, th_max_u64(decoding, encoding));
}

/* ---- by format ---- */

static th_estimate_fn *estimator(enum thumbs_format format)
{
    switch (format) {
    case THUMBS_FORMAT_JPEG:
        return th_estimate_jpeg;
    case THUMBS_FORMAT_PNG:
        return th_estimate_png;
    case THUMBS_FORMAT_GIF:
        return th_estimate_gif;
    case THUMBS_FORMAT_WEBP:
        return th_estimate_webp;
    case THUMBS_FORMAT_TIFF:
        return th_estimate_tiff;
    case THUMBS_FORMAT_HEIF:
    case THUMBS_FORMAT_AVIF:
        return th_estimate_heif;
    case THUMBS_FORMAT_SVG:
        return th_estimate_svg;
    default: /* not decoded: see takes() of backend_vips.c, and loaders that libvips does not trust */
        return NULL;
    }
}

bool th_image_estimate(const uint8_t *data, size_t len, const struct thumbs_image_options *options, uint64_t *bytes)
{
    struct th_view v = {data, len};
    struct th_estimate e = {
        .format = th_image_sniff(data, len), .shrink = 1, .bands = 4, .pixel_bytes = 4, .tile_rows = 16};
    th_estimate_fn *estimate = estimator(e.format);
    *bytes = REST;
    if (!estimate || !estimate(v, options, &e) || !e.width || !e.height) return false;
    if (e.planes) *bytes = PLANES_REST;
    if (th_mul_sat(e.width, e.height) <= options->max_pixels) *bytes = th_add_sat(*bytes, peak(&e, options));
    return true;
}

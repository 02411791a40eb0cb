/* The memory a picture will need, told from its header: what every format shares. Numbers were measured with
 * tests/image/test_estimate.c over pictures of all formats, and rounded up. */
#include "image/estimate.h"

#include "image/rowscale.h"

/* For contexts, tables, profiles of usual size, small allocations and what the heap loses between them. */
#define REST ((uint64_t)4 << 20)

/* Rows of the source that libvips holds: its sequential cache and the strips of the operations behind it. */
#define ROWS 160

/* An encoder's memory for a pixel of the thumbnail: WebP is the largest. */
#define ENCODER_PIXEL_BYTES 24
#define ENCODER_REST        ((uint64_t)1 << 20)

/* An encoded pixel at most. */
#define ENCODED_PIXEL_BYTES 4

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

/* Finished thumbnails of all sizes, one of them turned, flattened and in its encoder, and everything encoded. */
static uint64_t outputs(const struct th_targets *targets, uint32_t bands, const struct thumbs_image_options *options)
{
    uint64_t all = 0, largest = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        uint64_t pixels =
            th_max_u64((uint64_t)g->scaled_width * g->scaled_height, (uint64_t)g->canvas_width * g->canvas_height);
        all = th_add_sat(all, pixels);
        largest = th_max_u64(largest, pixels);
    }
    uint64_t kept = th_mul_sat(all, bands + ENCODED_PIXEL_BYTES * (uint64_t)options->n_formats);
    uint64_t at_work = th_mul_sat(largest, 2 * bands + ENCODER_PIXEL_BYTES);
    return th_add_sat(ENCODER_REST, th_add_sat(kept, at_work));
}

/* A scaler for each size, fed from one stream of rows. */
static uint64_t scalers(const struct th_estimate *e, const struct th_targets *targets)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        struct th_rowscale_plan plan = {.in_width = e->width / e->shrink + 1,
                                        .in_height = e->height / e->shrink + 1,
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

/* The way through libvips and rowscale. Whether a picture lies on its side is not asked: the worse of both. */
static uint64_t by_rows(const struct th_estimate *e, const struct thumbs_image_options *options)
{
    uint64_t worst = 0;
    for (int swap = 0; swap <= 1; swap++) {
        struct th_targets targets;
        th_estimate_targets(e->width, e->height, swap, options, &targets);
        worst = th_max_u64(worst, th_add_sat(scalers(e, &targets), outputs(&targets, e->bands, options)));
    }
    uint64_t rows = th_mul3_sat(e->width / e->shrink + 1, e->pixel_bytes + e->bands, ROWS);
    return th_add_sat(worst, rows);
}

/* Of the JPEG hot path only the thumbnails are left to count. */
static uint64_t by_planes(const struct th_estimate *e, const struct thumbs_image_options *options)
{
    struct th_targets targets;
    th_estimate_targets(e->width, e->height, false, options, &targets);
    uint64_t upright = outputs(&targets, 3, options);
    th_estimate_targets(e->width, e->height, true, options, &targets);
    /* Small planes beside the small pictures they become. */
    return th_mul_sat(th_max_u64(upright, outputs(&targets, 3, options)), 2);
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
    case THUMBS_FORMAT_JP2K:
        return th_estimate_jp2k;
    default:
        return NULL;
    }
}

bool th_image_estimate(const uint8_t *data, size_t len, const struct thumbs_image_options *options, uint64_t *bytes)
{
    struct th_view v = {data, len};
    struct th_estimate e = {.shrink = 1, .bands = 4, .pixel_bytes = 4};
    th_estimate_fn *estimate = estimator(th_image_sniff(data, len));
    *bytes = REST;
    if (!estimate || !estimate(v, options, &e) || !e.width || !e.height) return false;
    if (th_mul_sat(e.width, e.height) > options->max_pixels) return true;
    uint64_t rest = e.whole ? by_planes(&e, options) : by_rows(&e, options);
    *bytes = th_add_sat(REST, th_add_sat(e.decoder, rest));
    return true;
}

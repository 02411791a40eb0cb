#include "image/image.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/backend.h"
#include "image/encode.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_hot.h"
#include "image/vips/vips_module.h"

/* Asked in this order. */
static const struct th_backend *const backends[] = {&th_backend_jpeg, &th_backend_vips};

/* ---- formats by name ---- */

enum thumbs_format th_image_format_by_ext(const char *ext, size_t len)
{
    static const struct {
        char ext[8];
        uint8_t format;
    } known[] = {
        {"jpg", THUMBS_FORMAT_JPEG},   {"jpeg", THUMBS_FORMAT_JPEG}, {"jpe", THUMBS_FORMAT_JPEG},
        {"jfif", THUMBS_FORMAT_JPEG},  {"jif", THUMBS_FORMAT_JPEG},  {"png", THUMBS_FORMAT_PNG},
        {"apng", THUMBS_FORMAT_PNG},   {"webp", THUMBS_FORMAT_WEBP}, {"avif", THUMBS_FORMAT_AVIF},
        {"avifs", THUMBS_FORMAT_AVIF}, {"jxl", THUMBS_FORMAT_JXL},   {"gif", THUMBS_FORMAT_GIF},
        {"heic", THUMBS_FORMAT_HEIF},  {"heif", THUMBS_FORMAT_HEIF}, {"hif", THUMBS_FORMAT_HEIF},
        {"tif", THUMBS_FORMAT_TIFF},   {"tiff", THUMBS_FORMAT_TIFF}, {"jp2", THUMBS_FORMAT_JP2K},
        {"j2k", THUMBS_FORMAT_JP2K},   {"jpf", THUMBS_FORMAT_JP2K},  {"jpx", THUMBS_FORMAT_JP2K},
        {"j2c", THUMBS_FORMAT_JP2K},   {"jpc", THUMBS_FORMAT_JP2K},  {"svg", THUMBS_FORMAT_SVG},
        {"svgz", THUMBS_FORMAT_SVG},   {"pdf", THUMBS_FORMAT_PDF},   {"bmp", THUMBS_FORMAT_BMP},
        {"dib", THUMBS_FORMAT_BMP},    {"psd", THUMBS_FORMAT_OTHER}, {"psb", THUMBS_FORMAT_OTHER},
        {"ico", THUMBS_FORMAT_OTHER},  {"pbm", THUMBS_FORMAT_OTHER}, {"pgm", THUMBS_FORMAT_OTHER},
        {"ppm", THUMBS_FORMAT_OTHER},  {"pnm", THUMBS_FORMAT_OTHER}, {"pam", THUMBS_FORMAT_OTHER},
        {"pfm", THUMBS_FORMAT_OTHER},  {"hdr", THUMBS_FORMAT_OTHER}, {"exr", THUMBS_FORMAT_OTHER},
        {"fits", THUMBS_FORMAT_OTHER}, {"qoi", THUMBS_FORMAT_OTHER}, {"dds", THUMBS_FORMAT_OTHER},
        {"xcf", THUMBS_FORMAT_OTHER},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].ext) == len && strncasecmp(known[i].ext, ext, len) == 0) return known[i].format;
    return THUMBS_FORMAT_NONE;
}

static bool is_writable(enum thumbs_format format)
{
    return format == THUMBS_FORMAT_JPEG || format == THUMBS_FORMAT_PNG || format == THUMBS_FORMAT_WEBP;
}

enum thumbs_format th_image_output_format(enum thumbs_format wanted, enum thumbs_format source, bool has_alpha)
{
    if (wanted != THUMBS_FORMAT_KEEP) return wanted;
    if (is_writable(source)) return source;
    return has_alpha ? THUMBS_FORMAT_PNG : THUMBS_FORMAT_JPEG;
}

/* ---- steps that every backend takes ---- */

enum thumbs_code th_make_check_deadline(const struct th_make *make, enum thumbs_stage stage, struct thumbs_error *err)
{
    if (make->deadline_ns == 0 || th_now_ns() < make->deadline_ns) return THUMBS_OK;
    return th_error_set(err, THUMBS_TIMEOUT, stage, "it took longer than it may");
}

enum thumbs_code th_make_damaged(struct th_make *make, const char *what, struct thumbs_error *err)
{
    if (!what[0]) what = "the data is damaged";
    if (make->options->on_damage == THUMBS_DAMAGE_FAIL)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "damaged: %s", what);
    struct th_image_result *result = make->result;
    if (!result->damaged) {
        result->damaged = 1;
        strncpy(result->warning, what, sizeof result->warning - 1);
    }
    return THUMBS_OK;
}

/* A thumbnail has its limit too: a strip of one pixel, enlarged, may outgrow any source. */
static enum thumbs_code check_canvas(const struct th_make *make, const struct th_geometry *g, struct thumbs_error *err)
{
    uint64_t canvas = (uint64_t)g->canvas_width * g->canvas_height;
    uint64_t scaled = (uint64_t)g->scaled_width * g->scaled_height;
    uint64_t most = make->options->max_pixels;
    if (canvas <= most && scaled <= most) return THUMBS_OK;
    return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_RESIZE,
                        "its thumbnail has %u x %u pixels, more than the %" PRIu64 " allowed", g->scaled_width,
                        g->scaled_height, most);
}

enum thumbs_code th_make_targets(struct th_make *make, uint32_t width, uint32_t height, unsigned orientation,
                                 struct th_targets *out, struct thumbs_error *err)
{
    const struct thumbs_image_options *options = make->options;
    if (width == 0 || height == 0) return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "it has no pixels");
    uint64_t pixels = (uint64_t)width * height;
    if (pixels > options->max_pixels)
        return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_DECODE,
                            "%u x %u are %" PRIu64 " pixels, more than the %" PRIu64 " allowed", width, height, pixels,
                            options->max_pixels);

    bool swap = th_orientation_swaps(orientation);
    make->result->width = swap ? height : width;
    make->result->height = swap ? width : height;
    struct th_targets targets = {.n = options->n_sizes};
    for (uint32_t i = 0; i < options->n_sizes; i++) {
        struct th_geometry g = th_geometry_fit(make->result->width, make->result->height, &options->sizes[i],
                                               (enum thumbs_fit)options->fit, options->enlarge != 0 || make->sizeless);
        enum thumbs_code code = check_canvas(make, &g, err);
        if (code != THUMBS_OK) return code;
        targets.sizes[i] = swap ? th_geometry_transposed(&g) : g;
    }
    *out = targets;
    return THUMBS_OK;
}

enum thumbs_code th_make_outputs(struct th_make *make, struct th_pixels *pictures, uint32_t n, unsigned orientation,
                                 struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    bool alpha = false;
    uint64_t start_ns = th_now_ns();
    for (uint32_t i = 0; i < n; i++)
        alpha = alpha || !th_pixels_is_opaque(&pictures[i]);
    for (uint32_t i = 0; i < n && code == THUMBS_OK; i++) {
        code = th_make_check_deadline(make, THUMBS_STAGE_ENCODE, err);
        if (code == THUMBS_OK && !th_pixels_orient(&pictures[i], orientation))
            code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory to turn a thumbnail");
        if (code == THUMBS_OK)
            code =
                th_encode_outputs(&pictures[i], i, make->format, alpha, make->options, make->sink, make->result, err);
        th_pixels_finish(&pictures[i]);
    }
    make->result->encode_ns += th_now_ns() - start_ns;
    return code;
}

/* ---- the dispatcher ---- */

static enum thumbs_code check_options(const struct thumbs_image_options *options, struct thumbs_error *err)
{
    if (options->n_sizes < 1 || options->n_sizes > THUMBS_MAX_SIZES)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "1 to %d sizes are needed", THUMBS_MAX_SIZES);
    for (uint32_t i = 0; i < options->n_sizes; i++)
        if (options->sizes[i].width == 0 && options->sizes[i].height == 0)
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "a size has no side");
    if (options->n_formats < 1 || options->n_formats > THUMBS_MAX_FORMATS)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "1 to %d formats are needed", THUMBS_MAX_FORMATS);
    for (uint32_t i = 0; i < options->n_formats; i++)
        if (options->formats[i] != THUMBS_FORMAT_KEEP && !is_writable((enum thumbs_format)options->formats[i]))
            return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s cannot be written",
                                thumbs_format_name((enum thumbs_format)options->formats[i]));
    if (options->quality < 1 || options->quality > 100)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "a quality is 1 to 100");
    if (options->fit != THUMBS_FIT_INSIDE)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "only the fit \"inside\" can be made");
    return THUMBS_OK;
}

static enum thumbs_code run_backends(struct th_make *make, struct thumbs_error *err)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        if (!backends[i]->takes(make->format)) continue;
        make->declined = false;
        enum thumbs_code code = backends[i]->make(make, err);
        if (!make->declined) return code;
    }
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "decoding of %s is not enabled",
                        thumbs_format_name(make->format));
}

enum thumbs_code th_image_make(const uint8_t *data, size_t len, const struct thumbs_image_options *options,
                               const struct th_image_limits *limits, struct th_sink *sink,
                               struct th_image_result *result, struct thumbs_error *err)
{
    enum thumbs_code code = check_options(options, err);
    if (code != THUMBS_OK) return code;
    memset(result, 0, sizeof *result);
    enum thumbs_format format = th_image_sniff(data, len);
    result->source_format = format;
    if (format == THUMBS_FORMAT_NONE)
        return th_error_set(err, THUMBS_NOT_IMAGE, THUMBS_STAGE_DECODE, "no image format that is known");

    struct th_make make = {.data = data,
                           .len = len,
                           .format = format,
                           .options = options,
                           .deadline_ns = limits ? limits->deadline_ns : 0,
                           .sandboxed = limits && limits->sandboxed,
                           .sink = sink,
                           .result = result};
    size_t len_before = sink->len;
    if (format == THUMBS_FORMAT_SVG && (!make.sandboxed || options->no_svg))
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "SVG is only decoded in sandboxed worker processes");
    code = th_make_check_deadline(&make, THUMBS_STAGE_DECODE, err);
    sink->deadline_ns = make.deadline_ns;
    if (code == THUMBS_OK) code = run_backends(&make, err);
    sink->deadline_ns = 0;
    if (code != THUMBS_OK) {
        sink->len = len_before;
        result->n_outputs = 0;
    }
    return code;
}

enum thumbs_code th_image_preload(struct thumbs_error *err)
{
    const struct th_vips_ops *ops;
    return th_vips_load(&ops, err);
}

bool th_image_wants_preload(const uint8_t *data, size_t len)
{
    return th_image_sniff(data, len) != THUMBS_FORMAT_JPEG;
}

void th_image_thread_finish(void)
{
    const struct th_vips_ops *ops = th_vips_if_loaded();
    if (ops) ops->thread_finish();
    th_jpeg_hot_thread_finish();
    th_icc_thread_finish();
}

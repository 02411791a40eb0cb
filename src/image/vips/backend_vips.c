/* Everything that no faster way takes: libvips decodes, rowscale reduces the rows as they come, for all sizes at
 * once. */
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/backend.h"
#include "image/encode.h"
#include "image/estimate/estimate.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_parse.h"
#include "image/rowscale.h"
#include "image/svg_root.h"
#include "image/vips/vips_module.h"

/* ---- loading the module ---- */

static const struct th_vips_host host = {
    .alloc = th_alloc, .now_ns = th_now_ns, .error_set = th_error_set, .format_name = thumbs_format_name};

/* State of the process, as a loaded library is: set once under the lock, never taken back. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(const struct th_vips_ops *) loaded;
static bool sealed;                     /* under the lock: nothing may be loaded any more */
static struct thumbs_error load_failed; /* under the lock: how the last attempt went */

const struct th_vips_ops *th_vips_if_loaded(void)
{
    return atomic_load_explicit(&loaded, memory_order_acquire);
}

static enum thumbs_code open_module(struct thumbs_error *err)
{
    void *module = dlopen(TH_VIPS_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        const char *why = dlerror();
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "the libvips module cannot be loaded: %s",
                            why ? why : "no reason given");
    }
    /* POSIX promises that the pointer may be called; ISO C has no cast for it. */
    union {
        void *object;
        th_vips_module_fn *entry;
    } symbol = {.object = dlsym(module, TH_VIPS_MODULE_ENTRY)};
    const struct th_vips_ops *ops = symbol.object ? symbol.entry() : NULL;
    if (!ops || ops->version != TH_VIPS_MODULE_VERSION) {
        dlclose(module);
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "%s is of another version", TH_VIPS_MODULE);
    }
    enum thumbs_code code = ops->start(&host, err);
    /* A library with GLib types in it cannot be unloaded: a module that did not start stays, unused. */
    if (code == THUMBS_OK) atomic_store_explicit(&loaded, ops, memory_order_release);
    return code;
}

static enum thumbs_code load_locked(struct thumbs_error *err)
{
    if (th_vips_if_loaded()) return THUMBS_OK;
    if (!sealed) {
        load_failed = (struct thumbs_error){0};
        open_module(&load_failed);
    } else if (load_failed.code == THUMBS_OK) {
        return th_error_set(err, THUMBS_STOPPED, THUMBS_STAGE_DECODE, "it needs libraries that are not loaded here");
    }
    if (load_failed.code != THUMBS_OK && err) *err = load_failed;
    return load_failed.code;
}

void th_image_seal(void)
{
    pthread_mutex_lock(&load_lock);
    sealed = true;
    pthread_mutex_unlock(&load_lock);
}

enum thumbs_code th_vips_load(const struct th_vips_ops **ops, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    if (!th_vips_if_loaded()) {
        pthread_mutex_lock(&load_lock);
        code = load_locked(err);
        pthread_mutex_unlock(&load_lock);
    }
    if (code == THUMBS_OK) *ops = th_vips_if_loaded();
    return code;
}

/* ---- from rows to small pictures ---- */

/* All sizes of one source, fed from one decoder. */
struct feeder {
    struct th_make *make;
    const struct th_vips_header *header;
    const struct th_targets *targets;
    struct th_rowscale *scalers[THUMBS_MAX_SIZES];
    uint64_t resize_ns;
    enum thumbs_code code; /* why it stopped the decoder */
    struct thumbs_error *err;
};

static void drop_scalers(struct feeder *f)
{
    for (uint32_t i = 0; i < f->targets->n; i++) {
        th_rowscale_destroy(f->scalers[i]);
        f->scalers[i] = NULL;
    }
}

static bool begin(void *user, uint32_t width, uint32_t height, double span_x, double span_y)
{
    struct feeder *f = user;
    drop_scalers(f);
    for (uint32_t i = 0; i < f->targets->n; i++) {
        const struct th_geometry *g = &f->targets->sizes[i];
        const struct th_rowscale_plan plan = {.in_width = width,
                                              .in_height = height,
                                              .span_x = span_x,
                                              .span_y = span_y,
                                              .out_width = g->scaled_width,
                                              .out_height = g->scaled_height,
                                              .bands = f->header->bands,
                                              .alpha = f->header->alpha};
        f->scalers[i] = th_rowscale_create(&plan);
        if (!f->scalers[i]) {
            f->code = th_error_set(f->err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory to resize %u x %u pixels",
                                   width, height);
            return false;
        }
    }
    return true;
}

static bool rows(void *user, const uint8_t *data, size_t stride, uint32_t n)
{
    struct feeder *f = user;
    uint64_t start_ns = th_now_ns();
    for (uint32_t i = 0; i < f->targets->n; i++)
        th_rowscale_feed(f->scalers[i], data, stride, n);
    f->resize_ns += th_now_ns() - start_ns;
    f->code = th_make_check_deadline(f->make, THUMBS_STAGE_DECODE, f->err);
    return f->code == THUMBS_OK;
}

/* How far the decoder may reduce: every size must keep a factor of 2 (fast: 1.5) for the filter, on both axes. */
static uint32_t most_shrink(const struct th_vips_header *header, const struct th_targets *targets, bool fast)
{
    const uint64_t twice_left = fast ? 3 : 4;
    uint32_t most = UINT32_MAX;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        uint32_t x = (uint32_t)(2 * (uint64_t)header->width / (twice_left * g->scaled_width));
        uint32_t y = (uint32_t)(2 * (uint64_t)header->height / (twice_left * g->scaled_height));
        if (x < most) most = x;
        if (y < most) most = y;
    }
    return most < 1 ? 1 : most;
}

/* A drawing is drawn so large that every size can be had by reducing, which is exactly the size if there is one of
 * the same shape; but never with more pixels than a source may have. */
static double draw_scale(const struct th_make *make, const struct th_vips_header *header,
                         const struct th_targets *targets)
{
    double width = header->width, height = header->height, scale = 0;
    double most = sqrt((double)make->options->max_pixels / width / height);
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct th_geometry *g = &targets->sizes[i];
        scale = fmax(scale, fmax(g->scaled_width / width, g->scaled_height / height));
    }
    return fmin(scale, most);
}

static enum thumbs_code decode(struct th_make *make, const struct th_vips_ops *ops, struct th_vips_source *source,
                               struct feeder *f, struct thumbs_error *err)
{
    bool damaged = false;
    char warning[200] = "";
    const struct th_vips_rows to = {.begin = begin, .rows = rows, .user = f};
    const uint32_t shrink = most_shrink(f->header, f->targets, make->options->fast != 0);
    enum thumbs_code code =
        ops->read(source, shrink, draw_scale(make, f->header, f->targets), &to, &damaged, warning, err);
    if (code == THUMBS_STOPPED && f->code != THUMBS_OK) return f->code;
    if (code == THUMBS_STOPPED) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory to decode");
    if (code == THUMBS_OK && damaged) code = th_make_damaged(make, warning, err);
    return code;
}

/* A broken profile is no reason to have no thumbnail: RGB is then taken as sRGB, CMYK goes through a general
 * profile. */
static bool convert(struct th_pixels *p, const struct th_vips_header *h, const struct th_icc *icc,
                    const struct th_vips_ops *ops)
{
    if (icc->kind != TH_ICC_OTHER) {
        th_icc_apply(icc, p);
        return true;
    }
    if (h->icc && ops->to_srgb(p, h->icc, h->icc_len)) return true;
    return !h->cmyk || ops->to_srgb(p, NULL, 0);
}

/* The finished pictures in sRGB. */
static enum thumbs_code collect(struct feeder *f, const struct th_vips_ops *ops, struct th_pixels *pictures,
                                struct thumbs_error *err)
{
    const struct th_vips_header *h = f->header;
    uint64_t start_ns = th_now_ns();
    struct th_icc icc;
    const bool read =
        h->cmyk ? th_icc_read_cmyk(&icc, h->icc, h->icc_len) : th_icc_read(&icc, h->icc, h->icc_len, h->bands);
    if (!read) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory for its colour profile");
    for (uint32_t i = 0; i < f->targets->n; i++) {
        if (!th_rowscale_take(f->scalers[i], &pictures[i]))
            return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "fewer rows came than the header says");
        pictures[i].cmyk = h->cmyk;
        if (!convert(&pictures[i], h, &icc, ops))
            return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_RESIZE, "CMYK cannot be converted to sRGB");
    }
    f->resize_ns += th_now_ns() - start_ns;
    return THUMBS_OK;
}

/* libvips gives up after many warnings, but scans can be made without one. */
static enum thumbs_code check_scans(const struct th_make *make, struct thumbs_error *err)
{
    struct th_jpeg_header header;
    uint32_t until_last_dc, all;
    if (make->format != THUMBS_FORMAT_JPEG || !th_jpeg_parse(make->data, make->len, &header)) return THUMBS_OK;
    th_jpeg_count_scans(make->data, make->len, &header, &until_last_dc, &all);
    if (all <= TH_JPEG_MAX_SCANS) return THUMBS_OK;
    /* Had it fewer, it would not be decoded either: that says more about it. */
    if (header.precision != 8)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "samples of %u bits are not supported",
                            header.precision);
    return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "it has more than %d scans", TH_JPEG_MAX_SCANS);
}

/* libpng makes room for whole rows as it opens a file, 64 MB for a width of 8 million: too late to ask for pixels. */
static enum thumbs_code refuse_early(struct th_make *make, struct thumbs_error *err)
{
    const struct th_view v = {make->data, make->len};
    struct th_estimate e = {0};
    struct th_targets ignored;
    if (make->format != THUMBS_FORMAT_PNG || !th_estimate_png(v, make->options, &e)) return THUMBS_OK;
    if ((uint64_t)e.width * e.height <= make->options->max_pixels) return THUMBS_OK;
    return th_make_targets(make, e.width, e.height, 1, &ignored, err);
}

static enum thumbs_code make_with_vips(struct th_make *make, struct thumbs_error *err)
{
    const struct th_vips_ops *ops = NULL;
    struct th_vips_source *source = NULL;
    struct th_vips_header header = {0};
    struct th_targets targets = {0};
    struct th_pixels pictures[THUMBS_MAX_SIZES] = {{0}};
    struct feeder f = {.make = make, .header = &header, .targets = &targets, .err = err};

    enum thumbs_code code = check_scans(make, err);
    if (code == THUMBS_OK) code = refuse_early(make, err);
    if (code == THUMBS_OK) code = th_vips_load(&ops, err);
    if (code != THUMBS_OK) return code;
    uint64_t start_ns = th_now_ns();
    /* The dispatcher lets SVG through only where a sandbox holds. */
    if (make->format == THUMBS_FORMAT_SVG) {
        ops->unlock(make->format);
        /* libvips then has the viewBox's sides, or where something is drawn: 1 x 1 if that is a percentage too. */
        make->sizeless = !th_svg_has_size(make->data, make->len);
    }
    code = ops->open(make->data, make->len, make->format, make->deadline_ns, &source, &header, err);
    if (code != THUMBS_OK) goto out;
    code = th_make_targets(make, header.width, header.height, header.orientation, &targets, err);
    if (code != THUMBS_OK) goto out;
    code = decode(make, ops, source, &f, err);
    if (code == THUMBS_OK) code = collect(&f, ops, pictures, err);
    uint64_t all_ns = th_now_ns() - start_ns;
    make->result->resize_ns += f.resize_ns;
    make->result->decode_ns += all_ns - f.resize_ns;
    if (code == THUMBS_OK) code = th_make_outputs(make, pictures, targets.n, header.orientation, err);
out:
    for (uint32_t i = 0; i < targets.n; i++)
        th_pixels_finish(&pictures[i]);
    drop_scalers(&f);
    ops->close(source);
    return code;
}

/* The rest is left out before libvips is loaded for nothing: its loaders for them are not made for data from
 * anywhere. */
static bool takes(enum thumbs_format format)
{
    switch (format) {
    case THUMBS_FORMAT_PDF:
    case THUMBS_FORMAT_BMP:
    case THUMBS_FORMAT_OTHER:
        return false;
    default:
        return true;
    }
}

const struct th_backend th_backend_vips = {.name = "libvips", .takes = takes, .make = make_with_vips};

/* ---- the encoder that libvips lends ---- */

static bool emit(void *user, const void *data, size_t len)
{
    return th_sink_add(user, data, len);
}

enum thumbs_code th_encode_webp(const struct th_pixels *p, uint32_t quality, struct th_sink *sink,
                                struct thumbs_error *err)
{
    const struct th_vips_ops *ops = NULL;
    enum thumbs_code code = th_vips_load(&ops, err);
    if (code != THUMBS_OK) return code;
    return ops->webp(p, quality, sink->deadline_ns, emit, sink, err);
}

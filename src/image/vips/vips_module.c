#include "image/vips/vips_module.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include <vips/vector.h> /* needs the one above */

#include "image/vips/vips_bytes.h"
#include "image/vips/vips_text.h"
#include "image/vips/webp_first.h"

/* Rows asked for at a time: a multiple of the 8 that libvips' readers work in, so that none is made twice. */
#define STRIP 16

/* Set once by start(), before anything else is called. */
static const struct th_vips_host *host;

struct th_vips_source {
    const uint8_t *data;
    size_t len;
    enum thumbs_format format;
    const char *loader;
    uint64_t deadline_ns;
    VipsSource *bytes; /* what `image` is read from; NULL if it is read from memory */
    VipsImage *image;  /* opened at full size, rows as in the header, nothing decoded yet; NULL once it was used up */
    bool lenient;      /* the strict attempt failed */
    char damage[120];  /* why */
    struct th_vips_header header;
    uint8_t *icc;    /* what header.icc points to */
    uint8_t *mended; /* what data points to, if it is a changed copy */
};

/* ---- start ---- */

static int start_result;

static void start_once(void)
{
    th_vips_text_silence("VIPS");
    th_vips_text_silence("GLib");
    th_vips_text_silence("GLib-GObject");
    start_result = VIPS_INIT("thumbs");
    if (start_result != 0) return;
    vips_leak_set(FALSE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    vips_block_untrusted_set(TRUE);
    /* Code made at run time needs memory that a sandboxed worker does not get, and it rounds otherwise: outputs of the
     * modes would differ. */
    vips_vector_set_enabled(FALSE);
}

static enum thumbs_code start(const struct th_vips_host *h, struct thumbs_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    host = h;
    pthread_once(&once, start_once);
    if (start_result == 0) return THUMBS_OK;
    char hint[120];
    th_vips_text_take(hint, sizeof hint);
    return h->error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "libvips does not start: %s", hint);
}

static void thread_finish(void)
{
    vips_thread_shutdown();
}

/* ---- loaders ---- */

/* Is there such a loader, and is it one that may be used on data from anywhere, or that was unlocked? libvips
 * blocks those that it calls untrusted; what is no longer blocked was unlocked. */
static bool loader_usable(const char *name)
{
    GType type = name ? vips_type_find("VipsOperation", name) : 0;
    if (type == 0) return false;
    gpointer class = g_type_class_ref(type);
    bool blocked = VIPS_OPERATION_CLASS(class)->flags & VIPS_OPERATION_BLOCKED;
    g_type_class_unref(class);
    return !blocked;
}

static bool unlock(const char *loader)
{
    static const char *const drawing[] = {"librsvg", "GdkPixbuf", "Pango", "GLib-GIO", NULL};
    if (strcmp(loader, "svgload_buffer") != 0 || vips_type_find("VipsOperation", loader) == 0) return false;
    if (!loader_usable(loader)) {
        for (size_t i = 0; drawing[i]; i++)
            th_vips_text_silence(drawing[i]);
        vips_operation_block_set("VipsForeignLoadSvgBuffer", FALSE);
    }
    return true;
}

/* Loaders that read as they decode get a source, which can stop them; the others want all bytes in
 * memory at once and would copy them out of a source. */
static bool reads_from_source(const char *loader)
{
    return g_str_has_suffix(loader, "_source");
}

/* Tell the loader what to read. What it gets instead of a source it holds by itself. */
static bool set_input(struct th_vips_source *s, VipsOperation *operation)
{
    if (reads_from_source(s->loader)) {
        struct th_vips_bytes_plan plan = {
            .data = s->data, .len = s->len, .deadline_ns = s->deadline_ns, .now_ns = host->now_ns};
        if (s->format == THUMBS_FORMAT_PNG) th_vips_bytes_skip_texts(&plan);
        if (s->format == THUMBS_FORMAT_TIFF) th_vips_bytes_cut_pages(&plan);
        g_clear_object(&s->bytes);
        s->bytes = th_vips_bytes_new(&plan);
        if (s->bytes) g_object_set(operation, "source", s->bytes, NULL);
        return s->bytes;
    }
    VipsBlob *blob = vips_blob_new(NULL, s->data, s->len);
    g_object_set(operation, "buffer", blob, NULL);
    vips_area_unref(VIPS_AREA(blob));
    return true;
}

/* How a picture is read: reduced by a whole number or, if it is drawn, at any scale; the other of the two is 1. */
struct reduction {
    uint32_t shrink;
    double draw_scale;
};

/* The picture, of which no more than the header has been read; NULL on failure. */
static VipsImage *load(struct th_vips_source *s, struct reduction by, VipsFailOn fail_on)
{
    VipsImage *image = NULL;
    VipsOperation *operation = vips_operation_new(s->loader);
    if (!operation) return NULL;
    g_object_set(operation, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    if (s->format == THUMBS_FORMAT_JPEG && by.shrink > 1) g_object_set(operation, "shrink", (int)by.shrink, NULL);
    if (s->format == THUMBS_FORMAT_WEBP && by.shrink > 1) g_object_set(operation, "scale", 1.0 / by.shrink, NULL);
    if (s->format == THUMBS_FORMAT_SVG) g_object_set(operation, "scale", by.draw_scale, NULL);
    if (set_input(s, operation) && vips_object_build(VIPS_OBJECT(operation)) == 0)
        g_object_get(operation, "out", &image, NULL);
    vips_object_unref_outputs(VIPS_OBJECT(operation));
    g_object_unref(operation);
    return image;
}

/* Did the decoder run dry because time was up? */
static bool is_late(const struct th_vips_source *s)
{
    return s->bytes && th_vips_bytes_late(s->bytes);
}

/* ---- to 8 bits, at most four bands ---- */

/* Replace *image by the result of an operation on it. */
static bool replace(VipsImage **image, VipsImage *result, int failed)
{
    if (failed) {
        g_clear_object(&result);
        return false;
    }
    g_object_unref(*image);
    *image = result;
    return true;
}

static bool is_plain(VipsInterpretation interpretation)
{
    switch (interpretation) {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
    case VIPS_INTERPRETATION_MULTIBAND:
    case VIPS_INTERPRETATION_CMYK:
        return true;
    default:
        return false;
    }
}

static bool make_8_bit(VipsImage **image)
{
    VipsImage *result = NULL;
    if ((*image)->Coding != VIPS_CODING_NONE || !is_plain(vips_image_guess_interpretation(*image))) {
        int failed = vips_colourspace(*image, &result, VIPS_INTERPRETATION_sRGB, NULL);
        if (!replace(image, result, failed)) return false;
        result = NULL;
    }
    VipsBandFormat format = vips_image_get_format(*image);
    if (format == VIPS_FORMAT_UCHAR) return true;
    /* 16 bits without sign fill their range; other types usually hold the values of an 8-bit picture. */
    gboolean shift = format == VIPS_FORMAT_USHORT;
    int failed = vips_cast(*image, &result, VIPS_FORMAT_UCHAR, "shift", shift, NULL);
    return replace(image, result, failed);
}

/* How many of the bands make up the picture; the rest are spot colours and the like. */
static int useful_bands(int bands, VipsInterpretation interpretation)
{
    if (interpretation == VIPS_INTERPRETATION_CMYK && bands >= 4) return 4;
    if (interpretation == VIPS_INTERPRETATION_MULTIBAND && bands > 4) return 3;
    if ((interpretation == VIPS_INTERPRETATION_B_W || interpretation == VIPS_INTERPRETATION_GREY16) && bands > 2)
        return bands == 3 ? 3 : 2;
    return bands < 4 ? bands : 4;
}

/* Decoded rows as the header promises them. Takes over `image`; NULL on failure. */
static VipsImage *prepare(VipsImage *image, struct th_vips_header *header)
{
    VipsInterpretation interpretation = vips_image_guess_interpretation(image);
    if (!make_8_bit(&image)) goto fail;

    int bands = useful_bands(image->Bands, interpretation);
    if (bands != image->Bands) {
        VipsImage *result = NULL;
        int failed = vips_extract_band(image, &result, 0, "n", bands, NULL);
        if (!replace(&image, result, failed)) goto fail;
    }
    header->bands = (uint32_t)bands;
    header->cmyk = interpretation == VIPS_INTERPRETATION_CMYK && bands == 4;
    header->alpha = !header->cmyk && (bands == 2 || bands == 4);
    return image;
fail:
    g_object_unref(image);
    return NULL;
}

/* Copy the embedded profile, if it is one for the colours that come (a profile of a Lab picture says nothing about
 * its sRGB version). The image itself must not be kept for it: libvips reports what a JPEG has to be blamed for
 * when the image goes. */
static bool copy_profile(struct th_vips_source *s, VipsImage *image)
{
    const void *data = NULL;
    size_t len = 0;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return true;
    if (!is_plain(vips_image_guess_interpretation(image))) return true;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &len) != 0 || len == 0) return true;
    if (!(s->icc = host->alloc(len))) return false;
    memcpy(s->icc, data, len);
    s->header.icc = s->icc;
    s->header.icc_len = len;
    return true;
}

static void close_source(struct th_vips_source *s)
{
    if (!s) return;
    g_clear_object(&s->image);
    g_clear_object(&s->bytes);
    th_vips_text_leave();
    free(s->icc);
    free(s->mended);
    free(s);
}

/* libjpeg goes on after errors in the data and only warns: one lenient pass tells both. A drawing is no
 * better for a second pass. The other decoders are told to stop at the first error, so that it is noticed at all. */
static VipsFailOn strictness(const struct th_vips_source *s)
{
    bool one_pass = s->format == THUMBS_FORMAT_JPEG || s->format == THUMBS_FORMAT_SVG || s->lenient;
    return one_pass ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_ERROR;
}

/* A PNG that ends inside a chunk: libpng would throw away all of that chunk, which is often the only one with
 * pixels. In a copy the chunk is declared as long as it really is; its last four bytes pass for the checksum, which
 * a lenient reader ignores. */
static void mend_png(struct th_vips_source *s)
{
    size_t at = 8, left, declared;
    for (;; at += 12 + declared) {
        left = s->len > at ? s->len - at : 0;
        if (left < 12) return;
        const uint8_t *p = s->data + at;
        declared = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (declared > left - 12) break;
    }
    if (!(s->mended = host->alloc(s->len))) return;
    memcpy(s->mended, s->data, s->len);
    uint32_t there = (uint32_t)(left - 12);
    for (int i = 0; i < 4; i++)
        s->mended[at + (size_t)i] = (uint8_t)(there >> (24 - 8 * i));
    s->data = s->mended;
}

/* The strict attempt failed: remember why, take what can be had. */
static void go_lenient(struct th_vips_source *s)
{
    s->lenient = true;
    th_vips_text_take(s->damage, sizeof s->damage);
    if (s->format == THUMBS_FORMAT_PNG) mend_png(s);
}

static enum thumbs_code too_late(struct thumbs_error *err)
{
    vips_error_clear();
    return host->error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE, "it took longer than it may");
}

static enum thumbs_code open_header(struct th_vips_source *s, struct thumbs_error *err)
{
    static const struct reduction full = {1, 1};
    th_vips_text_forget();
    VipsImage *image = load(s, full, strictness(s));
    if (!image && strictness(s) != VIPS_FAIL_ON_NONE && !is_late(s)) {
        go_lenient(s);
        image = load(s, full, VIPS_FAIL_ON_NONE);
    }
    if (image) {
        /* libheif and libjxl turn the picture themselves. */
        bool turned =
            s->format == THUMBS_FORMAT_HEIF || s->format == THUMBS_FORMAT_AVIF || s->format == THUMBS_FORMAT_JXL;
        s->header.width = (uint32_t)image->Xsize;
        s->header.height = (uint32_t)image->Ysize;
        s->header.orientation = turned ? 1 : (unsigned)vips_image_get_orientation(image);
        if (!copy_profile(s, image)) {
            g_object_unref(image);
            return host->error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for a colour profile");
        }
        s->image = prepare(image, &s->header);
    }
    if (is_late(s)) return too_late(err);
    /* libvips tries to make an image of such sides, is told off by GLib and goes on with a side of one pixel. */
    if (s->image && s->format == THUMBS_FORMAT_SVG && strstr(th_vips_text_warning(), "out of range"))
        return host->error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_DECODE, "its sides are beyond all limits");
    if (s->image) return THUMBS_OK;

    char hint[120];
    th_vips_text_take(hint, sizeof hint);
    return host->error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "the header does not decode: %s", hint);
}

static enum thumbs_code open_source(const struct th_vips_input *in, struct th_vips_source **out,
                                    struct th_vips_header *header, struct thumbs_error *err)
{
    if (!loader_usable(in->loader))
        return host->error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "decoding of %s is not enabled",
                               host->format_name(in->format));
    struct th_vips_source *s = host->alloc(sizeof *s);
    if (!s) return host->error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory to decode");
    *s = (struct th_vips_source){
        .data = in->data, .len = in->len, .format = in->format, .loader = in->loader, .deadline_ns = in->deadline_ns};
    if (in->format == THUMBS_FORMAT_WEBP && (s->mended = th_webp_first_frame(in->data, in->len, host->alloc, &s->len)))
        s->data = s->mended;

    th_vips_text_enter();
    enum thumbs_code code = open_header(s, err);
    if (code != THUMBS_OK) {
        close_source(s);
        return code;
    }
    *out = s;
    *header = s->header;
    return THUMBS_OK;
}

/* ---- rows ---- */

/* PART: the data broke off, black was put in its place. */
enum outcome { DONE, PART, STOPPED, BROKEN };

static bool feed_black(const struct th_vips_rows *to, size_t row_len, uint32_t n)
{
    uint8_t *row = host->alloc(row_len);
    if (!row) return false;
    memset(row, 0, row_len);
    bool ok = to->rows(to->user, row, 0, n);
    free(row);
    return ok;
}

/* Pull the picture through one region in the calling thread. libvips' own sinks start a pool of threads for each
 * image, which costs more than a small picture does. */
static enum outcome pull(VipsImage *image, const struct th_vips_rows *to, bool lenient)
{
    enum outcome outcome = DONE;
    VipsRegion *region = vips_region_new(image);
    VipsRect strip = {0, 0, image->Xsize, 0};
    while (outcome == DONE && strip.top < image->Ysize) {
        strip.height = VIPS_MIN(STRIP, image->Ysize - strip.top);
        if (vips_region_prepare(region, &strip) != 0)
            /* libvips gives a JPEG up after its hundredth warning: what came until then is better than nothing. */
            outcome = lenient && strip.top > 0 ? PART : BROKEN;
        else if (!to->rows(to->user, VIPS_REGION_ADDR(region, 0, strip.top), VIPS_REGION_LSKIP(region),
                           (uint32_t)strip.height))
            outcome = STOPPED;
        else
            strip.top += strip.height;
    }
    if (outcome == PART && !feed_black(to, VIPS_IMAGE_SIZEOF_LINE(image), (uint32_t)(image->Ysize - strip.top)))
        outcome = STOPPED;
    g_object_unref(region);
    return outcome;
}

/* The largest reduction up to `most` that the decoder of this format does. */
static struct reduction reduction_for(enum thumbs_format format, uint32_t most, double draw_scale)
{
    struct reduction by = {1, 1};
    if (format == THUMBS_FORMAT_WEBP)
        by.shrink = VIPS_MAX(most, 1);
    else if (format == THUMBS_FORMAT_JPEG)
        by.shrink = most >= 8 ? 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1;
    else if (format == THUMBS_FORMAT_SVG)
        by.draw_scale = VIPS_MAX(draw_scale, 0.001); /* libvips' least; the rest is reduced from the rows */
    return by;
}

static enum outcome attempt(struct th_vips_source *s, struct reduction by, VipsFailOn fail_on,
                            const struct th_vips_rows *to)
{
    VipsImage *image = s->image;
    s->image = NULL;
    if (!image || by.shrink != 1 || by.draw_scale != 1) {
        struct th_vips_header header = {0};
        g_clear_object(&image);
        image = load(s, by, fail_on);
        if (image) image = prepare(image, &header);
        /* The second reading of a header must promise what the first did. */
        if (!image || header.bands != s->header.bands) {
            g_clear_object(&image);
            return BROKEN;
        }
    }
    uint32_t width = (uint32_t)image->Xsize, height = (uint32_t)image->Ysize;
    double span_x = VIPS_MIN(s->header.width * by.draw_scale / by.shrink, (double)width);
    double span_y = VIPS_MIN(s->header.height * by.draw_scale / by.shrink, (double)height);
    enum outcome outcome =
        to->begin(to->user, width, height, span_x, span_y) ? pull(image, to, fail_on == VIPS_FAIL_ON_NONE) : STOPPED;
    g_object_unref(image);
    return outcome;
}

static enum thumbs_code read_rows(struct th_vips_source *s, uint32_t most_shrink, double draw_scale,
                                  const struct th_vips_rows *to, bool *damaged, char warning[200],
                                  struct thumbs_error *err)
{
    const struct reduction by = reduction_for(s->format, most_shrink, draw_scale);
    th_vips_text_forget();
    enum outcome outcome = attempt(s, by, strictness(s), to);
    if (outcome == BROKEN && strictness(s) != VIPS_FAIL_ON_NONE && !is_late(s)) {
        go_lenient(s);
        outcome = attempt(s, by, VIPS_FAIL_ON_NONE, to);
    }
    if (is_late(s)) return too_late(err);
    if (outcome == STOPPED) {
        vips_error_clear();
        return THUMBS_STOPPED;
    }
    if (outcome == BROKEN) {
        char hint[120];
        th_vips_text_take(hint, sizeof hint);
        return host->error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "the data does not decode: %s", hint);
    }
    *damaged = outcome == PART || s->lenient || (s->format == THUMBS_FORMAT_JPEG && th_vips_text_warning()[0]);
    if (*damaged && !s->damage[0]) th_vips_text_take(s->damage, sizeof s->damage);
    th_vips_text_clause(warning, 200, s->damage);
    vips_error_clear();
    return THUMBS_OK;
}

/* ---- small pictures ---- */

/* A libvips image over the picture's memory. */
static VipsImage *wrap(const struct th_pixels *p)
{
    VipsImage *image = vips_image_new_from_memory(p->data, (size_t)p->width * p->height * p->bands, (int)p->width,
                                                  (int)p->height, (int)p->bands, VIPS_FORMAT_UCHAR);
    if (!image) return NULL;
    image->Type = p->cmyk         ? VIPS_INTERPRETATION_CMYK
                  : p->bands <= 2 ? VIPS_INTERPRETATION_B_W
                                  : VIPS_INTERPRETATION_sRGB;
    return image;
}

struct copy {
    uint8_t *to;
    size_t row_len;
};

static bool copy_rows(void *user, const uint8_t *rows, size_t stride, uint32_t n)
{
    struct copy *c = user;
    for (uint32_t i = 0; i < n; i++, c->to += c->row_len)
        memcpy(c->to, rows + i * stride, c->row_len);
    return true;
}

/* Store an 8-bit image of the same size as *p in its place. */
static bool replace_pixels(struct th_pixels *p, VipsImage *image)
{
    if (image->BandFmt != VIPS_FORMAT_UCHAR || image->Bands < 1 || image->Bands > 4) return false;
    size_t row_len = (size_t)p->width * (size_t)image->Bands;
    struct copy copy = {.to = host->alloc(row_len * p->height), .row_len = row_len};
    if (!copy.to) return false;
    uint8_t *data = copy.to;
    const struct th_vips_rows to = {.rows = copy_rows, .user = &copy};
    if (pull(image, &to, false) != DONE) {
        free(data);
        return false;
    }
    free(p->data);
    p->data = data;
    p->bands = (uint32_t)image->Bands;
    p->cmyk = false;
    return true;
}

static bool to_srgb(struct th_pixels *p, const uint8_t *icc, size_t icc_len)
{
    bool ok = false;
    th_vips_text_enter();
    VipsImage *in = wrap(p), *out = NULL;
    if (!in) goto out;
    if (icc) {
        vips_image_set_blob_copy(in, VIPS_META_ICC_NAME, icc, icc_len);
        vips_icc_transform(in, &out, "srgb", "embedded", TRUE, "depth", 8, NULL);
    } else if (p->cmyk) {
        vips_icc_transform(in, &out, "srgb", "input_profile", "cmyk", "depth", 8, NULL);
    }
    ok = out && replace_pixels(p, out);
out:
    vips_error_clear();
    g_clear_object(&out);
    g_clear_object(&in);
    th_vips_text_leave();
    return ok;
}

struct encoding {
    uint64_t deadline_ns;
    bool late;
};

/* libwebp asks now and then whether to go on: libvips passes that on as progress. */
static void on_eval(VipsImage *image, VipsProgress *progress, gpointer user)
{
    (void)progress;
    struct encoding *e = user;
    if (!e->deadline_ns || host->now_ns() < e->deadline_ns) return;
    e->late = true;
    vips_image_set_kill(image, TRUE);
}

static enum thumbs_code webp(const struct th_pixels *p, uint32_t quality, uint64_t deadline_ns,
                             bool (*emit)(void *user, const void *data, size_t len), void *user,
                             struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    void *data = NULL;
    size_t len = 0;
    struct encoding encoding = {.deadline_ns = deadline_ns};
    th_vips_text_enter();
    VipsImage *image = wrap(p);
    if (image) {
        vips_image_set_progress(image, TRUE);
        g_signal_connect(image, "eval", G_CALLBACK(on_eval), &encoding);
    }
    if (!image || vips_webpsave_buffer(image, &data, &len, "Q", (int)quality, "strip", TRUE, NULL) != 0) {
        char hint[120];
        th_vips_text_take(hint, sizeof hint);
        code = encoding.late
                   ? host->error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may")
                   : host->error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "the WebP encoder failed: %s", hint);
    } else if (!emit(user, data, len)) {
        code = host->error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory for the encoded WebP");
    }
    g_free(data);
    g_clear_object(&image);
    th_vips_text_leave();
    return code;
}

/* ---- entry ---- */

static const struct th_vips_ops ops = {.version = TH_VIPS_MODULE_VERSION,
                                       .start = start,
                                       .thread_finish = thread_finish,
                                       .unlock = unlock,
                                       .open = open_source,
                                       .close = close_source,
                                       .read = read_rows,
                                       .to_srgb = to_srgb,
                                       .webp = webp};

th_vips_module_fn thumbs_vips_module;

__attribute__((visibility("default"))) const struct th_vips_ops *thumbs_vips_module(void)
{
    return &ops;
}

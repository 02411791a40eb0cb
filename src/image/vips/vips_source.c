/* SPDX-License-Identifier: MIT */
/* A picture that libvips reads: from bytes to an image of 8 bits and at most four bands. */
#include <stdlib.h>
#include <string.h>

#include "base/view.h"
#include "image/vips/vips_bytes.h"
#include "image/vips/vips_internal.h"
#include "image/vips/vips_text.h"
#include "image/vips/vips_tiff.h"
#include "image/vips/webp_first.h"

/* ---- loaders ---- */

/* Loaders that libvips calls unfit for data from anywhere, and their classes: blocked until they
 * are unlocked. */
static const struct unlockable {
    const char *loader, *class_name;
} unlockables[] = {{"svgload_buffer", "VipsForeignLoadSvgBuffer"},
                   {"jxlload_buffer", "VipsForeignLoadJxlBuffer"},
                   {"jp2kload_buffer", "VipsForeignLoadJp2kBuffer"},
                   {"pdfload_buffer", "VipsForeignLoadPdfBuffer"}};

/* NULL: there is none, in this list or in this libvips. */
static const struct unlockable *find_unlockable(const char *loader)
{
    for (size_t i = 0; i < sizeof unlockables / sizeof *unlockables; i++)
        if (strcmp(loader, unlockables[i].loader) == 0)
            return vips_type_find("VipsOperation", loader) ? &unlockables[i] : NULL;
    return NULL;
}

/* Is there such a loader, and is it one that may be used on data from anywhere, or that was
 * unlocked? libvips blocks those that it calls untrusted; what is no longer blocked was unlocked.
 */
static bool loader_usable(const char *name)
{
    GType type = name ? vips_type_find("VipsOperation", name) : 0;
    if (type == 0) return false;
    gpointer class = g_type_class_ref(type);
    bool blocked = VIPS_OPERATION_CLASS(class)->flags & VIPS_OPERATION_BLOCKED;
    g_type_class_unref(class);
    return !blocked;
}

bool th_vips_source_has_loader(const char *loader)
{
    return find_unlockable(loader) || loader_usable(loader);
}

bool th_vips_source_unlock(const char *loader)
{
    static const char *const drawing[] = {"librsvg",  "GdkPixbuf", "Pango",
                                          "GLib-GIO", "Poppler",   NULL};
    const struct unlockable *found = find_unlockable(loader);
    if (!found) return false;
    if (!loader_usable(loader)) {
        for (size_t i = 0; drawing[i]; i++)
            th_vips_text_silence(drawing[i]);
        vips_operation_block_set(found->class_name, FALSE);
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
        struct th_vips_bytes_plan plan = {.data = s->data,
                                          .len = s->len,
                                          .deadline_ns = s->deadline_ns,
                                          .now_ns = th_vips_lent->now_ns};
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

bool th_vips_is_drawn(enum thumbs_format format)
{
    return format == THUMBS_FORMAT_SVG || format == THUMBS_FORMAT_PDF;
}

/* The picture, of which no more than the header has been read; NULL on failure. */
VipsImage *th_vips_source_load(struct th_vips_source *s, struct th_vips_reduction by,
                               VipsFailOn fail_on)
{
    VipsImage *image = NULL;
    VipsOperation *operation = vips_operation_new(s->loader);
    if (!operation) return NULL;
    g_object_set(operation, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    if (s->format == THUMBS_FORMAT_JPEG && by.shrink > 1)
        g_object_set(operation, "shrink", (int)by.shrink, NULL);
    if (s->format == THUMBS_FORMAT_WEBP && by.shrink > 1)
        g_object_set(operation, "scale", 1.0 / by.shrink, NULL);
    if (th_vips_is_drawn(s->format)) g_object_set(operation, "scale", by.draw_scale, NULL);
    if (set_input(s, operation) && vips_object_build(VIPS_OBJECT(operation)) == 0)
        g_object_get(operation, "out", &image, NULL);
    vips_object_unref_outputs(VIPS_OBJECT(operation));
    g_object_unref(operation);
    return image;
}

/* Did the decoder run dry because time was up? */
bool th_vips_source_is_late(const struct th_vips_source *s)
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

/* Samples of which none is larger than `white`. */
static bool stretch(VipsImage **image, uint32_t white)
{
    VipsImage *result = NULL;
    int failed = vips_linear1(*image, &result, 255.0 / white, 0.5, "uchar", TRUE, NULL);
    return replace(image, result, failed);
}

static bool make_8_bit(VipsImage **image, uint32_t white)
{
    VipsImage *result = NULL;
    if ((*image)->Coding != VIPS_CODING_NONE ||
        !is_plain(vips_image_guess_interpretation(*image))) {
        int failed = vips_colourspace(*image, &result, VIPS_INTERPRETATION_sRGB, NULL);
        if (!replace(image, result, failed)) return false;
        result = NULL;
    }
    VipsBandFormat format = vips_image_get_format(*image);
    if (format == VIPS_FORMAT_UCHAR) return !white || stretch(image, white);
    /* 16 bits without sign fill their range; other types usually hold the values of an 8-bit
     * picture. */
    gboolean shift = format == VIPS_FORMAT_USHORT;
    int failed = vips_cast(*image, &result, VIPS_FORMAT_UCHAR, "shift", shift, NULL);
    return replace(image, result, failed);
}

/* How many of the bands make up the picture; the rest are spot colours and the like. */
static int useful_bands(int bands, VipsInterpretation interpretation)
{
    if (interpretation == VIPS_INTERPRETATION_CMYK && bands >= 4) return 4;
    if (interpretation == VIPS_INTERPRETATION_MULTIBAND && bands > 4) return 3;
    if ((interpretation == VIPS_INTERPRETATION_B_W ||
         interpretation == VIPS_INTERPRETATION_GREY16) &&
        bands > 2)
        return bands == 3 ? 3 : 2;
    return bands < 4 ? bands : 4;
}

/* Decoded rows as the header promises them. Takes over `image`; NULL on failure. */
VipsImage *th_vips_source_prepare(const struct th_vips_source *s, VipsImage *image,
                                  struct th_vips_header *header)
{
    VipsInterpretation interpretation = vips_image_guess_interpretation(image);
    if (!make_8_bit(&image, s->white)) goto fail;

    int bands = useful_bands(image->Bands, interpretation);
    /* A page lies on white paper: it comes with an alpha that is full everywhere. */
    if (s->format == THUMBS_FORMAT_PDF && bands == 4) bands = 3;
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

/* Copy the embedded profile, if it is one for the colours that come (a profile of a Lab picture
 * says nothing about its sRGB version). The image itself must not be kept for it: libvips reports
 * what a JPEG has to be blamed for when the image goes. */
static bool copy_profile(struct th_vips_source *s, VipsImage *image)
{
    const void *data = NULL;
    size_t len = 0;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return true;
    if (!is_plain(vips_image_guess_interpretation(image))) return true;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &len) != 0 || len == 0) return true;
    if (!(s->icc = th_vips_lent->alloc(len))) return false;
    memcpy(s->icc, data, len);
    s->header.icc = s->icc;
    s->header.icc_len = len;
    return true;
}

void th_vips_source_close(struct th_vips_source *s)
{
    if (!s) return;
    g_clear_object(&s->image);
    g_clear_object(&s->bytes);
    th_vips_tiff_close(s->tiff);
    th_vips_text_leave();
    free(s->icc);
    free(s->repaired);
    free(s);
}

/* libjpeg goes on after errors in the data and only warns: one lenient pass tells both. A drawing
 * is no better for a second pass. The other decoders are told to stop at the first error, so that
 * it is noticed at all. */
VipsFailOn th_vips_source_strictness(const struct th_vips_source *s)
{
    bool one_pass = s->format == THUMBS_FORMAT_JPEG || th_vips_is_drawn(s->format) || s->lenient;
    return one_pass ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_ERROR;
}

/* A PNG that ends inside a chunk: libpng would throw away all of that chunk, which is often the
 * only one with pixels. In a copy the chunk is declared as long as it really is; its last four
 * bytes pass for the checksum, which a lenient reader ignores. */
static void repair_png(struct th_vips_source *s)
{
    size_t at = 8, left, declared;
    for (;; at += 12 + declared) {
        left = s->len > at ? s->len - at : 0;
        if (left < 12) return;
        declared = (size_t)th_number(s->data + at, 4, true);
        if (declared > left - 12) break;
    }
    if (!(s->repaired = th_vips_lent->alloc(s->len))) return;
    memcpy(s->repaired, s->data, s->len);
    th_number_put(s->repaired + at, left - 12, 4, true);
    s->data = s->repaired;
}

/* The strict attempt failed: remember why, take what can be had. */
void th_vips_source_go_lenient(struct th_vips_source *s)
{
    s->lenient = true;
    th_vips_text_take(s->damage, sizeof s->damage);
    if (s->format == THUMBS_FORMAT_PNG) repair_png(s);
}

enum thumbs_code th_vips_source_too_late(struct thumbs_error *err)
{
    vips_error_clear();
    return th_vips_lent->error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE,
                                   "it took longer than it may");
}

/* A TIFF is opened by libtiff, and read by it too if libvips would read it wrongly. */
static enum thumbs_code open_tiff(struct th_vips_source *s, struct thumbs_error *err)
{
    enum thumbs_code code = th_vips_tiff_open(s->data, s->len, &s->tiff, s->damage);
    if (code == THUMBS_MEMORY)
        return th_vips_lent->error_set(err, code, THUMBS_STAGE_DECODE, "no memory to decode");
    if (code == THUMBS_UNSUPPORTED)
        return th_vips_lent->error_set(err, code, THUMBS_STAGE_DECODE,
                                       "it is a TIFF of a kind that is not decoded here: %s",
                                       s->damage);
    if (code != THUMBS_OK)
        return th_vips_lent->error_set(err, code, THUMBS_STAGE_DECODE,
                                       "the header does not decode: %s",
                                       s->damage[0] ? s->damage : "no reason given");
    s->by_libtiff = !th_vips_tiff_is_plain(s->tiff);
    if (s->by_libtiff) th_vips_tiff_header(s->tiff, &s->header);
    return THUMBS_OK;
}

static enum thumbs_code open_header(struct th_vips_source *s, struct thumbs_error *err)
{
    static const struct th_vips_reduction full = {1, 1};
    th_vips_text_forget();
    if (s->format == THUMBS_FORMAT_TIFF) {
        enum thumbs_code code = open_tiff(s, err);
        if (code != THUMBS_OK || s->by_libtiff) return code;
    }
    VipsImage *image = th_vips_source_load(s, full, th_vips_source_strictness(s));
    if (!image && !s->tiff && th_vips_source_strictness(s) != VIPS_FAIL_ON_NONE &&
        !th_vips_source_is_late(s)) {
        th_vips_source_go_lenient(s);
        image = th_vips_source_load(s, full, VIPS_FAIL_ON_NONE);
    }
    if (image) {
        /* libheif and libjxl turn the picture themselves. */
        bool turned = s->format == THUMBS_FORMAT_HEIF || s->format == THUMBS_FORMAT_AVIF ||
                      s->format == THUMBS_FORMAT_JXL;
        s->header.width = (uint32_t)image->Xsize;
        s->header.height = (uint32_t)image->Ysize;
        s->header.orientation = turned ? 1 : (unsigned)vips_image_get_orientation(image);
        if (!copy_profile(s, image)) {
            g_object_unref(image);
            return th_vips_lent->error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                                           "no memory for a colour profile");
        }
        s->image = th_vips_source_prepare(s, image, &s->header);
    } else if (s->tiff && !th_vips_source_is_late(s)) {
        s->by_libtiff = true;
        th_vips_tiff_header(s->tiff, &s->header);
        return THUMBS_OK;
    }
    if (th_vips_source_is_late(s)) return th_vips_source_too_late(err);
    /* libvips tries to make an image of such sides, is told off by GLib and goes on with a side of
     * one pixel. */
    if (s->image && th_vips_is_drawn(s->format) && strstr(th_vips_text_warning(), "out of range"))
        return th_vips_lent->error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_DECODE,
                                       "its sides are beyond all limits");
    if (s->image) return THUMBS_OK;

    char hint[120];
    th_vips_text_take(hint, sizeof hint);
    return th_vips_lent->error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                                   "the header does not decode: %s", hint);
}

enum thumbs_code th_vips_source_open(const struct th_vips_input *in, struct th_vips_source **out,
                                     struct th_vips_header *header, struct thumbs_error *err)
{
    if (!loader_usable(in->loader))
        return th_vips_lent->error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                                       "the libvips of this machine has no decoder of %s files",
                                       th_vips_lent->format_name(in->format));
    struct th_vips_source *s = th_vips_lent->alloc(sizeof *s);
    if (!s)
        return th_vips_lent->error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                                       "no memory to decode");
    *s = (struct th_vips_source){.data = in->data,
                                 .len = in->len,
                                 .format = in->format,
                                 .loader = in->loader,
                                 .white = in->white,
                                 .deadline_ns = in->deadline_ns};
    if (in->format == THUMBS_FORMAT_WEBP &&
        (s->repaired = th_webp_first_frame(in->data, in->len, th_vips_lent->alloc, &s->len)))
        s->data = s->repaired;

    th_vips_text_enter();
    enum thumbs_code code = open_header(s, err);
    if (code != THUMBS_OK) {
        th_vips_source_close(s);
        return code;
    }
    *out = s;
    *header = s->header;
    return THUMBS_OK;
}

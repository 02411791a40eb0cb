/* SPDX-License-Identifier: MIT */
/* HEVC (ITU-T H.265) items, decoded by libde265 in the calling thread: the module thumbs-hevc.
 * Linking the library with the program itself would cost each run more than a millisecond at its
 * start, twice in mode processes. */
#include <libde265/de265.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "image/heif/heif_codec.h"
#include "image/heif/heif_sps.h"

/* An item holds one picture; one more may be made up where it refers to one that is missing. */
enum { MOST_PICTURES = 2 };

static enum thumbs_code fail(const char **why, enum thumbs_code code, const char *what)
{
    *why = what;
    return code;
}

struct hevc {
    de265_decoder_context *context;
    struct th_heif_plan plan;
    bool too_large;
    unsigned n_pictures; /* of this item, that memory was asked for */
    bool holds_picture;
};

/* Bytes behind a plane that libde265 may touch; it has 8 itself. */
enum { PLANE_PADDING = 64, PLANE_ALIGNMENT = 64 };

/* Memory for one plane, all grey. False: there is none. */
static bool make_plane(struct de265_image *image, int channel, const struct de265_image_spec *spec,
                       uint32_t width, uint32_t height)
{
    const unsigned bits = (unsigned)de265_get_bits_per_pixel(image, channel);
    const size_t align = (size_t)spec->alignment, n_bytes = bits > 8 ? 2 : 1;
    const size_t stride = (width + align - 1) / align * align, n = stride * height;
    const size_t len = n * n_bytes + PLANE_PADDING;
    uint8_t *data = aligned_alloc(PLANE_ALIGNMENT,
                                  (len + PLANE_ALIGNMENT - 1) / PLANE_ALIGNMENT * PLANE_ALIGNMENT);
    if (!data) return false;
    const unsigned grey = 1u << (bits - 1);
    memset(data, n_bytes == 1 ? (int)grey : 0, len);
    for (size_t i = 0; i < n && n_bytes == 2; i++)
        ((uint16_t *)(void *)data)[i] = (uint16_t)grey;
    de265_set_image_plane(image, channel, data, (int)stride, data);
    return true;
}

static void release_buffer(de265_decoder_context *context, struct de265_image *image, void *user)
{
    (void)context, (void)user;
    for (int channel = 0; channel < 3; channel++) {
        free(de265_get_image_plane_user_data(image, channel));
        de265_set_image_plane(image, channel, NULL, 0, NULL);
    }
}

/* Memory for a picture, with the size that the coded data states. It is grey: where the data is
 * damaged, libde265 leaves it as it was, and what was in it before is not for thumbnails. */
static int get_buffer(de265_decoder_context *context, struct de265_image_spec *spec,
                      struct de265_image *image, void *user)
{
    struct hevc *h = user;
    const enum de265_chroma chroma = de265_get_chroma_format(image);
    if (spec->width <= 0 || spec->height <= 0 || spec->alignment <= 0) return 0;
    const uint32_t width = (uint32_t)spec->width, height = (uint32_t)spec->height;
    if ((uint64_t)width * height > h->plan.max_pixels) h->too_large = true;
    if (h->too_large || h->n_pictures++ >= MOST_PICTURES) return 0;
    for (int channel = 0; channel < 3; channel++)
        de265_set_image_plane(image, channel, NULL, 0, NULL);
    const uint32_t sub_x = chroma == de265_chroma_420 || chroma == de265_chroma_422 ? 2 : 1,
                   sub_y = chroma == de265_chroma_420 ? 2 : 1;
    bool made = make_plane(image, 0, spec, width, height);
    for (int channel = 1; channel < 3 && chroma != de265_chroma_mono; channel++)
        made = made && make_plane(image, channel, spec, width / sub_x, height / sub_y);
    if (!made) release_buffer(context, image, user);
    return made;
}

static void hevc_destroy(void *state)
{
    struct hevc *h = state;
    if (h->context) de265_free_decoder(h->context);
    free(h);
}

static void *hevc_create(const struct th_heif_plan *plan)
{
    struct hevc *h = calloc(1, sizeof *h);
    if (!h) return NULL;
    h->plan = *plan;
    h->context = de265_new_decoder();
    if (!h->context) {
        free(h);
        return NULL;
    }
    struct de265_image_allocation own = {.get_buffer = get_buffer,
                                         .release_buffer = release_buffer};
    de265_set_image_allocation_functions(h->context, &own, h);
    de265_set_parameter_bool(h->context, DE265_DECODER_PARAM_DISABLE_DEBLOCKING,
                             plan->skip_filters);
    return h;
}

/* False: a parameter set that makes no sense, or of a size that libde265 must not even hear of. */
static bool size_fits(struct hevc *h, const uint8_t *nal, size_t len)
{
    uint32_t width, height;
    if (!th_heif_is_sps(nal, len)) return true;
    if (!th_heif_sps_size(nal, len, &width, &height)) return false;
    if ((uint64_t)width * height > h->plan.max_pixels) h->too_large = true;
    return !h->too_large;
}

static bool push(struct hevc *h, struct th_heif_cursor *c, uint32_t len)
{
    if (len > th_heif_left(c) || len > INT_MAX || !size_fits(h, c->data + c->at, len)) return false;
    bool pushed =
        len == 0 || de265_push_NAL(h->context, c->data + c->at, (int)len, 0, NULL) == DE265_OK;
    th_heif_skip(c, len);
    return pushed;
}

/* HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1): the parameter sets. The size of
 * length fields; 0: it makes no sense. */
static unsigned push_config(struct hevc *h, struct th_heif_cursor c)
{
    th_heif_skip(&c, 21);
    unsigned length_size = (th_heif_u8(&c) & 3u) + 1, n_arrays = th_heif_u8(&c);
    for (unsigned i = 0; i < n_arrays && !c.failed; i++) {
        th_heif_u8(&c);
        unsigned n = th_heif_u16(&c);
        for (unsigned k = 0; k < n && !c.failed; k++) {
            if (!push(h, &c, th_heif_u16(&c))) return 0;
        }
    }
    return c.failed ? 0 : length_size;
}

/* NAL units, each behind its length. False: the last is cut off. */
static bool push_item(struct hevc *h, struct th_heif_cursor c, unsigned length_size)
{
    while (th_heif_left(&c) > 0) {
        uint64_t len = th_heif_number(&c, length_size);
        if (c.failed || len > th_heif_left(&c) || !push(h, &c, (uint32_t)len)) return false;
    }
    return true;
}

/* False: not a picture came of it. A call decodes one NAL unit, and the slices of a picture may
 * come again and again. */
static bool decode(struct hevc *h, bool *damaged, bool *late)
{
    int more = 1;
    while (more && !de265_peek_next_picture(h->context)) {
        *late = h->plan.is_late(h->plan.user);
        if (*late) return false;
        de265_error error = de265_decode(h->context, &more);
        if (error == DE265_ERROR_WAITING_FOR_INPUT_DATA) break;
        /* It asks for more calls even where it waits for a picture to be taken and there is none.
         */
        if (error != DE265_OK) {
            *damaged = true;
            break;
        }
    }
    while (de265_get_warning(h->context) != DE265_OK)
        *damaged = true;
    return de265_peek_next_picture(h->context) != NULL;
}

static bool take_frame(const struct de265_image *image, struct th_heif_frame *out)
{
    out->n_planes = de265_get_chroma_format(image) == de265_chroma_mono ? 1 : 3;
    for (unsigned i = 0; i < out->n_planes; i++) {
        int stride = 0, channel = (int)i;
        struct th_heif_plane *p = &out->planes[i];
        p->data = de265_get_image_plane(image, channel, &stride);
        p->stride = (size_t)stride;
        p->width = (uint32_t)de265_get_image_width(image, channel);
        p->height = (uint32_t)de265_get_image_height(image, channel);
        p->bits = (unsigned)de265_get_bits_per_pixel(image, channel);
        if (!p->data || stride <= 0 || p->width == 0 || p->height == 0 || p->bits < 8 ||
            p->bits > 16)
            return false;
    }
    out->nclx =
        (struct th_heif_nclx){.primaries = (uint16_t)de265_get_image_colour_primaries(image),
                              .transfer = (uint16_t)de265_get_image_transfer_characteristics(image),
                              .matrix = (uint16_t)de265_get_image_matrix_coefficients(image),
                              .full_range = de265_get_image_full_range_flag(image) != 0};
    return true;
}

static enum thumbs_code run_once(struct hevc *h, const struct th_heif_cursor *config,
                                 const struct th_heif_cursor *item, bool skip_sao,
                                 struct th_heif_frame *out, const char **why)
{
    if (h->holds_picture) de265_release_next_picture(h->context);
    h->holds_picture = h->too_large = false;
    h->n_pictures = 0;
    de265_reset(h->context);
    de265_set_parameter_bool(h->context, DE265_DECODER_PARAM_DISABLE_SAO, skip_sao);
    unsigned length_size = push_config(h, *config);
    if (length_size) out->damaged = !push_item(h, *item, length_size);
    de265_flush_data(h->context);
    bool late = false;
    if (!h->too_large && length_size) h->holds_picture = decode(h, &out->damaged, &late);
    if (late) return fail(why, THUMBS_TIMEOUT, "it took longer than it may");
    if (h->too_large)
        return fail(why, THUMBS_TOO_LARGE, "its coded picture is larger than its header says");
    if (!length_size)
        return fail(why, THUMBS_CORRUPT, "the setup of its HEVC decoder makes no sense");
    if (!h->holds_picture || !take_frame(de265_peek_next_picture(h->context), out))
        return fail(why, THUMBS_CORRUPT, "its HEVC data does not decode");
    return THUMBS_OK;
}

/* Damaged data is decoded again without SAO: with it, libde265 decodes into memory of its own,
 * which is not cleared. */
static enum thumbs_code hevc_run(void *state, const struct th_heif_cursor *config,
                                 const struct th_heif_cursor *item, struct th_heif_frame *out,
                                 const char **why)
{
    struct hevc *h = state;
    const bool skips = h->plan.skip_filters;
    enum thumbs_code code = run_once(h, config, item, skips, out, why);
    if (code == THUMBS_OK && out->damaged && !skips)
        code = run_once(h, config, item, true, out, why);
    return code;
}

static const char *hevc_library(void)
{
    static char text[40];
    snprintf(text, sizeof text, "libde265 %s", de265_get_version());
    return text;
}

__attribute__((visibility("default"))) th_heif_module_fn thumbs_heif_module;

const struct th_heif_module *thumbs_heif_module(void)
{
    static const struct th_heif_codec_ops ops = {
        .create = hevc_create, .destroy = hevc_destroy, .run = hevc_run, .library = hevc_library};
    static const struct th_heif_module module = {.version = TH_HEIF_MODULE_VERSION, .ops = &ops};
    /* Never ended: the library counts its users, and makes its tables anew, which takes 3 ms, for
     * each decoder that is the first. If it fails, creating a decoder will say so. */
    (void)de265_init();
    return &module;
}

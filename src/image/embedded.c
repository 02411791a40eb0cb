/* SPDX-License-Identifier: MIT */
#include "image/embedded.h"

#include <stdlib.h>
#include <string.h>

#include "image/dispatch.h"
#include "image/embedded_copy.h"
#include "image/exif.h"
#include "image/formats.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_parse.h"

struct whole {
    struct th_make *make;
    struct th_jpeg_header header;
    unsigned orientation;
};

/* ---- shape and size ---- */

/* a / b of a whole is c / d of a copy, if both sides were rounded up or down. */
static bool is_same_shape(uint32_t width, uint32_t height, uint32_t copy_width,
                          uint32_t copy_height)
{
    const uint64_t a = (uint64_t)width * copy_height, b = (uint64_t)height * copy_width;
    return (a > b ? a - b : b - a) <= (uint64_t)width + height;
}

static bool has_same_targets(const struct th_make *make, const struct th_make_source *whole,
                             uint32_t copy_width, uint32_t copy_height)
{
    const struct thumbs_image_options *o = make->options;
    struct th_targets a, b;
    th_targets_fit(&a, whole->width, whole->height, whole->orientation, o, o->enlarge != 0);
    th_targets_fit(&b, copy_width, copy_height, whole->orientation, o, o->enlarge != 0);
    if (a.n != b.n) return false; /* sizes that the copy is smaller than have become one */
    for (uint32_t i = 0; i < a.n; i++) {
        const struct th_geometry *x = &a.sizes[i], *y = &b.sizes[i];
        if (x->scaled_width != y->scaled_width || x->scaled_height != y->scaled_height ||
            x->canvas_width != y->canvas_width || x->canvas_height != y->canvas_height)
            return false;
    }
    return true;
}

bool th_embedded_fits(const struct th_make *make, const struct th_make_source *whole,
                      uint32_t copy_width, uint32_t copy_height)
{
    uint32_t width = whole->width, height = whole->height, w = copy_width, h = copy_height;
    if (!w || !h || w > width || h > height || !is_same_shape(width, height, w, h)) return false;
    if (!has_same_targets(make, whole, w, h)) return false;
    if (th_orientation_swaps(whole->orientation)) {
        width = whole->height, height = whole->width;
        w = copy_height, h = copy_width;
    }
    return !th_targets_outgrow(make->options, width, height, w, h, 0);
}

/* ---- orientation and colours ---- */

static bool agrees(unsigned told, unsigned orientation)
{
    return !told || told == orientation;
}

/* Copies come without a profile mostly. That is right where the one of the whole is sRGB, and is
 * not to be kept. */
static bool may_lack_profile(const struct th_make *make, const uint8_t *profile, size_t len)
{
    struct th_icc icc = {0};
    return make->options->metadata == THUMBS_METADATA_NONE && th_icc_read(&icc, profile, len, 3) &&
           icc.kind == TH_ICC_SRGB;
}

static bool has_same_colours(const struct whole *w, const struct th_jpeg_header *h,
                             struct th_view copy)
{
    uint8_t *profile, *copys;
    size_t len, copy_len;
    bool unfit, copys_unfit;
    if (h->n_components != w->header.n_components || h->colour != w->header.colour) return false;
    if (!w->header.has_icc) return !h->has_icc;
    bool had_memory = th_jpeg_icc_copy(w->make->data, w->make->len, &profile, &len, &unfit);
    had_memory =
        th_jpeg_icc_copy(copy.data, copy.len, &copys, &copy_len, &copys_unfit) && had_memory;
    const bool same =
        had_memory && profile &&
        (copy_len ? copy_len == len && !memcmp(profile, copys, len)
                  : !h->has_icc && h->n_components == 3 && may_lack_profile(w->make, profile, len));
    free(profile);
    free(copys);
    return same;
}

/* One that comes in several scans would need more memory than was foreseen for the whole. */
static bool can_stand_for(const struct whole *w, const struct th_embedded_copy *copy,
                          struct th_jpeg_header *h)
{
    const struct th_make_source source = {
        .width = w->header.width, .height = w->header.height, .orientation = w->orientation};
    if (!th_jpeg_parse(copy->data.data, copy->data.len, h)) return false;
    if (h->sof > 0xC1 || h->precision != 8 || h->scan_components != h->n_components) return false;
    return agrees(copy->orientation, w->orientation) &&
           agrees(th_exif_orientation_told(h->exif, h->exif_len), w->orientation) &&
           th_embedded_fits(w->make, &source, h->width, h->height) &&
           has_same_colours(w, h, copy->data);
}

/* The smallest that will do. */
static bool choose(const struct whole *w, struct th_embedded_copy *out)
{
    struct th_embedded_copy copies[TH_EMBEDDED_MOST];
    const struct th_view file = {w->make->data, w->make->len};
    const size_t n = th_format(w->make->format)->embedded(file, copies, TH_EMBEDDED_MOST);
    struct th_jpeg_header h;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        if (!can_stand_for(w, &copies[i], &h) || (uint64_t)h.width * h.height >= least) continue;
        least = (uint64_t)h.width * h.height;
        *out = copies[i];
    }
    return least < UINT64_MAX;
}

/* ---- making ---- */

bool th_embedded_falls_back(enum thumbs_code code)
{
    return code == THUMBS_CORRUPT || code == THUMBS_UNSUPPORTED || code == THUMBS_TOO_LARGE;
}

static bool make_of(struct whole *w, const struct th_embedded_copy *copy, enum thumbs_code *code,
                    struct thumbs_error *err)
{
    struct th_make *make = w->make;
    struct th_image_result *result = make->result;
    const struct th_image_result before = *result;
    const size_t len_before = make->sink->len;
    const struct th_inner inner = {.data = copy->data.data,
                                   .len = copy->data.len,
                                   .format = THUMBS_FORMAT_JPEG,
                                   .orientation = w->orientation,
                                   .stands_for_all = true};
    *code = th_dispatch_inner(make, &inner, err);
    if (th_embedded_falls_back(*code) || (*code == THUMBS_OK && result->damaged)) {
        make->sink->len = len_before;
        *result = before;
        return false;
    }
    const bool swaps = th_orientation_swaps(w->orientation);
    result->width = swaps ? w->header.height : w->header.width;
    result->height = swaps ? w->header.width : w->header.height;
    result->from = THUMBS_FROM_EMBEDDED;
    return true;
}

bool th_embedded_make(struct th_make *make, enum thumbs_code *code, struct thumbs_error *err)
{
    struct whole w = {.make = make};
    struct th_embedded_copy copy;
    if (!make->options->embedded || !th_format(make->format)->embedded) return false;
    if (!th_jpeg_parse(make->data, make->len, &w.header)) return false;
    w.orientation = th_exif_orientation(w.header.exif, w.header.exif_len);
    const uint64_t pixels = (uint64_t)w.header.width * w.header.height;
    if (pixels > make->options->max_pixels || !choose(&w, &copy)) return false;
    return make_of(&w, &copy, code, err);
}

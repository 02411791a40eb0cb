/* SPDX-License-Identifier: MIT */
/* The fast way from JPEG to thumbnails: what is done with decoded planes. */
#include "image/jpeg/jpeg_hot.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/encode_fit.h"
#include "image/encode_outputs.h"
#include "image/exif.h"
#include "image/finish_picture.h"
#include "image/formats.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_planes.h"
#include "image/keep.h"
#include "image/resample.h"
#include "image/sharpen.h"

/* Sides are rounded, so 1023 x 767 to 256 x 192 counts as fourfold. */
#define RESIDUAL_TOLERANCE 0.98

#define DROOP_BOX    (1.0 / 24) /* exact to second order */
#define DROOP_HALVED (1.0 / 32) /* likewise, for two samples averaged */
#define DROOP_BAND_2 0.01
#define DROOP_BAND_4 0.0 /* and at 6/8 */

#define MAX_LEVELS 16

/* What a thread keeps between pictures: tables that cost more to build than a small picture costs
 * to decode. */
struct keep {
    struct th_jpeg_scan *scan;
    struct th_resample
        resample[2]; /* luma; chroma, so that each finds its weights again in the next photo */
};
static _Thread_local struct keep *keep;

void th_jpeg_hot_thread_finish(void)
{
    if (!keep) return;
    th_jpeg_scan_destroy(keep->scan);
    th_resample_finish(&keep->resample[0]);
    th_resample_finish(&keep->resample[1]);
    free(keep);
    keep = NULL;
}

static bool keep_init(void)
{
    if (!keep) keep = th_calloc(1, sizeof *keep);
    if (keep && !keep->scan) keep->scan = th_jpeg_scan_create();
    return keep && keep->scan;
}

/* A plane, and its halves made when first needed. */
struct pyramid {
    struct th_jpeg_plane levels[MAX_LEVELS]; /* n counts samples of level 0 in all of them */
    unsigned n_levels;
    bool box;
};

struct hot {
    struct th_make *make;
    struct th_jpeg_header header;
    unsigned orientation;
    struct th_targets targets;
    struct th_icc icc;
    bool convert; /* icc is to be applied */
    bool planar;  /* all outputs are written from planes, in the colours of the source */
    struct th_jpeg_planes planes;
    struct pyramid pyramids[TH_JPEG_MAX_PLANES];
};

/* ---- how far to reduce while decoding ---- */

unsigned th_jpeg_hot_pick_n(double factor, double residual)
{
    static const unsigned steps[] = {1, 2, 4, 6};
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        if (factor * steps[i] / 8 >= residual * RESIDUAL_TOLERANCE) return steps[i];
    return 8;
}

/* Samples of component i for one pixel of the picture, across or down. */
static double density(const struct th_jpeg_header *h, unsigned i, bool down)
{
    const struct th_jpeg_component *c = &h->components[i];
    return down ? (double)c->v / h->v_max : (double)c->h / h->h_max;
}

/* Encoders want chroma at half its sides. */
void th_jpeg_hot_pick(const struct th_jpeg_header *header, const struct th_targets *targets,
                      bool planar, bool fast, uint8_t n[TH_JPEG_MAX_PLANES])
{
    for (unsigned i = 0; i < header->n_components; i++) {
        double step = i && planar ? 2 : 1;
        double factor = th_reduction_least(targets, step * density(header, i, false),
                                           step * density(header, i, true));
        n[i] = (uint8_t)th_jpeg_hot_pick_n(factor, th_reduction_residual(fast));
    }
}

/* ---- from planes to small planes ---- */

/* What one axis of a target is made of, in pixels of the picture and of the thumbnail, as stored.
 * `step` (1 or 2) thumbnail pixels make one sample. */
struct side {
    uint32_t at, cut, scaled, pad, canvas;
    unsigned step;
    bool mirrored;
};

static struct side side_x(const struct th_geometry *g, unsigned step, unsigned orientation)
{
    return (struct side){g->cut_x,
                         g->cut_width,
                         g->scaled_width,
                         g->pad_left,
                         g->canvas_width,
                         step,
                         th_geometry_mirrors_x(orientation)};
}

static struct side side_y(const struct th_geometry *g, unsigned step, unsigned orientation)
{
    return (struct side){g->cut_y,
                         g->cut_height,
                         g->scaled_height,
                         g->pad_top,
                         g->canvas_height,
                         step,
                         th_geometry_mirrors_y(orientation)};
}

/* Where the samples of a plane lie on the canvas: [first, end) of all of them show picture; those
 * at the ends may show half of it. */
struct cover {
    uint32_t all, first, end;
    bool half_first, half_last;
};

/* Sample i covers the canvas from i * step - shift on: a picture that is still to be mirrored has
 * its odd column of chroma on the other side. */
static uint32_t shift_of(const struct side *s)
{
    return s->mirrored && s->canvas % s->step ? 1 : 0;
}

static struct cover cover_of(const struct side *s)
{
    const uint32_t shift = shift_of(s), from = s->pad + shift, to = from + s->scaled;
    struct cover c = {.all = (s->canvas + s->step - 1) / s->step,
                      .first = from / s->step,
                      .end = (to + s->step - 1) / s->step};
    c.half_first = c.first * s->step < from && s->pad > 0;
    c.half_last = to % s->step && s->pad + s->scaled < s->canvas;
    return c;
}

/* The picture's part of an axis, of a plane of `samples`, per_pixel of them to a pixel. */
static struct th_resample_axis axis(uint32_t samples, double per_pixel, const struct side *s,
                                    double droop)
{
    const struct cover c = cover_of(s);
    const double pixel = (double)s->cut / s->scaled * per_pixel,
                 before = (double)c.first * s->step - shift_of(s) - s->pad;
    return (struct th_resample_axis){.in = samples,
                                     .out = c.end - c.first,
                                     .origin = s->at * per_pixel + before * pixel,
                                     .scale = pixel * s->step,
                                     .droop = droop};
}

/* The level of a pyramid that still leaves the filter enough to do; false: no memory. */
static bool level_for(struct pyramid *p, double factor, unsigned *level)
{
    unsigned l = 0;
    for (; l + 1 < MAX_LEVELS && factor >= 2 * th_reduction_residual(false); factor /= 2)
        l++;
    for (; p->n_levels <= l; p->n_levels++) {
        const struct th_jpeg_plane *from = &p->levels[p->n_levels - 1];
        struct th_jpeg_plane half = {
            .width = (from->width + 1) / 2, .height = (from->height + 1) / 2, .n = from->n};
        half.stride = half.width;
        half.rows = half.height;
        half.data = th_alloc(half.stride * half.rows);
        if (!half.data) return false;
        th_resample_halve(from->data, from->stride, from->width, from->height, half.data,
                          half.stride);
        p->levels[p->n_levels] = half;
    }
    *level = l;
    return true;
}

/* How much the reduction so far has taken from the high frequencies: see resample.h and the design
 * note. */
static double droop_of(const struct pyramid *p, unsigned level)
{
    unsigned n = p->levels[0].n;
    if (level) return p->box && n < 8 ? DROOP_BOX : DROOP_HALVED;
    return n == 8 ? 0 : p->box ? DROOP_BOX : n >= 4 ? DROOP_BAND_4 : DROOP_BAND_2;
}

/* What samples become: gain * s + offset. */
struct range {
    double gain, offset;
};

static const struct range as_stored = {.gain = 0};

/* Component i of planes for an encoder. */
static struct range range_of(unsigned i, bool narrow)
{
    if (!narrow) return as_stored;
    const double gain = (i ? 224 : 219) / 255.0;
    return (struct range){gain, i ? 128 - 128 * gain : 16};
}

/* Component i of thumbnail t to *out, `step` pixels to a sample. False: no memory. */
static bool reduce_plane(struct hot *j, unsigned i, uint32_t t, unsigned step, struct range range,
                         struct th_pixels *out)
{
    const struct th_jpeg_header *h = &j->header;
    const struct th_geometry *g = &j->targets.sizes[t];
    struct pyramid *p = &j->pyramids[i];
    double across = density(h, i, false) * p->levels[0].n / 8,
           down = density(h, i, true) * p->levels[0].n / 8;
    double factor = th_reduction_factor(g, across * step, down * step);
    unsigned level;
    if (!level_for(p, factor, &level)) return false;
    const struct th_jpeg_plane *from = &p->levels[level];
    double part = 1.0 / (1u << level), droop = droop_of(p, level);
    const struct side sx = side_x(g, step, j->orientation), sy = side_y(g, step, j->orientation);
    struct th_resample_axis x = axis(from->width, across * part, &sx, droop);
    struct th_resample_axis y = axis(from->height, down * part, &sy, droop);
    x.gain = range.gain;
    x.offset = range.offset;
    if (!th_pixels_init(out, x.out, y.out, 1)) return false;
    return th_resample_plane(&keep->resample[i > 0], from->data, from->stride, &x, &y, out->data,
                             out->width);
}

/* Lay a plane on its part of the canvas, of which the rest is `value`. False: no memory. */
static bool pad_plane(const struct hot *j, uint32_t t, unsigned step, uint8_t value,
                      struct th_pixels *p)
{
    const struct th_geometry *g = &j->targets.sizes[t];
    const struct side sx = side_x(g, step, j->orientation), sy = side_y(g, step, j->orientation);
    const struct cover x = cover_of(&sx), y = cover_of(&sy);
    struct th_pixels out = {0};
    if (x.all == p->width && y.all == p->height && !x.half_first && !x.half_last && !y.half_first &&
        !y.half_last)
        return true;
    if (!th_pixels_init(&out, x.all, y.all, 1)) return false;
    memset(out.data, value, (size_t)out.width * out.height);
    for (uint32_t i = 0; i < p->height; i++) {
        uint8_t *to = out.data + (size_t)(y.first + i) * out.width + x.first;
        const uint8_t *from = p->data + (size_t)i * p->width;
        const bool half_row = (i == 0 && y.half_first) || (i + 1 == p->height && y.half_last);
        for (uint32_t k = 0; k < p->width; k++) {
            const bool half = (k == 0 && x.half_first) || (k + 1 == p->width && x.half_last);
            const unsigned of = (half_row ? 1 : 2) * (half ? 1 : 2);
            to[k] = (uint8_t)((from[k] * of + value * (4 - of) + 2) / 4);
        }
    }
    th_pixels_finish(p);
    *p = out;
    return true;
}

/* ---- to outputs ---- */

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory for a thumbnail");
}

struct planes {
    const struct th_pixels *planes;
    unsigned n;
    const struct th_encoder *encoder;
};

static enum thumbs_code write_planes(const void *picture, const struct th_encode_how *how,
                                     struct th_sink *sink, struct thumbs_error *err)
{
    const struct planes *p = picture;
    return p->encoder->encode_planes(p->planes, p->n, how, sink, err);
}

static inline uint8_t to_byte(int32_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* A colour as a sample of component i. A grey plane can only be padded with grey. */
static uint8_t component_of(const uint8_t rgb[3], unsigned i, struct range range)
{
    /* JFIF 1.02 */
    const double r = rgb[0], g = rgb[1], b = rgb[2], y = 0.299 * r + 0.587 * g + 0.114 * b;
    const double full = i == 0 ? y : 128 + (i == 1 ? (b - y) / 1.772 : (r - y) / 1.402);
    return to_byte((int32_t)((range.gain != 0 ? range.gain * full : full) + range.offset + 0.5));
}

/* One size in one format. */
static enum thumbs_code write_as(struct hot *j, uint32_t t, enum thumbs_format format,
                                 const struct th_pixels *small, struct thumbs_error *err)
{
    struct th_make *make = j->make;
    const size_t offset = make->sink->len;
    const struct planes written = {
        .planes = small, .n = j->planes.n_planes, .encoder = th_format(format)->encoder};
    th_metadata_set_sides(&make->kept, small[0].width, small[0].height);
    enum thumbs_code code = th_encode_fit(make, format, write_planes, &written, err);
    if (code == THUMBS_OK)
        th_encode_note(make, offset, format, j->targets.stands_for[t], small[0].width,
                       small[0].height);
    return code;
}

/* The planes of one size, turned, in either range. */
static bool make_small(struct hot *j, uint32_t t, bool narrow, struct th_pixels small[3])
{
    const struct th_make *make = j->make;
    for (unsigned i = 0; i < j->planes.n_planes; i++) {
        const unsigned step = i ? 2 : 1;
        const struct range range = range_of(i, narrow);
        const bool sharpens = i == 0 && th_finish_sharpens(make, &j->targets.sizes[t]);
        if (!reduce_plane(j, i, t, step, range, &small[i]) ||
            (sharpens && !th_sharpen(&small[i], make->options->sharpen)) ||
            !pad_plane(j, t, step, component_of(make->options->background, i, range), &small[i]) ||
            !th_pixels_orient(&small[i], j->orientation))
            return false;
    }
    return true;
}

/* One size in every format of the options, which all take planes: made once for each range. */
static enum thumbs_code make_planar(struct hot *j, uint32_t t, struct thumbs_error *err)
{
    struct th_make *make = j->make;
    struct th_image_result *result = make->result;
    struct th_pixels small[2][3] = {{{0}}};
    enum thumbs_code code = THUMBS_OK;
    for (uint32_t f = 0; f < make->options->n_formats && code == THUMBS_OK; f++) {
        const enum thumbs_format wanted = (enum thumbs_format)make->options->formats[f],
                                 source = (enum thumbs_format)result->source_format,
                                 format = th_image_output_format(wanted, source, false);
        const bool narrow = th_format(format)->encoder->narrow;
        const uint64_t start_ns = th_now_ns();
        if (!small[narrow][0].data && !make_small(j, t, narrow, small[narrow]))
            code = no_memory(err);
        const uint64_t middle_ns = th_now_ns();
        if (code == THUMBS_OK) code = write_as(j, t, format, small[narrow], err);
        result->resize_ns += middle_ns - start_ns;
        result->encode_ns += th_now_ns() - middle_ns;
    }
    for (unsigned i = 0; i < 3; i++) {
        th_pixels_finish(&small[0][i]);
        th_pixels_finish(&small[1][i]);
    }
    return code;
}

/* JFIF 1.02: full-range YCbCr of BT.601 to RGB; constants have 16 fractional bits. */
static inline void to_rgb(int32_t y, int32_t cb, int32_t cr, uint8_t rgb[3])
{
    y = y * 65536 + 32768;
    cb -= 128;
    cr -= 128;
    rgb[0] = to_byte((y + 91881 * cr) >> 16);
    rgb[1] = to_byte((y - 22554 * cb - 46802 * cr) >> 16);
    rgb[2] = to_byte((y + 116130 * cb) >> 16);
}

/* CMYK, 0: no ink. Files hold them the other way round (libjpeg.txt), as Adobe began it. Without
 * Adobe's marker a file might mean either; libvips and GraphicsMagick take all for inverted, and so
 * do we. */
static void to_cmyk(const struct th_pixels in[4], bool ycc, struct th_pixels *out)
{
    size_t n = (size_t)out->width * out->height;
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = out->data + 4 * i, rgb[3];
        if (ycc) to_rgb(in[0].data[i], in[1].data[i], in[2].data[i], rgb);
        for (unsigned k = 0; k < 3; k++)
            to[k] = ycc ? rgb[k] : 255 - in[k].data[i];
        to[3] = 255 - in[3].data[i];
    }
    out->cmyk = true;
}

/* The planes of one size, interleaved: grey, RGB or CMYK. Consumes grey. False: no memory. */
static bool interleave(const struct th_jpeg_header *h, struct th_pixels *small,
                       struct th_pixels *out)
{
    if (h->n_components == 1) {
        *out = small[0];
        small[0] = (struct th_pixels){0};
        return true;
    }
    if (!th_pixels_init(out, small[0].width, small[0].height, h->n_components)) return false;
    if (h->n_components == 4) {
        to_cmyk(small, h->colour == TH_JPEG_YCCK, out);
        return true;
    }
    size_t n = (size_t)out->width * out->height;
    for (size_t i = 0; i < n; i++)
        to_rgb(small[0].data[i], small[1].data[i], small[2].data[i], out->data + 3 * i);
    return true;
}

/* One size as interleaved sRGB or grey, as stored. */
static enum thumbs_code make_pixels(struct hot *j, uint32_t t, struct th_pixels *out,
                                    struct thumbs_error *err)
{
    struct th_pixels small[TH_JPEG_MAX_PLANES] = {{0}};
    unsigned n = j->planes.n_planes;
    enum thumbs_code code = THUMBS_OK;
    for (unsigned i = 0; i < n; i++) {
        if (!reduce_plane(j, i, t, 1, as_stored, &small[i])) {
            code = no_memory(err);
            goto out;
        }
    }
    if (!interleave(&j->header, small, out)) {
        code = no_memory(err);
        goto out;
    }
    if (j->convert) th_icc_apply(&j->icc, out);
out:
    for (unsigned i = 0; i < n; i++)
        th_pixels_finish(&small[i]);
    return code;
}

static enum thumbs_code make_all_pixels(struct hot *j, struct thumbs_error *err)
{
    struct th_pixels pictures[TH_MAX_TARGETS] = {{0}};
    enum thumbs_code code = THUMBS_OK;
    uint64_t start_ns = th_now_ns();
    for (uint32_t t = 0; t < j->targets.n && code == THUMBS_OK; t++) {
        code = th_make_check_deadline(j->make, THUMBS_STAGE_RESIZE, err);
        if (code == THUMBS_OK) code = make_pixels(j, t, &pictures[t], err);
    }
    j->make->result->resize_ns += th_now_ns() - start_ns;
    if (code == THUMBS_OK)
        code = th_encode_outputs(j->make, pictures, &j->targets, j->orientation, err);
    for (uint32_t t = 0; t < j->targets.n; t++)
        th_pixels_finish(&pictures[t]);
    return code;
}

static enum thumbs_code make_placeholder(struct hot *j, uint32_t t, struct thumbs_error *err)
{
    struct th_pixels picture = {0};
    enum thumbs_code code = make_pixels(j, t, &picture, err);
    if (code == THUMBS_OK) code = th_encode_placeholder(j->make, &picture, j->orientation, err);
    th_pixels_finish(&picture);
    return code;
}

static enum thumbs_code make_sizes(struct hot *j, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    for (unsigned i = 0; i < j->planes.n_planes; i++) {
        j->pyramids[i].levels[0] = j->planes.planes[i];
        j->pyramids[i].n_levels = 1;
        j->pyramids[i].box = j->planes.box[i];
    }
    if (!j->planar) return make_all_pixels(j, err);
    for (uint32_t t = 0; t < j->targets.n && code == THUMBS_OK; t++) {
        code = th_make_check_deadline(j->make, THUMBS_STAGE_RESIZE, err);
        if (code != THUMBS_OK) continue;
        const bool last = t == th_targets_outputs(&j->targets);
        code = last ? make_placeholder(j, t, err) : make_planar(j, t, err);
    }
    return code;
}

/* ---- the whole way ---- */

/* The profile, if there is one. */
static enum thumbs_code read_profile(struct hot *j, struct thumbs_error *err)
{
    const bool cmyk = j->header.n_components == 4;
    struct th_make *make = j->make;
    if (!j->header.has_icc && !cmyk) return th_keep(make, (struct th_view){0}, err);
    size_t len;
    uint8_t *profile;
    bool unfit, no_memory = !th_jpeg_icc_copy(make->data, make->len, &profile, &len, &unfit);
    j->icc.kind = TH_ICC_OTHER;
    if (!no_memory && cmyk)
        no_memory = !th_icc_read_cmyk(&j->icc, profile, len);
    else if (profile)
        no_memory = !th_icc_read(&j->icc, profile, len, j->header.n_components);
    const bool keeps =
        profile && !no_memory && th_keep_profile(make, &j->icc, len, j->header.n_components);
    enum thumbs_code code = th_keep(make, (struct th_view){profile, keeps ? len : 0}, err);
    free(profile);
    j->convert = j->icc.kind != TH_ICC_SRGB && j->icc.kind != TH_ICC_OTHER && !keeps;
    if (j->icc.ignored || unfit) th_make_profile_ignored(make);
    return no_memory ? th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                                    "no memory for its colour profile")
                     : code;
}

/* Is it a picture for this way? Reads header and orientation. */
static bool is_ours(struct hot *j)
{
    const struct th_make *make = j->make;
    if (!th_jpeg_parse(make->data, make->len, &j->header)) return false;
    const struct th_jpeg_header *h = &j->header;
    if (h->colour == TH_JPEG_OTHER || h->precision != 8) return false;
    /* Coefficients are those of samples: light wants whole rows. */
    if (make->options->linear) return false;
    if (h->sof > 0xC2 && h->sof != 0xC9 && h->sof != 0xCA)
        return false; /* lossless, hierarchical */
    j->orientation =
        make->orientation ? make->orientation : th_exif_orientation(h->exif, h->exif_len);
    return true;
}

/* Can it stay in planes? Not where the picture itself says which part of it is shown, nor grey on
 * a background of another colour. */
static bool fits_planes(const struct hot *j)
{
    const uint8_t *b = j->make->options->background;
    const bool grey = b[0] == b[1] && b[1] == b[2];
    for (uint32_t t = 0; t < j->targets.n; t++) {
        const struct th_geometry *g = &j->targets.sizes[t];
        const bool pads = g->canvas_width > g->scaled_width || g->canvas_height > g->scaled_height;
        if (g->canvas_width < g->scaled_width || g->canvas_height < g->scaled_height) return false;
        if (pads && j->header.n_components == 1 && !grey) return false;
    }
    return true;
}

static enum thumbs_code decode(struct hot *j, struct thumbs_error *err)
{
    struct th_make *make = j->make;
    uint8_t n[TH_JPEG_MAX_PLANES] = {1, 1, 1, 1};
    th_jpeg_hot_pick(&j->header, &j->targets, j->planar, make->options->fast, n);
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code = th_jpeg_planes_decode(keep->scan, &j->header, make->data, make->len, n,
                                                  make->deadline_ns, &j->planes, err);
    make->result->decode_ns += th_now_ns() - start_ns;
    if (code == THUMBS_OK && j->planes.damaged &&
        !th_jpeg_has_pixels(make->data, make->len, &j->header))
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "not one of its pixels decodes: %s", j->planes.warning);
    if (code == THUMBS_OK && j->planes.damaged)
        code = th_make_damaged(make, j->planes.warning, err);
    return code;
}

static enum thumbs_code find_targets(struct hot *j, struct thumbs_error *err)
{
    const struct th_make_source source = {
        .width = j->header.width, .height = j->header.height, .orientation = j->orientation};
    return th_make_targets(j->make, &source, &j->targets, err);
}

static enum thumbs_code make_jpeg(struct th_make *make, struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    struct hot *j = th_calloc(1, sizeof *j);
    if (!j || !keep_init()) {
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory to begin");
        goto out;
    }
    j->make = make;
    if (!is_ours(j)) {
        /* Whatever else would take it has libjpeg read the header; it takes long to load. */
        code = th_jpeg_planes_read_header(make->data, make->len, err);
        make->declined = code == THUMBS_OK;
        goto out;
    }
    code = read_profile(j, err);
    if (code != THUMBS_OK || make->declined) goto out;
    code = find_targets(j, err);
    if (code != THUMBS_OK) goto out;
    j->planar =
        !j->convert && j->header.n_components <= 3 &&
        th_image_takes_planes(make->options, (enum thumbs_format)make->result->source_format) &&
        fits_planes(j);
    code = decode(j, err);
    if (code == THUMBS_OK) code = make_sizes(j, err);
out:
    if (j) {
        for (unsigned i = 0; i < TH_JPEG_MAX_PLANES; i++)
            for (unsigned l = 1; l < j->pyramids[i].n_levels; l++)
                free(j->pyramids[i].levels[l].data);
        th_jpeg_planes_finish(&j->planes);
        free(j);
    }
    return code;
}

const struct th_backend th_backend_jpeg = {
    .name = "jpeg", .make = make_jpeg, .about = th_about_jpeg_reader};

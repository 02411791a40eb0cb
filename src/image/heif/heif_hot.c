/* SPDX-License-Identifier: MIT */
/*
 * From HEIC and AVIF to thumbnails: tiles are reduced as they are decoded, and colours are
 * converted at the thumbnail's size. See docs/design/heif.md.
 *
 * Declines what the reader of the container does not take (image sequences, derived pictures other
 * than grids), before anything is written.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/backend.h"
#include "image/colours.h"
#include "image/embedded.h"
#include "image/encode_outputs.h"
#include "image/heif/heif_colour.h"
#include "image/heif/heif_tiles.h"
#include "image/icc.h"
#include "image/keep.h"
#include "image/resample.h"
#include "image/rowscale.h"

/* Undoes to second order what a box average takes from high frequencies; see resample.h. */
#define DROOP_BOX (1.0 / 24)

struct job {
    struct th_make *make;
    struct th_heif_meta meta;
    struct th_heif_picture picture;
    struct th_targets targets;
    struct th_heif_canvas colour, alpha;
    struct th_heif_matrix matrix, alpha_matrix;
    struct th_heif_nclx nclx, alpha_nclx; /* of the coded data, then of the file where that says */
    struct th_icc icc;
    struct th_colours colours; /* where there is no profile */
    bool keeps_profile;
    struct th_resample resample[2]; /* luma, chroma */
};

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_RESIZE, "no memory for a thumbnail");
}

/* ---- from planes to small planes ---- */

/* One axis: `from` is what a plane covers, cut_at and cut what is shown of it, in pixels of the
 * picture. */
static struct th_resample_axis axis(uint32_t samples, double per_pixel, uint32_t cut_at,
                                    uint32_t cut, uint32_t scaled, unsigned box)
{
    struct th_resample_axis a = {.in = samples,
                                 .out = scaled,
                                 .origin = cut_at * per_pixel,
                                 .scale = (double)cut / scaled * per_pixel,
                                 .droop = box > 1 ? DROOP_BOX : 0};
    return a;
}

/* Samples of the plane for one pixel of the picture. */
static double density(uint32_t full, uint32_t pixels, unsigned box)
{
    double sub = full == pixels ? 1 : 2;
    return 1 / (sub * box);
}

/* The part of the picture that size t shows: the crop of the file, and in it the cut of the
 * geometry. */
static bool reduce_plane(struct job *j, unsigned i, uint32_t t, struct th_pixels *out)
{
    const struct th_heif_picture *p = &j->picture;
    const struct th_heif_reduced *from = &j->colour.planes[i];
    const struct th_geometry *g = &j->targets.sizes[t];
    const uint32_t x_at = p->cut_x + g->cut_x, y_at = p->cut_y + g->cut_y;
    struct th_resample_axis x =
        axis(from->width, density(from->full_width, p->colour.width, from->box), x_at, g->cut_width,
             g->scaled_width, from->box);
    struct th_resample_axis y =
        axis(from->height, density(from->full_height, p->colour.height, from->box), y_at,
             g->cut_height, g->scaled_height, from->box);
    if (!th_pixels_init(out, x.out, y.out, 1)) return false;
    return th_resample_plane(&j->resample[i > 0], from->data, from->width, &x, &y, out->data,
                             out->width);
}

static void to_srgb(const struct job *j, struct th_pixels *p)
{
    if (j->keeps_profile) return;
    if (j->icc.kind != TH_ICC_OTHER)
        th_icc_apply(&j->icc, p);
    else
        th_colours_to_srgb(&j->colours, p);
}

static enum thumbs_code make_picture(struct job *j, uint32_t t, struct th_pixels *out,
                                     struct thumbs_error *err)
{
    struct th_pixels small[TH_HEIF_MAX_PLANES] = {{0}};
    unsigned n = j->colour.n_planes;
    bool made = true;
    for (unsigned i = 0; i < n && made; i++)
        made = reduce_plane(j, i, t, &small[i]);
    if (made) made = th_pixels_init(out, small[0].width, small[0].height, n);
    if (made) {
        size_t n_pixels = (size_t)out->width * out->height;
        if (n == 1)
            th_heif_to_grey(&j->matrix, small[0].data, n_pixels, out->data);
        else
            th_heif_to_rgb(&j->matrix, small[0].data, small[1].data, small[2].data, n_pixels,
                           out->data);
        to_srgb(j, out);
    }
    for (unsigned i = 0; i < n; i++)
        th_pixels_finish(&small[i]);
    return made ? THUMBS_OK : no_memory(err);
}

/* ---- pictures with alpha: rows ---- */

static const uint8_t *row_of(const struct th_heif_reduced *p, uint32_t y, uint32_t height)
{
    uint32_t from = p->full_height == height ? y : (uint32_t)((uint64_t)y * p->height / height);
    return p->data + (size_t)(from < p->height ? from : p->height - 1) * p->width;
}

/* Samples [x0, x0 + n) of a row of `width` pixels, as many as pixels. */
static void spread(const struct th_heif_reduced *p, const uint8_t *row, uint32_t width, uint32_t x0,
                   uint32_t n, uint8_t *out)
{
    if (p->width == width) {
        memcpy(out, row + x0, n);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = (uint32_t)((uint64_t)(x0 + i) * p->width / width);
        out[i] = row[from < p->width ? from : p->width - 1];
    }
}

/* Working memory of one row: planes, colours, the pixels with alpha. */
struct row {
    uint8_t *planes[TH_HEIF_MAX_PLANES], *alpha, *colours, *pixels;
    uint8_t *memory;
};

static bool row_init(struct row *r, uint32_t width)
{
    r->memory = th_alloc((size_t)width * (TH_HEIF_MAX_PLANES + 1 + 3 + 4));
    if (!r->memory) return false;
    for (unsigned i = 0; i < TH_HEIF_MAX_PLANES; i++)
        r->planes[i] = r->memory + (size_t)width * i;
    r->alpha = r->memory + (size_t)width * TH_HEIF_MAX_PLANES;
    r->colours = r->alpha + width;
    r->pixels = r->colours + (size_t)width * 3;
    return true;
}

static void fill_row(const struct job *j, uint32_t y, struct row *r)
{
    const struct th_heif_picture *p = &j->picture;
    uint32_t n = p->cut_width, width = p->colour.width, height = p->colour.height;
    unsigned bands = j->colour.n_planes;
    for (unsigned i = 0; i < bands; i++) {
        const struct th_heif_reduced *from = &j->colour.planes[i];
        spread(from, row_of(from, y, height), width, p->cut_x, n, r->planes[i]);
    }
    if (p->has_alpha) {
        const struct th_heif_reduced *alpha = &j->alpha.planes[0];
        spread(alpha, row_of(alpha, y, height), width, p->cut_x, n, r->alpha);
        th_heif_to_grey(&j->alpha_matrix, r->alpha, n, r->alpha);
    }
    if (bands == 1)
        th_heif_to_grey(&j->matrix, r->planes[0], n, r->colours);
    else
        th_heif_to_rgb(&j->matrix, r->planes[0], r->planes[1], r->planes[2], n, r->colours);
    uint8_t *to = r->pixels;
    for (uint32_t x = 0; x < n; x++) {
        for (unsigned k = 0; k < bands; k++) {
            uint8_t c = r->colours[x * bands + k];
            *to++ = p->premultiplied && p->has_alpha ? th_pixels_divided(c, r->alpha[x]) : c;
        }
        if (p->has_alpha) *to++ = r->alpha[x];
    }
}

static void drop_scalers(const struct job *j, struct th_rowscale **scalers)
{
    for (uint32_t t = 0; t < j->targets.n; t++)
        th_rowscale_destroy(scalers[t]);
}

static bool make_scalers(const struct job *j, struct th_rowscale **scalers)
{
    const struct th_heif_picture *p = &j->picture;
    for (uint32_t t = 0; t < j->targets.n; t++) {
        const struct th_geometry *g = &j->targets.sizes[t];
        const struct th_rowscale_plan plan = {.in_width = p->cut_width,
                                              .in_height = p->cut_height,
                                              .from_x = g->cut_x,
                                              .from_y = g->cut_y,
                                              .span_x = g->cut_width,
                                              .span_y = g->cut_height,
                                              .out_width = g->scaled_width,
                                              .out_height = g->scaled_height,
                                              .bands = j->colour.n_planes + p->has_alpha,
                                              .alpha = p->has_alpha,
                                              .linear = j->make->options->linear != 0};
        scalers[t] = th_rowscale_create(&plan);
        if (!scalers[t]) return false;
    }
    return true;
}

/* By whole pixels: where there is alpha, and where light is averaged. */
static enum thumbs_code make_by_rows(struct job *j, struct th_pixels *pictures,
                                     struct thumbs_error *err)
{
    const struct th_heif_picture *p = &j->picture;
    struct th_rowscale *scalers[TH_MAX_TARGETS] = {0};
    struct row row = {0};
    enum thumbs_code code = THUMBS_OK;
    bool made = row_init(&row, p->cut_width) && make_scalers(j, scalers);
    for (uint32_t y = 0; y < p->cut_height && made && code == THUMBS_OK; y++) {
        fill_row(j, p->cut_y + y, &row);
        for (uint32_t t = 0; t < j->targets.n; t++)
            th_rowscale_feed(scalers[t], row.pixels, 0, 1);
        if (y % 64 == 0) code = th_make_check_deadline(j->make, THUMBS_STAGE_RESIZE, err);
    }
    for (uint32_t t = 0; t < j->targets.n && made && code == THUMBS_OK; t++) {
        made = th_rowscale_take(scalers[t], &pictures[t]);
        if (made) to_srgb(j, &pictures[t]);
    }
    drop_scalers(j, scalers);
    free(row.memory);
    if (code == THUMBS_OK && !made) code = no_memory(err);
    return code;
}

/* ---- the whole way ---- */

static enum thumbs_code make_pictures(struct job *j, struct th_pixels *pictures,
                                      struct thumbs_error *err)
{
    enum thumbs_code code = THUMBS_OK;
    if (j->picture.has_alpha || j->make->options->linear) return make_by_rows(j, pictures, err);
    for (uint32_t t = 0; t < j->targets.n && code == THUMBS_OK; t++) {
        code = th_make_check_deadline(j->make, THUMBS_STAGE_RESIZE, err);
        if (code == THUMBS_OK) code = make_picture(j, t, &pictures[t], err);
    }
    return code;
}

/* The container says what colours mean; where it does not, the coded picture does. */
static enum thumbs_code read_colours(struct job *j, struct thumbs_error *err)
{
    const struct th_heif_picture *p = &j->picture;
    unsigned bands = j->colour.n_planes + (p->has_alpha ? 1 : 0);
    if (p->has_nclx) j->nclx = p->nclx;
    th_colours_from_codes(&j->colours, j->nclx.primaries, j->nclx.transfer);
    th_heif_matrix_init(&j->matrix, &j->nclx);
    /* Alpha has a range, but no colours. */
    j->alpha_nclx.matrix = TH_HEIF_UNSPECIFIED;
    th_heif_matrix_init(&j->alpha_matrix, &j->alpha_nclx);
    j->icc.kind = TH_ICC_OTHER;
    bool read = !p->icc.len || th_icc_read(&j->icc, p->icc.data, p->icc.len, bands);
    if (j->icc.ignored) th_make_profile_ignored(j->make);
    j->keeps_profile = read && th_keep_profile(j->make, &j->icc, p->icc.len, j->colour.n_planes);
    if (read && j->icc.kind == TH_ICC_OTHER)
        read = th_icc_read_colours(&j->icc, &j->colours, bands);
    if (!read)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                            "no memory for its colour profile");
    return THUMBS_OK;
}

static enum thumbs_code decode(struct job *j, struct thumbs_error *err)
{
    uint64_t start_ns = th_now_ns();
    struct th_heif_tiles tiles = {.make = j->make,
                                  .meta = &j->meta,
                                  .picture = &j->picture,
                                  .layer = &j->picture.colour,
                                  .targets = &j->targets,
                                  .canvas = &j->colour,
                                  .nclx = &j->nclx};
    enum thumbs_code code = th_heif_tiles_decode(&tiles, err);
    if (code == THUMBS_OK && j->picture.has_alpha) {
        tiles.layer = &j->picture.alpha;
        tiles.canvas = &j->alpha;
        tiles.nclx = &j->alpha_nclx;
        code = th_heif_tiles_decode(&tiles, err);
    }
    j->make->result->decode_ns += th_now_ns() - start_ns;
    return code == THUMBS_OK ? read_colours(j, err) : code;
}

static enum thumbs_code make_sizes(struct job *j, struct thumbs_error *err)
{
    struct th_pixels pictures[TH_MAX_TARGETS] = {{0}};
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code = make_pictures(j, pictures, err);
    j->make->result->resize_ns += th_now_ns() - start_ns;
    const struct th_view icc = {j->picture.icc.data, j->keeps_profile ? j->picture.icc.len : 0};
    if (code == THUMBS_OK) code = th_keep(j->make, icc, err);
    if (code == THUMBS_OK)
        code = th_encode_outputs(j->make, pictures, &j->targets, j->picture.orientation, err);
    for (uint32_t t = 0; t < j->targets.n; t++)
        th_pixels_finish(&pictures[t]);
    return code;
}

static enum thumbs_code load_codecs(const struct th_heif_picture *p, struct thumbs_error *err)
{
    unsigned wants = th_heif_codec_wants(p->colour.codec);
    if (p->has_alpha) wants |= th_heif_codec_wants(p->alpha.codec);
    return th_heif_load(wants, err);
}

/* Is it a picture for this way? What is not is declined: libheif may know it. So is what a codec
 * is missing for. */
static enum thumbs_code look(struct job *j, struct thumbs_error *err)
{
    enum thumbs_code code = th_heif_meta_read(&j->meta, j->make->data, j->make->len, err);
    if (code == THUMBS_OK) code = th_heif_picture_read(&j->meta, &j->picture, err);
    if (code == THUMBS_OK) code = load_codecs(&j->picture, err);
    j->make->declined = code == THUMBS_CORRUPT || code == THUMBS_UNSUPPORTED;
    return code;
}

static void finish(struct job *j)
{
    th_heif_canvas_finish(&j->colour);
    th_heif_canvas_finish(&j->alpha);
    th_resample_finish(&j->resample[0]);
    th_resample_finish(&j->resample[1]);
    th_heif_meta_finish(&j->meta);
    free(j);
}

/* Layers have their own sizes, whatever is shown of them, and tiles theirs. */
static enum thumbs_code check_layer(const struct job *j, const struct th_heif_layer *l,
                                    struct thumbs_error *err)
{
    uint64_t most = j->make->options->max_pixels;
    if ((uint64_t)l->width * l->height <= most && (uint64_t)l->tile_width * l->tile_height <= most)
        return THUMBS_OK;
    return th_error_set(err, THUMBS_TOO_LARGE, THUMBS_STAGE_DECODE,
                        "its parts have %u x %u and %u x %u pixels, more than the %" PRIu64
                        " allowed",
                        l->width, l->height, l->tile_width, l->tile_height, most);
}

static enum thumbs_code begin(struct job *j, struct thumbs_error *err)
{
    const struct th_heif_picture *p = &j->picture;
    const struct th_make_source source = {
        .width = p->cut_width, .height = p->cut_height, .orientation = p->orientation};
    enum thumbs_code code = th_make_targets(j->make, &source, &j->targets, err);
    if (code == THUMBS_OK) code = check_layer(j, &p->colour, err);
    if (code == THUMBS_OK && p->has_alpha) code = check_layer(j, &p->alpha, err);
    /* Of grey only luma is looked at. */
    if (code == THUMBS_OK && p->has_nclx && !th_heif_layer_is_grey(&j->meta, &p->colour))
        code = th_heif_matrix_check(p->nclx.matrix, err);
    return code;
}

static enum thumbs_code run(struct job *j, struct thumbs_error *err)
{
    enum thumbs_code code = begin(j, err);
    if (code == THUMBS_OK) code = decode(j, err);
    return code == THUMBS_OK ? make_sizes(j, err) : code;
}

/* ---- a small copy in place of the whole ---- */

/* What is foreseen of memory is foreseen for the whole, which may lie in small tiles. */
#define COPY_MOST_PIXELS ((uint64_t)1 << 20)

static bool is_same_profile(struct th_heif_cursor a, struct th_heif_cursor b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* A copy that says nothing of colours has those of the whole. */
static bool is_alike(const struct th_heif_picture *whole, struct th_heif_picture *copy)
{
    if (!copy->has_nclx && !copy->icc.len) {
        copy->has_nclx = whole->has_nclx;
        copy->nclx = whole->nclx;
        copy->icc = whole->icc;
    }
    const bool same_codes = whole->has_nclx == copy->has_nclx &&
                            (!whole->has_nclx || (whole->nclx.primaries == copy->nclx.primaries &&
                                                  whole->nclx.transfer == copy->nclx.transfer));
    return copy->orientation == whole->orientation && !whole->has_alpha && !copy->has_alpha &&
           same_codes && is_same_profile(whole->icc, copy->icc) &&
           (uint64_t)copy->colour.width * copy->colour.height <= COPY_MOST_PIXELS;
}

/* The smallest item 'thmb' of the picture that fits. */
static bool find_copy(struct job *j, const struct th_make_source *whole,
                      struct th_heif_picture *out)
{
    const uint32_t primary = j->meta.primary;
    uint64_t least = UINT64_MAX;
    size_t at = 0;
    for (unsigned i = 0; i < TH_EMBEDDED_MOST; i++) {
        struct th_heif_picture copy;
        const uint32_t id =
            th_heif_meta_source(&j->meta, TH_FOURCC('t', 'h', 'm', 'b'), primary, &at);
        if (!id) break;
        j->meta.primary = id;
        const bool read = th_heif_picture_read(&j->meta, &copy, NULL) == THUMBS_OK;
        j->meta.primary = primary;
        if (!read || !is_alike(&j->picture, &copy)) continue;
        const uint64_t pixels = (uint64_t)copy.cut_width * copy.cut_height;
        if (pixels >= least || !th_embedded_fits(j->make, whole, copy.cut_width, copy.cut_height))
            continue;
        least = pixels;
        *out = copy;
    }
    return least < UINT64_MAX;
}

/* Outputs of a copy, if there is one that fits; else nothing has changed. */
static bool run_copy(struct job *j, enum thumbs_code *code, struct thumbs_error *err)
{
    struct th_image_result *result = j->make->result;
    const struct th_heif_picture picture = j->picture;
    const struct th_make_source whole = {.width = picture.cut_width,
                                         .height = picture.cut_height,
                                         .orientation = picture.orientation};
    const struct th_image_result before = *result;
    const size_t len_before = j->make->sink->len;
    if (!j->make->options->embedded || !find_copy(j, &whole, &j->picture) ||
        th_make_targets(j->make, &whole, &j->targets, NULL) != THUMBS_OK) {
        j->picture = picture;
        return false;
    }
    const uint32_t width = result->width, height = result->height;
    *code = run(j, err);
    if (!th_embedded_falls_back(*code) && !(*code == THUMBS_OK && result->damaged)) {
        result->width = width;
        result->height = height;
        result->from = THUMBS_FROM_EMBEDDED;
        return true;
    }
    *result = before;
    j->make->sink->len = len_before;
    th_heif_canvas_finish(&j->colour);
    j->picture = picture;
    j->nclx = (struct th_heif_nclx){0};
    return false;
}

static enum thumbs_code make_heif(struct th_make *make, struct thumbs_error *err)
{
    struct job *j = th_calloc(1, sizeof *j);
    enum thumbs_code code = THUMBS_OK;
    if (!j) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory to begin");
    j->make = make;
    code = look(j, err);
    if (code == THUMBS_OK && !make->declined && !run_copy(j, &code, err)) code = run(j, err);
    finish(j);
    return code;
}

const struct th_backend th_backend_heif = {
    .name = "heif", .make = make_heif, .about = th_heif_about};

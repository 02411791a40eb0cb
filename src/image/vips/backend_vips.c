/* SPDX-License-Identifier: MIT */
/* What no other decoder takes: libvips decodes, its rows go to a row feed. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/estimate/estimators.h"
#include "image/estimate/jxl_header.h"
#include "image/formats.h"
#include "image/heif/heif_colour.h"
#include "image/heif/heif_told.h"
#include "image/icc.h"
#include "image/jpeg/jpeg_parse.h"
#include "image/rowfeed.h"
#include "image/svg_root.h"
#include "image/vips/jp2k_palette.h"
#include "image/vips/jp2k_samples.h"
#include "image/vips/vips_load.h"

/* Rows of ink with alpha, which no scaler takes: they become RGB before they are reduced. */
struct ink {
    struct th_icc icc;
    struct th_pixels cmyk; /* rows without their alpha */
};

/* One picture that is being decoded. */
struct decoding {
    struct th_make *make;
    const struct th_vips_ops *ops;
    struct th_vips_source *source;
    struct th_vips_header header;
    struct ink ink;           /* where rows have ink and alpha */
    struct th_heif_told told; /* of HEIF */
    uint8_t *profile;         /* of JPEG */
    uint8_t *row;             /* where rows are not fed as they come */
    uint8_t *changed;         /* a copy of the file that libvips reads rightly */
    bool ycc;                 /* rows are Y'CbCr */
    /* While rows come: where they go, and why that stopped the decoder. */
    struct th_rowfeed *feed;
    enum thumbs_code code;
    struct thumbs_error *err;
};

/* ---- before it is opened ---- */

/* libvips gives up after many warnings, but scans can be made without one. */
static enum thumbs_code check_scans(const struct th_make *make, struct thumbs_error *err)
{
    struct th_jpeg_header header;
    uint32_t until_last_dc, all;
    if (make->format != THUMBS_FORMAT_JPEG || !th_jpeg_parse(make->data, make->len, &header))
        return THUMBS_OK;
    th_jpeg_count_scans(make->data, make->len, &header, &until_last_dc, &all);
    if (all <= TH_JPEG_MAX_SCANS) return THUMBS_OK;
    return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "it has more than %d scans",
                        TH_JPEG_MAX_SCANS);
}

static enum thumbs_code check_palette(const struct th_make *make, struct thumbs_error *err)
{
    const struct th_view file = {make->data, make->len};
    if (make->format != THUMBS_FORMAT_JP2K || !th_jp2k_has_palette(file)) return THUMBS_OK;
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                        "its colours are a palette, which libvips cannot read in JPEG 2000");
}

/* libpng makes room for whole rows as it opens a file, 64 MB for a width of 8 million: too late to
 * ask for pixels. */
static enum thumbs_code refuse_early(struct th_make *make, struct thumbs_error *err)
{
    const struct th_view v = {make->data, make->len};
    struct th_estimate e = {0};
    if (make->format != THUMBS_FORMAT_PNG || !th_estimate_png(v, make->options, &e))
        return THUMBS_OK;
    if ((uint64_t)e.width * e.height <= make->options->max_pixels) return THUMBS_OK;
    const struct th_make_source source = {.width = e.width, .height = e.height, .orientation = 1};
    struct th_targets ignored;
    return th_make_targets(make, &source, &ignored, err);
}

static enum thumbs_code accept(struct th_make *make, struct thumbs_error *err)
{
    const struct th_vips_ops *ops = NULL;
    enum thumbs_code code = check_scans(make, err);
    if (code == THUMBS_OK) code = check_palette(make, err);
    if (code == THUMBS_OK) code = refuse_early(make, err);
    return code == THUMBS_OK ? th_vips_load(&ops, err) : code;
}

/* libvips takes colours in numbers for sRGB's, and alpha for not multiplied in. */
static enum thumbs_code ask_container(struct decoding *d, struct thumbs_error *err)
{
    const struct th_make *make = d->make;
    const struct th_view file = {make->data, make->len};
    if (make->format != THUMBS_FORMAT_HEIF && make->format != THUMBS_FORMAT_AVIF) return THUMBS_OK;
    if (!th_heif_told(file, &d->told)) return th_make_no_memory(err);
    return d->told.has_colours ? th_heif_matrix_check(d->told.matrix, err) : THUMBS_OK;
}

/* libvips strings parts together as they come, with gaps and twice. */
static enum thumbs_code read_jpeg_profile(struct decoding *d, struct thumbs_error *err)
{
    bool unfit;
    struct th_make *make = d->make;
    if (make->format != THUMBS_FORMAT_JPEG) return THUMBS_OK;
    if (!th_jpeg_icc_copy(make->data, make->len, &d->profile, &d->header.icc_len, &unfit))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                            "no memory for its colour profile");
    d->header.icc = d->profile;
    if (unfit) th_make_profile_ignored(make);
    return THUMBS_OK;
}

/* ---- the header ---- */

static bool has_ink_and_alpha(const struct th_vips_header *h)
{
    return h->cmyk && h->alpha;
}

static enum th_row_colour colour_of(const struct th_vips_header *h)
{
    if (has_ink_and_alpha(h)) return TH_ROW_RGB;
    if (h->cmyk) return TH_ROW_CMYK;
    return h->bands <= 2 ? TH_ROW_GREY : TH_ROW_RGB;
}

static void close_decoding(void *state)
{
    struct decoding *d = state;
    if (d->ops) d->ops->close(d->source);
    th_pixels_finish(&d->ink.cmyk);
    free(d->profile);
    free(d->row);
    free(d->changed);
    free(d);
}

/* Samples of fewer bits than a byte come with zeros below them. Those of more than eight come so,
 * too, but there it does not matter. */
static uint32_t white_of_jp2k(struct th_view file)
{
    const unsigned bits = th_jp2k_bits(file);
    return bits >= 1 && bits <= 7 ? ((1u << bits) - 1) << (8 - bits) : 0;
}

/* libvips (8.14) lets libjxl paint picture over picture. */
static void note_motion(struct th_make *make, struct th_view file)
{
    struct th_jxl_header h;
    if (th_jxl_header_read(th_jxl_code(file), &h) && h.moves) th_make_is_last_picture(make);
}

/* What libvips would read wrongly in a JPEG 2000 is put right in a copy. */
static enum thumbs_code choose_bytes(struct decoding *d, struct th_vips_input *input,
                                     struct thumbs_error *err)
{
    const struct th_view file = {input->data, input->len};
    if (input->format == THUMBS_FORMAT_JXL) note_motion(d->make, file);
    if (input->format != THUMBS_FORMAT_JP2K) return THUMBS_OK;
    input->white = white_of_jp2k(file);
    const enum th_jp2k_model model = th_jp2k_model(file);
    if (model == TH_JP2K_UNKNOWN)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "it is a JPEG 2000 whose kind of colours is not known");
    d->ycc = model == TH_JP2K_SYCC;
    if (th_jp2k_is_plain(file)) return THUMBS_OK;
    d->changed = th_alloc(file.len);
    if (!d->changed) return th_make_no_memory(err);
    memcpy(d->changed, file.data, file.len);
    if (!th_jp2k_make_plain(d->changed, file.len))
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "it is a JPEG 2000 of more than 16 bits, or with a grid that libvips "
                            "cannot read");
    input->data = d->changed;
    return THUMBS_OK;
}

static enum thumbs_code open_source(struct decoding *d, struct thumbs_error *err)
{
    const struct th_make *make = d->make;
    const char *loader = th_format(make->format)->vips_loader;
    enum thumbs_code code = th_vips_load(&d->ops, err);
    if (code != THUMBS_OK) return code;
    /* th_image_make() lets these through only where a sandbox holds. */
    if (th_format(make->format)->sandboxed) d->ops->unlock(loader);
    struct th_vips_input input = {.data = make->data,
                                  .len = make->len,
                                  .format = make->format,
                                  .loader = loader,
                                  .deadline_ns = make->deadline_ns};
    code = choose_bytes(d, &input, err);
    return code == THUMBS_OK ? d->ops->open(&input, &d->source, &d->header, err) : code;
}

static enum thumbs_code read_profile_of_ink(struct decoding *d, struct thumbs_error *err)
{
    const struct th_vips_header *h = &d->header;
    if (!has_ink_and_alpha(h)) return THUMBS_OK;
    if (!th_icc_read_cmyk(&d->ink.icc, h->icc, h->icc_len))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                            "no memory for its colour profile");
    if (d->ink.icc.ignored) th_make_profile_ignored(d->make);
    return THUMBS_OK;
}

static struct th_row_header header_of(const struct decoding *d)
{
    const struct th_make *make = d->make;
    const struct th_vips_header *h = &d->header;
    struct th_row_header out = {.width = h->width,
                                .height = h->height,
                                .orientation = h->orientation,
                                .colour = colour_of(h),
                                .alpha = h->alpha,
                                .icc = has_ink_and_alpha(h) ? NULL : h->icc,
                                .icc_len = has_ink_and_alpha(h) ? 0 : h->icc_len,
                                .colours = d->told.has_colours ? &d->told.colours : NULL};
    /* libvips then has the viewBox's sides, or where something is drawn: 1 x 1 if that is a
     * percentage too. */
    if (make->format == THUMBS_FORMAT_SVG) out.sizeless = !th_svg_has_size(make->data, make->len);
    /* A page has a size on paper and none in pixels. */
    if (make->format == THUMBS_FORMAT_PDF) out.sizeless = true;
    return out;
}

static enum thumbs_code open_decoding(struct th_make *make, void **state,
                                      struct th_row_header *header, struct thumbs_error *err)
{
    struct decoding *d = th_calloc(1, sizeof *d);
    if (!d) return th_make_no_memory(err);
    d->make = make;
    enum thumbs_code code = ask_container(d, err);
    if (code == THUMBS_OK) code = open_source(d, err);
    if (code == THUMBS_OK) code = read_jpeg_profile(d, err);
    if (code == THUMBS_OK) code = read_profile_of_ink(d, err);
    if (code != THUMBS_OK) {
        close_decoding(d);
        return code;
    }
    *header = header_of(d);
    *state = d;
    return THUMBS_OK;
}

/* ---- rows ---- */

static bool begin(void *user, uint32_t width, uint32_t height, double span_x, double span_y)
{
    struct decoding *d = user;
    const struct th_row_shape shape = {.width = width,
                                       .height = height,
                                       .span_x = span_x,
                                       .span_y = span_y,
                                       .colour = colour_of(&d->header),
                                       .alpha = d->header.alpha,
                                       .layout = TH_ROWS_INTERLEAVED,
                                       .bits = 8};
    d->code = th_rowfeed_begin(d->feed, &shape, d->err);
    return d->code == THUMBS_OK;
}

/* One row of ink and alpha to RGB and alpha. False: no memory. */
static bool convert_ink(struct decoding *d, const uint8_t *row, uint32_t width)
{
    struct ink *ink = &d->ink;
    th_pixels_finish(&ink->cmyk);
    if (!th_pixels_init(&ink->cmyk, width, 1, 4)) return false;
    ink->cmyk.cmyk = true;
    for (uint32_t x = 0; x < width; x++)
        memcpy(ink->cmyk.data + 4 * (size_t)x, row + 5 * (size_t)x, 4);
    th_icc_apply(&ink->icc, &ink->cmyk);
    for (uint32_t x = 0; x < width; x++) {
        memcpy(d->row + 4 * (size_t)x, ink->cmyk.data + 3 * (size_t)x, 3);
        d->row[4 * (size_t)x + 3] = row[5 * (size_t)x + 4];
    }
    return true;
}

static bool divide_alpha(struct decoding *d, const uint8_t *row, uint32_t width)
{
    const uint32_t bands = d->header.bands;
    for (size_t i = 0; i < (size_t)width * bands; i += bands) {
        const uint8_t alpha = d->row[i + bands - 1] = row[i + bands - 1];
        for (uint32_t k = 0; k + 1 < bands; k++)
            d->row[i + k] = th_pixels_divided(row[i + k], alpha);
    }
    return true;
}

static uint8_t to_byte(float v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
}

/* sYCC is BT.601's Y'CbCr over the full range (IEC 61966-2-1, annex G). */
static bool convert_ycc(struct decoding *d, const uint8_t *row, uint32_t width)
{
    const uint32_t bands = d->header.bands;
    for (size_t i = 0; i < (size_t)width * bands; i += bands) {
        const float y = row[i], cb = row[i + 1] - 128.0f, cr = row[i + 2] - 128.0f;
        d->row[i] = to_byte(y + 1.402f * cr);
        d->row[i + 1] = to_byte(y - 0.344136f * cb - 0.714136f * cr);
        d->row[i + 2] = to_byte(y + 1.772f * cb);
        if (bands == 4) d->row[i + 3] = row[i + 3];
    }
    return true;
}

typedef bool convert_fn(struct decoding *d, const uint8_t *row, uint32_t width);

/* Feed what becomes of each row. False: no memory, or d->code says why. */
static bool converted_rows(struct decoding *d, const struct th_rows *rows, convert_fn *convert)
{
    const uint32_t width = d->feed->shape.width;
    if (!d->row) d->row = th_alloc(4 * (size_t)width);
    for (uint32_t y = 0; d->row && y < rows->n; y++) {
        if (!convert(d, rows->planes[0] + y * rows->strides[0], width)) return false;
        const struct th_rows one = {.planes = {d->row}, .strides = {4 * (size_t)width}, .n = 1};
        d->code = th_rowfeed_rows(d->feed, &one, d->err);
        if (d->code != THUMBS_OK) return false;
    }
    return d->row;
}

static bool rows(void *user, const uint8_t *data, size_t stride, uint32_t n)
{
    struct decoding *d = user;
    const struct th_rows rows = {.planes = {data}, .strides = {stride}, .n = n};
    if (has_ink_and_alpha(&d->header)) return converted_rows(d, &rows, convert_ink);
    if (d->ycc && d->header.bands >= 3) return converted_rows(d, &rows, convert_ycc);
    if (d->told.premultiplied && d->header.alpha) return converted_rows(d, &rows, divide_alpha);
    d->code = th_rowfeed_rows(d->feed, &rows, d->err);
    return d->code == THUMBS_OK;
}

static enum thumbs_code decode(void *state, const struct th_row_wish *wish, struct th_rowfeed *feed,
                               struct thumbs_error *err)
{
    struct decoding *d = state;
    bool damaged = false;
    char warning[200] = "";
    const struct th_vips_rows to = {.begin = begin, .rows = rows, .user = d};
    d->feed = feed;
    d->err = err;
    enum thumbs_code code =
        d->ops->read(d->source, wish->most_shrink, wish->draw_scale, &to, &damaged, warning, err);
    if (code == THUMBS_STOPPED && d->code != THUMBS_OK) return d->code;
    if (code == THUMBS_STOPPED) return th_make_no_memory(err);
    if (code == THUMBS_OK && damaged) code = th_make_damaged(d->make, warning, err);
    return code;
}

static const struct th_row_decoder decoder = {
    .accept = accept, .open = open_decoding, .decode = decode, .close = close_decoding};

static void about(enum thumbs_format format, struct th_bytes *text)
{
    const struct th_vips_ops *ops;
    if (th_vips_load(&ops, NULL) != THUMBS_OK) return;
    if (!ops->has_loader(th_format(format)->vips_loader)) return;
    th_bytes_addf(text, "libvips %s", ops->library());
    if (th_format(format)->sandboxed) th_bytes_adds(text, " (in a sandbox)");
}

const struct th_backend th_backend_vips = {.name = "libvips", .rows = &decoder, .about = about};

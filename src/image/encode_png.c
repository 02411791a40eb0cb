/* SPDX-License-Identifier: MIT */
/* A picture to a PNG file: libpng, its chunks appended to the sink as they come. */
#include <setjmp.h>
#include <stdlib.h>

#include <png.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/encode.h"
#include "image/palette.h"
#include "image/png/png_metadata.h"

#define CHECK_ROWS 16 /* between two looks at the clock */

/* Measured over photos and drawings: level 6 makes files 1.4 % smaller, for a fifth more of CPU;
 * fewer filters make them larger. */
#define LEVEL 5

struct encoder {
    png_structp png;
    png_infop info;
    struct th_sink *sink;
    bool sink_full, late;
    char text[120];
    struct th_palette palette;
    uint8_t *row; /* places in the palette; NULL: it is not used */
    const struct th_metadata *metadata;
    uint8_t *profile; /* the body of its chunk */
    size_t profile_len;
};

static void on_write(png_structp png, png_bytep data, size_t len)
{
    struct encoder *e = png_get_io_ptr(png);
    if (!th_sink_add(e->sink, data, len)) {
        e->sink_full = true;
        png_error(png, "no room");
    }
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void on_error(png_structp png, png_const_charp text)
{
    struct encoder *e = png_get_error_ptr(png);
    size_t i = 0;
    for (; text[i] && i + 1 < sizeof e->text; i++)
        e->text[i] = text[i];
    e->text[i] = 0;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static int depth_for(unsigned n_colours)
{
    return n_colours <= 2 ? 1 : n_colours <= 4 ? 2 : n_colours <= 16 ? 4 : 8;
}

/* Filters only make neighbours of a palette look different. */
static void describe_palette(struct encoder *e, const struct th_pixels *p)
{
    png_color colours[TH_PALETTE_MOST];
    png_byte alpha[TH_PALETTE_MOST];
    for (unsigned i = 0; i < e->palette.n; i++) {
        const uint8_t *c = e->palette.colours[i];
        colours[i] = (png_color){.red = c[0], .green = c[1], .blue = c[2]};
        alpha[i] = c[3];
    }
    png_set_IHDR(e->png, e->info, p->width, p->height, depth_for(e->palette.n),
                 PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    png_set_PLTE(e->png, e->info, colours, (int)e->palette.n);
    if (e->palette.n_not_opaque)
        png_set_tRNS(e->png, e->info, alpha, (int)e->palette.n_not_opaque, NULL);
    png_set_filter(e->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
}

static void describe_samples(struct encoder *e, const struct th_pixels *p)
{
    static const int colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                       PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_IHDR(e->png, e->info, p->width, p->height, 8, colour_types[p->bands],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_filter(e->png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
}

static void write_rows(struct encoder *e, const struct th_pixels *p)
{
    png_set_write_fn(e->png, e, on_write, on_flush);
    png_set_compression_level(e->png, LEVEL);
    if (e->row)
        describe_palette(e, p);
    else
        describe_samples(e, p);
    png_write_info_before_PLTE(e->png, e->info);
    th_png_write_metadata(e->png, e->metadata, (struct th_view){e->profile, e->profile_len});
    png_write_info(e->png, e->info);
    if (e->row) png_set_packing(e->png);
    size_t stride = (size_t)p->width * p->bands;
    for (uint32_t y = 0; y < p->height; y++) {
        e->late = y % CHECK_ROWS == 0 && th_sink_late(e->sink);
        if (e->late) png_error(e->png, "late");
        if (e->row) th_palette_map(&e->palette, p, y, e->row);
        png_write_row(e->png, e->row ? e->row : p->data + y * stride);
    }
    png_write_end(e->png, NULL);
}

/* The only frame that longjmp returns to: nothing here lives in a register across it. */
static bool try_write(struct encoder *e, const struct th_pixels *p)
{
    if (setjmp(png_jmpbuf(e->png))) return false;
    write_rows(e, p);
    return true;
}

static enum thumbs_code encode(struct encoder *e, const struct th_pixels *p,
                               struct thumbs_error *err)
{
    size_t len_before = e->sink->len;
    e->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, e, on_error, on_warning);
    if (e->png) e->info = png_create_info_struct(e->png);
    if (!e->info)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory to encode a PNG");
    if (try_write(e, p)) return THUMBS_OK;
    e->sink->len = len_before;
    if (e->late)
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_ENCODE, "it took longer than it may");
    if (e->sink_full)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE,
                            "no memory for the encoded PNG");
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_ENCODE, "libpng: %s", e->text);
}

/* As RGB: alpha that is opaque throughout is not written. False: no memory. */
static bool without_alpha(const struct th_pixels *p, struct th_pixels *out)
{
    static const uint8_t background[3];
    return th_pixels_flatten(p, background, out);
}

/* False: no memory. */
static bool pack_profile(struct encoder *e)
{
    const struct th_metadata *m = e->metadata;
    return !m || !m->icc.len || th_png_pack_profile(m->icc, &e->profile, &e->profile_len);
}

enum thumbs_code th_encode_png(const struct th_pixels *p, const struct th_encode_how *how,
                               struct th_sink *sink, struct thumbs_error *err)
{
    struct encoder e = {.sink = sink, .metadata = how->metadata};
    struct th_pixels opaque = {0};
    enum thumbs_code code = THUMBS_OK;
    bool ready = pack_profile(&e);
    if (!ready)
        ;
    else if (p->bands >= 3 && th_palette_find(&e.palette, p))
        ready = (e.row = th_alloc(p->width)) != NULL;
    else if (th_pixels_has_alpha(p) && th_pixels_is_opaque(p))
        ready = without_alpha(p, &opaque);
    code = ready
               ? encode(&e, opaque.data ? &opaque : p, err)
               : th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_ENCODE, "no memory to encode a PNG");
    if (e.png) png_destroy_write_struct(&e.png, &e.info);
    th_pixels_finish(&opaque);
    free(e.row);
    free(e.profile);
    return code;
}

/* What libpng holds are a few rows; a copy is made where alpha turns out to be opaque. */
static struct th_encode_cost cost(uint32_t bands, uint32_t quality)
{
    (void)quality;
    return (struct th_encode_cost){.working = bands % 2 == 0 ? bands - 1 : 0, .encoded = bands};
}

const struct th_encoder th_encoder_png = {.encode = th_encode_png,
                                          .cost = cost,
                                          .keeps_alpha = true,
                                          .keeps_profile = true,
                                          .about = th_about_png_writer};

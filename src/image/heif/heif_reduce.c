/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_reduce.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"

enum { GREY = 128 };

/* Larger ones are no faster, and chroma of half the sides has half the box. */
enum { MAX_BOX = 64 };

static unsigned box_of(const struct th_heif_layer *l, unsigned most)
{
    unsigned box = 1;
    while (box * 2 <= most && (l->columns == 1 || l->tile_width % (box * 2) == 0) &&
           (l->rows == 1 || l->tile_height % (box * 2) == 0))
        box *= 2;
    return box;
}

void th_heif_pick_boxes(const struct th_heif_picture *picture, const struct th_heif_layer *layer,
                        const struct th_targets *targets,
                        const struct thumbs_image_options *options,
                        unsigned boxes[TH_HEIF_MAX_PLANES])
{
    double room = th_reduction_least(targets, 1, 1) / th_reduction_residual(options->fast != 0);
    /* Alpha has to be multiplied into whole pixels, and light made of them, before anything is
     * averaged. */
    const bool whole = picture->has_alpha || options->linear || !(room >= 1);
    unsigned most = whole ? 1 : room > MAX_BOX ? MAX_BOX : (unsigned)room;
    boxes[0] = box_of(layer, most);
    /* Chroma may have half the sides: then this box covers the same pixels. */
    boxes[1] = boxes[2] = boxes[0] > 1 ? boxes[0] / 2 : 1;
}

void th_heif_canvas_finish(struct th_heif_canvas *c)
{
    for (unsigned i = 0; i < TH_HEIF_MAX_PLANES; i++)
        free(c->planes[i].data);
    free(c->sums);
    *c = (struct th_heif_canvas){0};
}

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

/* How many pixels a sample of the frame's plane i covers, across and down: 1 or 2; 0: it is no
 * plane of such a tile. */
static unsigned subsampling(uint32_t pixels, uint32_t samples)
{
    return samples == pixels ? 1 : samples == divide_up(pixels, 2) ? 2 : 0;
}

/* How the planes of a frame lie on the pixels of its layer. */
struct shape {
    unsigned x[TH_HEIF_MAX_PLANES], y[TH_HEIF_MAX_PLANES];
};

/* False: it is no tile of this layer. */
static bool shape_of(const struct th_heif_layer *l, const struct th_heif_frame *f,
                     struct shape *out)
{
    if (f->planes[0].width < l->tile_width || f->planes[0].height < l->tile_height) return false;
    for (unsigned i = 0; i < f->n_planes; i++) {
        unsigned x = out->x[i] = subsampling(f->planes[0].width, f->planes[i].width);
        unsigned y = out->y[i] = subsampling(f->planes[0].height, f->planes[i].height);
        if (!x || !y) return false;
        /* A tile of an odd side would put half a sample of chroma into the next one. */
        if ((l->columns > 1 && l->tile_width % x) || (l->rows > 1 && l->tile_height % y))
            return false;
    }
    return true;
}

static bool make_plane(const struct th_heif_layer *l, unsigned x, unsigned y, unsigned box,
                       struct th_heif_reduced *out)
{
    size_t size;
    out->full_width = divide_up(l->width, x);
    out->full_height = divide_up(l->height, y);
    out->width = divide_up(out->full_width, box);
    out->height = divide_up(out->full_height, box);
    out->box = box;
    if (!th_mul_size(out->width, out->height, &size)) return false;
    out->data = th_alloc(size);
    if (!out->data) return false;
    memset(out->data, GREY, size); /* where no tile comes */
    return true;
}

static enum thumbs_code begin(struct th_heif_canvas *c, const struct th_heif_frame *f,
                              const struct shape *shape, const unsigned boxes[TH_HEIF_MAX_PLANES],
                              struct thumbs_error *err)
{
    c->sums = th_calloc(c->layer->width, sizeof *c->sums);
    bool made = c->sums != NULL;
    for (unsigned i = 0; i < f->n_planes && made; i++)
        made = make_plane(c->layer, shape->x[i], shape->y[i], boxes[i], &c->planes[i]);
    c->n_planes = f->n_planes;
    if (made) return THUMBS_OK;
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for %u x %u pixels",
                        c->layer->width, c->layer->height);
}

/* ---- box averages ---- */

static void add_bytes(uint32_t *sums, const uint8_t *row, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sums[i] += row[i];
}

static void add_words(uint32_t *sums, const uint16_t *row, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sums[i] += row[i];
}

/* `n` sums of columns to the mean of each `box` of them, at 8 bits. Sums of at most 2^16 samples
 * of 16 bits. */
static void average(const uint32_t *sums, uint32_t n, unsigned box, unsigned rows, unsigned bits,
                    uint8_t *out)
{
    for (uint32_t x = 0; x < n; x += box) {
        uint32_t columns = n - x < box ? n - x : box;
        uint64_t sum = 0, samples = (uint64_t)columns * rows << (bits - 8);
        for (uint32_t k = 0; k < columns; k++)
            sum += sums[x + k];
        uint64_t mean = (sum + samples / 2) / samples;
        *out++ = mean > 255 ? 255 : (uint8_t)mean;
    }
}

/* Full boxes of a power of two, which is all of a picture but its right edge: no division. */
static void average_full(const uint32_t *sums, uint32_t n_boxes, unsigned box, unsigned shift,
                         uint8_t *out)
{
    const uint32_t half = shift ? 1u << (shift - 1) : 0;
    for (uint32_t i = 0; i < n_boxes; i++) {
        uint32_t sum = half;
        for (unsigned k = 0; k < box; k++)
            sum += sums[i * box + k];
        sum >>= shift;
        out[i] = sum > 255 ? 255 : (uint8_t)sum;
    }
}

static unsigned log2_of(unsigned box)
{
    return (unsigned)__builtin_ctz(box);
}

/* One row of boxes: `n_rows` rows of `n` samples. */
static void reduce_rows(uint32_t *sums, const struct th_heif_plane *p, uint32_t y, uint32_t n_rows,
                        uint32_t n, unsigned box, uint8_t *out)
{
    memset(sums, 0, n * sizeof *sums);
    for (uint32_t k = 0; k < n_rows; k++) {
        const uint8_t *row = p->data + (size_t)(y + k) * p->stride;
        if (p->bits > 8)
            add_words(sums, (const uint16_t *)(const void *)row, n);
        else
            add_bytes(sums, row, n);
    }
    uint32_t n_full = n_rows == box ? n / box : 0;
    average_full(sums, n_full, box, 2 * log2_of(box) + p->bits - 8, out);
    average(sums + n_full * box, n - n_full * box, box, n_rows, p->bits, out + n_full);
}

static void reduce_plane(struct th_heif_canvas *c, const struct th_heif_plane *p,
                         struct th_heif_reduced *to, uint32_t x0, uint32_t y0, uint32_t width,
                         uint32_t height)
{
    if (x0 >= to->full_width || y0 >= to->full_height) return;
    if (width > to->full_width - x0) width = to->full_width - x0;
    if (height > to->full_height - y0) height = to->full_height - y0;
    for (uint32_t y = 0; y < height; y += to->box) {
        uint32_t n_rows = height - y < to->box ? height - y : to->box;
        uint8_t *out = to->data + (size_t)((y0 + y) / to->box) * to->width + x0 / to->box;
        reduce_rows(c->sums, p, y, n_rows, width, to->box, out);
    }
}

/* Is it as the first one was? */
static bool is_alike(const struct th_heif_canvas *c, const struct th_heif_frame *f,
                     const struct shape *shape)
{
    if (f->n_planes != c->n_planes) return false;
    for (unsigned i = 0; i < f->n_planes; i++) {
        if (divide_up(c->layer->width, shape->x[i]) != c->planes[i].full_width ||
            divide_up(c->layer->height, shape->y[i]) != c->planes[i].full_height)
            return false;
    }
    return true;
}

enum thumbs_code th_heif_canvas_add(struct th_heif_canvas *c, uint32_t column, uint32_t row,
                                    const struct th_heif_frame *f,
                                    const unsigned boxes[TH_HEIF_MAX_PLANES],
                                    struct thumbs_error *err)
{
    const struct th_heif_layer *l = c->layer;
    struct shape shape;
    if (!shape_of(l, f, &shape) || (c->n_planes && !is_alike(c, f, &shape)))
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "its coded picture does not have the size that its header gives");
    enum thumbs_code code = c->n_planes ? THUMBS_OK : begin(c, f, &shape, boxes, err);
    if (code != THUMBS_OK) return code;
    for (unsigned i = 0; i < c->n_planes; i++) {
        unsigned x = shape.x[i], y = shape.y[i];
        reduce_plane(c, &f->planes[i], &c->planes[i], column * (l->tile_width / x),
                     row * (l->tile_height / y), divide_up(l->tile_width, x),
                     divide_up(l->tile_height, y));
    }
    return THUMBS_OK;
}

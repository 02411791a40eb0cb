/* SPDX-License-Identifier: MIT */
/* The tiles of a picture one after the other: found in the file, decoded, reduced. */
#include "image/heif/heif_tiles.h"

#include <stdlib.h>

#include "base/error.h"
#include "image/heif/heif_colour.h"

/* The filters of HEVC's coding loop, 6 to 25 % of its time, smooth what is averaged anyway. They
 * are left out from so large a reduction on; what costs 0.3 dB then depends on how much was left
 * for them to smooth, which the bits of a pixel tell: see docs/design/heif.md. Those of AV1 cost
 * little.
 */
static const struct {
    double bits, reduction;
} skip_filters_from[] = {{2.2, 4}, {1.4, 10}, {0.4, 15}};

/* A tile as it stands in the file. *memory is the caller's to free in any case. */
struct coded {
    struct th_heif_cursor config, data;
    uint8_t *memory;
    bool cut; /* the file ends before it does */
};

static enum thumbs_code find_tile(const struct th_heif_tiles *t, uint32_t column, uint32_t row,
                                  struct coded *out, struct thumbs_error *err)
{
    const struct th_heif_item *item = th_heif_layer_tile(t->meta, t->layer, column, row);
    if (!item || !th_heif_layer_config(t->meta, t->layer, item, &out->config))
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "a part of its picture is missing");
    return th_heif_meta_data(t->meta, item, &out->data, &out->memory, &out->cut, err);
}

static enum thumbs_code decode_tile(const struct th_heif_tiles *t, struct th_heif_decoder *decoder,
                                    uint32_t column, uint32_t row, struct th_heif_frame *out,
                                    struct thumbs_error *err)
{
    struct coded coded = {0};
    enum thumbs_code code = find_tile(t, column, row, &coded, err);
    if (code == THUMBS_OK)
        code = th_heif_decoder_run(decoder, &coded.config, &coded.data, out, err);
    if (code == THUMBS_OK) out->damaged = out->damaged || coded.cut;
    free(coded.memory);
    return code;
}

/* The first tile that decodes says what colours mean, unless the container did. */
static enum thumbs_code take_nclx(const struct th_heif_tiles *t, const struct th_heif_frame *f,
                                  struct thumbs_error *err)
{
    *t->nclx = f->nclx;
    if (t->picture->has_nclx || t->layer == &t->picture->alpha || f->n_planes == 1)
        return THUMBS_OK;
    return th_heif_matrix_check(f->nclx.matrix, err);
}

/* A tile that does not decode leaves grey, and the picture is damaged: the others are shown. */
static bool is_damage(enum thumbs_code code)
{
    return code == THUMBS_CORRUPT || code == THUMBS_UNSUPPORTED;
}

struct progress {
    unsigned n_good, n_bad;
    bool damaged;
    struct thumbs_error first; /* of the bad ones */
};

static enum thumbs_code note_bad(struct progress *p, enum thumbs_code code,
                                 const struct thumbs_error *why, struct thumbs_error *err)
{
    if (p->n_bad++ == 0) p->first = *why;
    if (is_damage(code)) return THUMBS_OK;
    if (err) *err = *why;
    return code;
}

static enum thumbs_code add_tile(const struct th_heif_tiles *t, struct th_heif_decoder *decoder,
                                 uint32_t column, uint32_t row, struct progress *p,
                                 struct thumbs_error *err)
{
    struct th_heif_frame frame = {0};
    unsigned boxes[TH_HEIF_MAX_PLANES];
    struct thumbs_error why = {0};
    th_heif_pick_boxes(t->picture, t->layer, t->targets, t->make->options, boxes);
    enum thumbs_code code = decode_tile(t, decoder, column, row, &frame, &why);
    if (code == THUMBS_OK) code = th_heif_canvas_add(t->canvas, column, row, &frame, boxes, &why);
    if (code == THUMBS_OK) {
        p->n_good++;
        p->damaged = p->damaged || frame.damaged;
        return p->n_good == 1 ? take_nclx(t, &frame, err) : THUMBS_OK;
    }
    return note_bad(p, code, &why, err);
}

/* One that no thumbnail shows is not decoded. That it is there, and whole, costs nothing to see. */
static enum thumbs_code pass_over_tile(const struct th_heif_tiles *t, uint32_t column, uint32_t row,
                                       struct progress *p, struct thumbs_error *err)
{
    struct coded coded = {0};
    struct thumbs_error why = {0};
    enum thumbs_code code = find_tile(t, column, row, &coded, &why);
    free(coded.memory);
    if (code == THUMBS_OK) p->damaged = p->damaged || coded.cut;
    return code == THUMBS_OK ? THUMBS_OK : note_bad(p, code, &why, err);
}

static bool meets(uint64_t from, uint64_t len, uint64_t at, uint64_t side)
{
    return from < at + side && at < from + len;
}

/* Does a tile lie where targets look? An alpha layer of another size is decoded whole. */
static bool is_seen(const struct th_heif_tiles *t, const struct th_window *window, uint32_t column,
                    uint32_t row)
{
    const struct th_heif_picture *p = t->picture;
    const struct th_heif_layer *l = t->layer;
    if (l->width != p->colour.width || l->height != p->colour.height) return true;
    return meets((uint64_t)column * l->tile_width, l->tile_width, (uint64_t)p->cut_x + window->x,
                 window->width) &&
           meets((uint64_t)row * l->tile_height, l->tile_height, (uint64_t)p->cut_y + window->y,
                 window->height);
}

/* All tiles that lie in the window, or (seen: false) all others. */
static enum thumbs_code run_tiles(const struct th_heif_tiles *t, struct th_heif_decoder *decoder,
                                  const struct th_window *window, bool seen, struct progress *p,
                                  struct thumbs_error *err)
{
    const struct th_heif_layer *l = t->layer;
    for (uint32_t row = 0; row < l->rows; row++) {
        for (uint32_t column = 0; column < l->columns; column++) {
            enum thumbs_code code = th_make_check_deadline(t->make, THUMBS_STAGE_DECODE, err);
            const bool is_wanted = is_seen(t, window, column, row) == seen;
            if (code == THUMBS_OK && is_wanted)
                code = add_tile(t, decoder, column, row, p, err);
            else if (code == THUMBS_OK && seen)
                code = pass_over_tile(t, column, row, p, err);
            if (code != THUMBS_OK) return code;
        }
    }
    return THUMBS_OK;
}

static enum thumbs_code decode_tiles(const struct th_heif_tiles *t, struct th_heif_decoder *decoder,
                                     struct thumbs_error *err)
{
    const struct th_window window =
        th_targets_window(t->targets, t->picture->cut_width, t->picture->cut_height);
    struct progress p = {0};
    enum thumbs_code code = run_tiles(t, decoder, &window, true, &p, err);
    /* Whether it is a picture at all, the others tell. */
    if (code == THUMBS_OK && p.n_good == 0) code = run_tiles(t, decoder, &window, false, &p, err);
    if (code != THUMBS_OK) return code;
    if (p.n_good == 0) {
        if (err) *err = p.first;
        return p.first.code;
    }
    if (p.n_bad) return th_make_damaged(t->make, p.first.message, err);
    return p.damaged ? th_make_damaged(t->make, "the coded data is damaged", err) : THUMBS_OK;
}

/* Bytes of an item as the tables of the file have it; what is said to reach to the end of the file
 * counts nothing. */
static double coded_bytes(const struct th_heif_meta *m, const struct th_heif_item *item)
{
    double bytes = 0;
    for (uint32_t i = 0; i < item->n_extents; i++)
        bytes += (double)m->extents[item->first_extent + i].len;
    return bytes;
}

/* 0, a picture that needs its filters, where items lie in more pieces than sound ones do: so that
 * it is soon known. */
static double bits_per_pixel(const struct th_heif_tiles *t)
{
    const struct th_heif_layer *l = t->layer;
    uint64_t n_extents = 0;
    double bytes = 0;
    for (uint32_t row = 0; row < l->rows; row++) {
        for (uint32_t column = 0; column < l->columns; column++) {
            const struct th_heif_item *item = th_heif_layer_tile(t->meta, l, column, row);
            if (!item) continue;
            n_extents += item->n_extents;
            if (n_extents > TH_HEIF_MAX_EXTENTS) return 0;
            bytes += coded_bytes(t->meta, item);
        }
    }
    return 8 * bytes / ((double)l->width * l->height);
}

static bool may_skip_filters(const struct th_heif_tiles *t)
{
    if (t->layer->codec != TH_HEIF_HEVC || t->picture->has_alpha) return false;
    const double bits = bits_per_pixel(t), reduction = th_reduction_least(t->targets, 1, 1);
    for (unsigned i = 0; i < sizeof skip_filters_from / sizeof *skip_filters_from; i++) {
        if (bits >= skip_filters_from[i].bits) return reduction >= skip_filters_from[i].reduction;
    }
    return false;
}

static bool is_late(void *user)
{
    return th_make_check_deadline(user, THUMBS_STAGE_DECODE, NULL) != THUMBS_OK;
}

enum thumbs_code th_heif_tiles_decode(const struct th_heif_tiles *t, struct thumbs_error *err)
{
    const struct th_heif_layer *l = t->layer;
    const struct th_heif_plan plan = {.max_pixels =
                                          ((uint64_t)l->tile_width + TH_HEIF_CODED_MARGIN) *
                                          ((uint64_t)l->tile_height + TH_HEIF_CODED_MARGIN),
                                      .skip_filters = may_skip_filters(t),
                                      .max_frames = th_heif_layer_frames(t->meta, l),
                                      .is_late = is_late,
                                      .user = t->make};
    struct th_heif_decoder *decoder = NULL;
    enum thumbs_code code = th_heif_decoder_create(l->codec, &plan, &decoder, err);
    if (code != THUMBS_OK) return code;
    t->canvas->layer = l;
    code = decode_tiles(t, decoder, err);
    th_heif_decoder_destroy(decoder);
    return code;
}

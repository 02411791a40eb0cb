/* SPDX-License-Identifier: MIT */
/* The tiles of a picture one after the other: found in the file, decoded, reduced. */
#include "image/heif/heif_tiles.h"

#include <stdlib.h>

#include "base/error.h"
#include "image/heif/heif_colour.h"

/* From here on the filters of HEVC's coding loop, a fifth of its time, smooth what is averaged
 * anyway: without them no thumbnail was more than 0.3 dB further from the exact one. Those of AV1
 * cost little. */
#define SKIP_FILTERS_FROM 14.0

static enum thumbs_code decode_tile(const struct th_heif_tiles *t, struct th_heif_decoder *decoder,
                                    uint32_t column, uint32_t row, struct th_heif_frame *out,
                                    struct thumbs_error *err)
{
    struct th_heif_cursor config, data;
    uint8_t *memory = NULL;
    bool cut;
    const struct th_heif_item *item = th_heif_layer_tile(t->meta, t->layer, column, row);
    if (!item || !th_heif_layer_config(t->meta, t->layer, item, &config))
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "a part of its picture is missing");
    enum thumbs_code code = th_heif_meta_data(t->meta, item, &data, &memory, &cut, err);
    if (code == THUMBS_OK) code = th_heif_decoder_run(decoder, &config, &data, out, err);
    if (code == THUMBS_OK) out->damaged = out->damaged || cut;
    free(memory);
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
    if (p->n_bad++ == 0) p->first = why;
    if (is_damage(code)) return THUMBS_OK;
    if (err) *err = why;
    return code;
}

static enum thumbs_code decode_tiles(const struct th_heif_tiles *t, struct th_heif_decoder *decoder,
                                     struct thumbs_error *err)
{
    const struct th_heif_layer *l = t->layer;
    struct progress p = {0};
    for (uint32_t row = 0; row < l->rows; row++) {
        for (uint32_t column = 0; column < l->columns; column++) {
            enum thumbs_code code = th_make_check_deadline(t->make, THUMBS_STAGE_DECODE, err);
            if (code == THUMBS_OK) code = add_tile(t, decoder, column, row, &p, err);
            if (code != THUMBS_OK) return code;
        }
    }
    if (p.n_good == 0) {
        if (err) *err = p.first;
        return p.first.code;
    }
    if (p.n_bad) return th_make_damaged(t->make, p.first.message, err);
    return p.damaged ? th_make_damaged(t->make, "the coded data is damaged", err) : THUMBS_OK;
}

static bool is_late(void *user)
{
    return th_make_check_deadline(user, THUMBS_STAGE_DECODE, NULL) != THUMBS_OK;
}

enum thumbs_code th_heif_tiles_decode(const struct th_heif_tiles *t, struct thumbs_error *err)
{
    const struct th_heif_layer *l = t->layer;
    const struct th_heif_plan plan = {
        .max_pixels = ((uint64_t)l->tile_width + TH_HEIF_CODED_MARGIN) *
                      ((uint64_t)l->tile_height + TH_HEIF_CODED_MARGIN),
        .skip_filters = l->codec == TH_HEIF_HEVC && !t->picture->has_alpha &&
                        th_reduction_least(t->targets, 1, 1) >= SKIP_FILTERS_FROM,
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

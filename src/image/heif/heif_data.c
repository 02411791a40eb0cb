/* SPDX-License-Identifier: MIT */
/* Where the data of an item lies: in one piece, in several, or within another item (iloc). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/heif/heif_meta.h"

/* What an item's extents are counted in: the file, idat, or the data of another item. */
struct place {
    struct th_heif_cursor bytes;
    uint8_t *memory; /* to be freed */
};

static enum thumbs_code corrupt(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                        "its data does not lie in the file");
}

/* The bytes of extent i within `in`. False: it begins behind the end. */
static bool extent_bytes(const struct th_heif_meta *m, const struct th_heif_item *item, uint32_t i,
                         const struct th_heif_cursor *in, struct th_heif_cursor *out, bool *cut)
{
    const struct th_heif_extent *e = &m->extents[item->first_extent + i];
    uint64_t start;
    if (__builtin_add_overflow(item->base, e->offset, &start) || start > in->len || !in->data)
        return false;
    size_t left = in->len - (size_t)start;
    if (e->len > left) *cut = true;
    *out = (struct th_heif_cursor){.data = in->data + start,
                                   .len = e->len == 0 || e->len > left ? left : (size_t)e->len};
    return true;
}

/* Several extents, put together in memory. */
static enum thumbs_code join(const struct th_heif_meta *m, const struct th_heif_item *item,
                             const struct th_heif_cursor *in, struct place *out, bool *cut,
                             struct thumbs_error *err)
{
    struct th_heif_cursor piece;
    size_t total = 0, at = 0;
    for (uint32_t i = 0; i < item->n_extents; i++) {
        if (!extent_bytes(m, item, i, in, &piece, cut) || !th_add_size(total, piece.len, &total))
            return corrupt(err);
    }
    /* Extents may overlap, and many of them could make gigabytes out of a small file. */
    if (total > m->len) return corrupt(err);
    out->memory = th_alloc(total ? total : 1);
    if (!out->memory)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for its data");
    for (uint32_t i = 0; i < item->n_extents && extent_bytes(m, item, i, in, &piece, cut); i++) {
        memcpy(out->memory + at, piece.data, piece.len);
        at += piece.len;
    }
    out->bytes = (struct th_heif_cursor){.data = out->memory, .len = total};
    return THUMBS_OK;
}

static enum thumbs_code gather(const struct th_heif_meta *m, const struct th_heif_item *item,
                               const struct th_heif_cursor *in, struct place *out, bool *cut,
                               struct thumbs_error *err)
{
    *out = (struct place){0};
    if (item->protected_data)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "it is encrypted");
    if (item->elsewhere)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "its data is in another file");
    if (item->n_extents > 1) return join(m, item, in, out, cut, err);
    if (item->n_extents == 0 || !extent_bytes(m, item, 0, in, &out->bytes, cut))
        return corrupt(err);
    return THUMBS_OK;
}

/* Of construction 0 or 1: the data of an item that others are cut from is not cut from another
 * itself. */
static enum thumbs_code gather_direct(const struct th_heif_meta *m, const struct th_heif_item *item,
                                      struct place *out, bool *cut, struct thumbs_error *err)
{
    const struct th_heif_cursor file = {.data = m->data, .len = m->len};
    if (item->construction > 1) return corrupt(err);
    return gather(m, item, item->construction == 0 ? &file : &m->idat, out, cut, err);
}

static enum thumbs_code gather_from_item(const struct th_heif_meta *m,
                                         const struct th_heif_item *item, struct place *out,
                                         bool *cut, struct thumbs_error *err)
{
    size_t n;
    struct place in;
    const struct th_heif_reference *to =
        th_heif_meta_targets(m, TH_FOURCC('i', 'l', 'o', 'c'), item->id, &n);
    const struct th_heif_item *other = to ? th_heif_meta_item(m, to->to) : NULL;
    if (!other) return corrupt(err);
    if (item->scattered)
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                            "its data is in several other items");
    enum thumbs_code code = gather_direct(m, other, &in, cut, err);
    if (code != THUMBS_OK) return code;
    code = gather(m, item, &in.bytes, out, cut, err);
    if (code == THUMBS_OK && !out->memory)
        out->memory = in.memory; /* the piece lies in it */
    else
        free(in.memory);
    return code;
}

enum thumbs_code th_heif_meta_data(const struct th_heif_meta *m, const struct th_heif_item *item,
                                   struct th_heif_cursor *out, uint8_t **memory, bool *cut,
                                   struct thumbs_error *err)
{
    struct place place;
    *cut = false;
    enum thumbs_code code = item->construction == 2 ? gather_from_item(m, item, &place, cut, err)
                                                    : gather_direct(m, item, &place, cut, err);
    if (code != THUMBS_OK) return code;
    *out = place.bytes;
    *memory = place.memory;
    return THUMBS_OK;
}

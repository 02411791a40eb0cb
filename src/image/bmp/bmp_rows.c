/* SPDX-License-Identifier: MIT */
#include "image/bmp/bmp_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

/* ---- packed pictures ---- */

/* Where the next pixel goes; y counts stored rows, the first being the lowest. */
struct unpacking {
    struct th_bmp_rows *r;
    uint64_t at, x, y;
};

static unsigned next(struct unpacking *u)
{
    return (unsigned)th_view_le(u->r->v, u->at++, 1);
}

static void put(struct unpacking *u, unsigned place)
{
    const struct th_bmp *b = u->r->b;
    if (u->x < b->width && u->y < b->height) {
        const uint64_t row = b->top_down ? u->y : b->height - 1 - u->y;
        u->r->unpacked[row * b->width + u->x] = (uint8_t)place;
    }
    u->x++;
}

static unsigned nibble(unsigned byte, unsigned i)
{
    return i % 2 ? byte & 15 : byte >> 4;
}

static void put_run(struct unpacking *u, unsigned n, unsigned value)
{
    const bool four = u->r->b->packing == TH_BMP_RLE4;
    for (unsigned i = 0; i < n; i++)
        put(u, four ? nibble(value, i) : value);
}

/* Pixels as they are, padded to an even number of bytes. */
static void put_literal(struct unpacking *u, unsigned n)
{
    const bool four = u->r->b->packing == TH_BMP_RLE4;
    const unsigned n_bytes = four ? (n + 1) / 2 : n;
    const uint64_t end = u->at + n_bytes + n_bytes % 2;
    unsigned byte = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!four || i % 2 == 0) byte = next(u);
        put(u, four ? nibble(byte, i) : byte);
    }
    u->at = end;
}

/* One code; false at the end of the picture. Each takes two bytes at least, so the file bounds
 * them, and a run is of 255 at most. */
static bool unpack_code(struct unpacking *u)
{
    const unsigned n = next(u), value = next(u);
    if (n) {
        put_run(u, n, value);
    } else if (value == 0) {
        u->x = 0;
        u->y++;
    } else if (value == 1) {
        return false;
    } else if (value == 2) {
        u->x += next(u);
        u->y += next(u);
    } else {
        put_literal(u, value);
    }
    return u->y < u->r->b->height;
}

/* What no code reaches has the first colour, as in Windows. */
static bool unpack(struct th_bmp_rows *r)
{
    const uint64_t size = th_bmp_unpacked_size(r->b);
    struct unpacking u = {.r = r, .at = r->b->pixels};
    bool more = true;
    if (size > SIZE_MAX || !(r->unpacked = th_calloc(1, (size_t)size))) return false;
    while (more && u.at < r->v.len && r->v.len - u.at >= 2)
        more = unpack_code(&u);
    /* (A picture may end without saying so, but not in the middle of a row.) */
    if (more && u.y < r->b->height) r->n_missing = (uint32_t)(r->b->height - u.y);
    if (r->n_missing == 1 && u.x >= r->b->width) r->n_missing = 0;
    return true;
}

/* ---- plain pictures ---- */

/* The bytes of row y, counted from the top; NULL if the file does not hold all of them. */
static const uint8_t *stored_row(const struct th_bmp_rows *r, uint32_t y, uint64_t from,
                                 uint64_t row_len)
{
    const struct th_bmp *b = r->b;
    const uint64_t row = b->top_down ? y : b->height - 1 - y;
    const uint64_t at = th_add_sat(from, th_mul_sat(row, row_len));
    if (at > r->v.len || r->v.len - at < row_len) return NULL;
    return r->v.data + at;
}

static uint32_t pixel_of(const uint8_t *row, uint32_t x, unsigned bits)
{
    switch (bits) {
    case 16:
        return (uint32_t)row[2 * (size_t)x] | (uint32_t)row[2 * (size_t)x + 1] << 8;
    case 32:
        row += 4 * (size_t)x;
        return row[0] | (uint32_t)row[1] << 8 | (uint32_t)row[2] << 16 | (uint32_t)row[3] << 24;
    default: /* 1, 2, 4, 8: the first pixel lies in the highest bits */
        return (uint32_t)row[(uint64_t)x * bits / 8] >> (8 - bits - x * (uint64_t)bits % 8) &
               ((1u << bits) - 1);
    }
}

static uint8_t sample_of(uint32_t pixel, const struct th_bmp_mask *m)
{
    if (!m->bits) return 0;
    const uint64_t value = (pixel & m->bits) >> m->shift;
    return (uint8_t)((value * 255 + m->most / 2) / m->most);
}

static void put_place(const struct th_bmp_rows *r, uint32_t place, uint8_t *to)
{
    const uint8_t *colour = r->b->palette[place & 255];
    to[0] = colour[0];
    if (r->b->grey && !r->alpha) return;
    to[1] = colour[1];
    to[2] = colour[2];
}

static void get_places(const struct th_bmp_rows *r, const uint8_t *row, unsigned bits, uint8_t *to)
{
    const uint32_t bands = th_bmp_rows_bands(r);
    for (uint32_t x = 0; x < r->b->width; x++, to += bands) {
        put_place(r, pixel_of(row, x, bits), to);
        if (r->alpha) to[3] = 255;
    }
}

static void get_24(const struct th_bmp_rows *r, const uint8_t *row, uint8_t *to)
{
    const uint32_t bands = th_bmp_rows_bands(r);
    for (uint32_t x = 0; x < r->b->width; x++, row += 3, to += bands) {
        to[0] = row[2];
        to[1] = row[1];
        to[2] = row[0];
        if (r->alpha) to[3] = 255;
    }
}

static void get_masked(const struct th_bmp_rows *r, const uint8_t *row, uint8_t *to)
{
    const uint32_t bands = th_bmp_rows_bands(r);
    const struct th_bmp *b = r->b;
    for (uint32_t x = 0; x < b->width; x++, to += bands) {
        const uint32_t pixel = pixel_of(row, x, b->bits);
        for (unsigned k = 0; k < 3; k++)
            to[k] = sample_of(pixel, &b->masks[k]);
        if (r->alpha) to[3] = r->own_alpha ? sample_of(pixel, &b->masks[3]) : 255;
    }
}

/* An icon's mask, which counts where it has no alpha; where the file ends before it, all is seen.
 */
static void apply_mask(const struct th_bmp_rows *r, uint32_t y, uint8_t *to)
{
    const uint8_t *mask = stored_row(r, y, r->b->mask, r->b->mask_row_len);
    for (uint32_t x = 0; mask && x < r->b->width; x++)
        if (pixel_of(mask, x, 1)) to[4 * (size_t)x + 3] = 0;
}

/* ---- alpha ---- */

/* Files whose alpha is 0 throughout were written by who knew of none. */
static bool uses_alpha(const struct th_bmp_rows *r)
{
    const struct th_bmp_mask *m = &r->b->masks[3];
    if (r->b->bits != 16 && r->b->bits != 32) return false;
    uint64_t at = r->b->pixels;
    for (uint32_t y = 0; m->bits && y < r->b->height; y++, at += r->b->row_len) {
        if (at > r->v.len || r->v.len - at < r->b->row_len) return false;
        for (uint32_t x = 0; x < r->b->width; x++)
            if (pixel_of(r->v.data + at, x, r->b->bits) & m->bits) return true;
    }
    return false;
}

/* ---- */

void th_bmp_rows_init(struct th_bmp_rows *r, struct th_view v, const struct th_bmp *b)
{
    *r = (struct th_bmp_rows){.v = v, .b = b};
    r->own_alpha = uses_alpha(r);
    r->alpha = r->own_alpha || b->is_icon;
}

bool th_bmp_rows_begin(struct th_bmp_rows *r)
{
    return r->b->packing == TH_BMP_PLAIN || unpack(r);
}

void th_bmp_rows_finish(struct th_bmp_rows *r)
{
    free(r->unpacked);
    r->unpacked = NULL;
}

uint32_t th_bmp_rows_bands(const struct th_bmp_rows *r)
{
    return r->alpha ? 4 : r->b->grey ? 1 : 3;
}

void th_bmp_rows_get(struct th_bmp_rows *r, uint32_t y, uint8_t *to)
{
    const struct th_bmp *b = r->b;
    if (r->unpacked) {
        get_places(r, r->unpacked + (size_t)y * b->width, 8, to);
        return;
    }
    const uint8_t *row = stored_row(r, y, b->pixels, b->row_len);
    if (!row) {
        memset(to, 0, (size_t)b->width * th_bmp_rows_bands(r));
        r->n_missing++;
        return;
    }
    if (b->bits <= 8)
        get_places(r, row, b->bits, to);
    else if (b->bits == 24)
        get_24(r, row, to);
    else
        get_masked(r, row, to);
    if (b->is_icon && !r->own_alpha) apply_mask(r, y, to);
}

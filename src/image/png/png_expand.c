/* SPDX-License-Identifier: MIT */
#include "image/png/png_expand.h"

#include <string.h>

/* ---- setting up ---- */

/* Grey of less than 8 bits, by its value: the sample that fills 8 bits, and its alpha. */
static void fill_grey_table(struct th_png_expand *e)
{
    const unsigned most = (1u << e->depth) - 1;
    for (unsigned i = 0; i <= most; i++) {
        e->table[i][0] = (uint8_t)(i * 255 / most);
        e->table[i][1] = e->keyed && i == (e->key[0] & most) ? 0 : 255;
    }
}

static bool palette_has_alpha(const struct th_png_header *h)
{
    for (unsigned i = 0; i < 256; i++)
        if (h->palette[i][3] != 255) return true;
    return false;
}

void th_png_expand_init(struct th_png_expand *e, const struct th_png_header *h, bool wide)
{
    *e = (struct th_png_expand){.width = h->width, .depth = h->depth, .keyed = h->keyed};
    e->channels = th_png_channels(h);
    e->bands = e->channels + (h->keyed ? 1 : 0);
    e->sample_bytes = h->depth == 16 && wide ? 2 : 1;
    memcpy(e->key, h->key, sizeof e->key);
    if (h->colour == TH_PNG_PALETTE) {
        e->by_table = true;
        e->bands = h->keyed && palette_has_alpha(h) ? 4 : 3;
        memcpy(e->table, h->palette, sizeof e->table);
    } else if (h->depth < 8) {
        e->by_table = true;
        fill_grey_table(e);
    } else if (h->depth == 8) {
        for (unsigned i = 0; i < 3; i++)
            e->key[i] &= 255;
    }
    e->plain = h->depth == 8 && !e->by_table && !e->keyed;
}

/* ---- by table ---- */

#define INLINE static inline __attribute__((always_inline))

/* Called with constants, so that each depth and number of bands has a loop of its own. */
INLINE void look_up(const struct th_png_expand *e, const uint8_t *from, uint8_t *to, uint32_t width,
                    unsigned depth, unsigned bands)
{
    const unsigned most = (1u << depth) - 1;
    for (uint32_t i = 0; i < width; i++, to += bands) {
        const size_t bit = (size_t)i * depth;
        const unsigned value = from[bit / 8] >> (8 - depth - bit % 8) & most;
        /* Four bytes at once; of what is too much the next pixel is written over. */
        memcpy(to, e->table[value], bands == 1 ? 1 : 4);
    }
}

INLINE void look_up_depth(const struct th_png_expand *e, const uint8_t *from, uint8_t *to,
                          uint32_t width, unsigned depth)
{
    switch (e->bands) {
    case 1:
        look_up(e, from, to, width, depth, 1);
        return;
    case 2:
        look_up(e, from, to, width, depth, 2);
        return;
    case 3:
        look_up(e, from, to, width, depth, 3);
        return;
    default:
        look_up(e, from, to, width, depth, 4);
        return;
    }
}

static void expand_by_table(const struct th_png_expand *e, const uint8_t *from, uint8_t *to,
                            uint32_t width)
{
    switch (e->depth) {
    case 1:
        look_up_depth(e, from, to, width, 1);
        return;
    case 2:
        look_up_depth(e, from, to, width, 2);
        return;
    case 4:
        look_up_depth(e, from, to, width, 4);
        return;
    default:
        look_up_depth(e, from, to, width, 8);
        return;
    }
}

/* ---- whole samples ---- */

INLINE unsigned wide_sample(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

/* Of 16 bits to 8, to the nearest: v / 257. */
INLINE uint8_t narrow(unsigned v)
{
    return (uint8_t)((v * 255 + 32895) >> 16);
}

static void narrow_row(const uint8_t *restrict from, uint8_t *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = narrow(wide_sample(from + 2 * i));
}

static void widen_row(const uint8_t *from, uint16_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint16_t)wide_sample(from + 2 * i);
}

/* Samples with a key: `channels` in, and alpha behind them. */
INLINE void key_row(const struct th_png_expand *e, const uint8_t *from, void *to, uint32_t width,
                    unsigned channels, unsigned in_bytes, unsigned out_bytes)
{
    uint8_t *narrow_to = to;
    uint16_t *wide_to = to;
    for (uint32_t i = 0; i < width; i++) {
        bool hit = true;
        for (unsigned k = 0; k < channels; k++, from += in_bytes) {
            const unsigned v = in_bytes == 2 ? wide_sample(from) : *from;
            hit = hit && v == e->key[k];
            if (out_bytes == 2)
                *wide_to++ = (uint16_t)v;
            else
                *narrow_to++ = in_bytes == 2 ? narrow(v) : (uint8_t)v;
        }
        if (out_bytes == 2)
            *wide_to++ = hit ? 0 : 65535;
        else
            *narrow_to++ = hit ? 0 : 255;
    }
}

static void expand_keyed(const struct th_png_expand *e, const uint8_t *from, void *to,
                         uint32_t width)
{
    const unsigned in_bytes = e->depth / 8;
    if (e->channels == 1 && in_bytes == 1)
        key_row(e, from, to, width, 1, 1, 1);
    else if (in_bytes == 1)
        key_row(e, from, to, width, 3, 1, 1);
    else
        key_row(e, from, to, width, e->channels, 2, e->sample_bytes);
}

void th_png_expand_row(const struct th_png_expand *e, const uint8_t *from, void *to, uint32_t width)
{
    const size_t n = (size_t)width * e->channels;
    if (e->by_table)
        expand_by_table(e, from, to, width);
    else if (e->keyed)
        expand_keyed(e, from, to, width);
    else if (e->depth == 8)
        memcpy(to, from, n);
    else if (e->sample_bytes == 2)
        widen_row(from, to, n);
    else
        narrow_row(from, to, n);
}

/* SPDX-License-Identifier: MIT */
#include "image/palette.h"

#include <stdlib.h>
#include <string.h>

/* In an order that puts what is least opaque first and then goes by colour. */
static uint32_t key_of(const uint8_t *pixel, uint32_t bands)
{
    const uint32_t alpha = bands == 4 ? pixel[3] : 255;
    return alpha << 24 | (uint32_t)pixel[0] << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
}

/* The slot of a colour, or the free one where it belongs. */
static unsigned slot_of(const struct th_palette *palette, uint32_t key)
{
    unsigned slot = (key * 2654435761u >> 16) % TH_PALETTE_SLOTS;
    while (palette->indices[slot] >= 0 && palette->keys[slot] != key)
        slot = (slot + 1) % TH_PALETTE_SLOTS;
    return slot;
}

/* False: there is no more room. */
static bool add_colour(struct th_palette *palette, uint32_t keys[], uint32_t key)
{
    const unsigned slot = slot_of(palette, key);
    if (palette->indices[slot] >= 0) return true;
    if (palette->n == TH_PALETTE_MOST) return false;
    palette->keys[slot] = key;
    palette->indices[slot] = 0;
    keys[palette->n++] = key;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void put_in_order(struct th_palette *palette, uint32_t keys[])
{
    qsort(keys, palette->n, sizeof *keys, compare_keys);
    for (unsigned i = 0; i < palette->n; i++) {
        const uint8_t colour[4] = {(uint8_t)(keys[i] >> 16), (uint8_t)(keys[i] >> 8),
                                   (uint8_t)keys[i], (uint8_t)(keys[i] >> 24)};
        memcpy(palette->colours[i], colour, 4);
        palette->indices[slot_of(palette, keys[i])] = (int16_t)i;
        if (colour[3] != 255) palette->n_not_opaque = i + 1;
    }
}

bool th_palette_find(struct th_palette *palette, const struct th_pixels *p)
{
    const size_t n = (size_t)p->width * p->height;
    uint32_t keys[TH_PALETTE_MOST], last = 0;
    palette->n = palette->n_not_opaque = 0;
    for (unsigned i = 0; i < TH_PALETTE_SLOTS; i++)
        palette->indices[i] = -1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t key = key_of(p->data + i * p->bands, p->bands);
        if ((i == 0 || key != last) && !add_colour(palette, keys, key)) return false;
        last = key;
    }
    put_in_order(palette, keys);
    return true;
}

void th_palette_map(const struct th_palette *palette, const struct th_pixels *p, uint32_t y,
                    uint8_t *to)
{
    const uint8_t *from = p->data + (size_t)y * p->width * p->bands;
    for (uint32_t x = 0; x < p->width; x++, from += p->bands)
        to[x] = (uint8_t)palette->indices[slot_of(palette, key_of(from, p->bands))];
}

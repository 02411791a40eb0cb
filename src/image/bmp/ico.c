/* SPDX-License-Identifier: MIT */
/* Icons by their directory, which counts sides up to 256 and may say anything: each picture's own
 * header is asked. */
#include "image/bmp/ico.h"

#include <string.h>

enum { DIRECTORY = 6, ENTRY = 16, MOST_ENTRIES = 256 };

static bool look_at_png(struct th_ico_entry *e)
{
    if (!TH_VIEW_HAS(e->v, 0, "\x89PNG\r\n\x1a\n") || !TH_VIEW_HAS(e->v, 12, "IHDR")) return false;
    static const uint8_t samples[] = {1, 0, 3, 1, 2, 0, 4};
    const unsigned depth = (unsigned)th_view_be(e->v, 24, 1),
                   type = (unsigned)th_view_be(e->v, 25, 1);
    e->png = true;
    e->width = (uint32_t)th_view_be(e->v, 16, 4);
    e->height = (uint32_t)th_view_be(e->v, 20, 4);
    e->bits = type < sizeof samples ? depth * samples[type] : 0;
    return e->width && e->height;
}

static bool look_at_bitmap(struct th_ico_entry *e)
{
    struct th_bmp b;
    bool unsupported;
    const char *why;
    if (!th_bmp_parse_icon(e->v, &b, &unsupported, &why)) return false;
    e->width = b.width;
    e->height = b.height;
    e->bits = b.bits;
    return true;
}

static bool read_entry(struct th_view v, uint64_t at, struct th_ico_entry *e)
{
    const uint64_t len = th_view_le(v, at + 8, 4), from = th_view_le(v, at + 12, 4);
    if (from < DIRECTORY + ENTRY || from >= v.len) return false;
    *e = (struct th_ico_entry){.v = {v.data + from, v.len - (size_t)from}};
    if (len < e->v.len) e->v.len = (size_t)len;
    return look_at_png(e) || look_at_bitmap(e);
}

static bool is_better(const struct th_ico_entry *a, const struct th_ico_entry *b)
{
    const uint64_t pixels_a = (uint64_t)a->width * a->height,
                   pixels_b = (uint64_t)b->width * b->height;
    return pixels_a > pixels_b || (pixels_a == pixels_b && a->bits > b->bits);
}

/* Among the n so far; the last falls out where there is no more room. */
static size_t insert(struct th_ico_entry out[TH_ICO_MOST], size_t n, const struct th_ico_entry *e)
{
    size_t at = n;
    while (at > 0 && is_better(e, &out[at - 1]))
        at--;
    if (at == TH_ICO_MOST) return n;
    if (n == TH_ICO_MOST) n--;
    memmove(&out[at + 1], &out[at], (n - at) * sizeof *out);
    out[at] = *e;
    return n + 1;
}

size_t th_ico_list(struct th_view v, struct th_ico_entry out[TH_ICO_MOST])
{
    const uint64_t n_entries = th_view_le(v, 4, 2);
    size_t n = 0;
    for (uint64_t i = 0; i < n_entries && i < MOST_ENTRIES; i++) {
        struct th_ico_entry e;
        if (read_entry(v, DIRECTORY + i * ENTRY, &e)) n = insert(out, n, &e);
    }
    return n;
}

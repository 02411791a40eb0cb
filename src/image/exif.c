/* SPDX-License-Identifier: MIT */
#include "image/exif.h"

#include <string.h>

#include "base/num.h"

enum {
    TAG_ORIENTATION = 0x0112,
    TAG_JPEG_OFFSET = 0x0201,
    TAG_JPEG_LEN = 0x0202,
    TYPE_BYTE = 1,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    ENTRY_LEN = 12
};

struct tiff {
    struct th_view v;
    bool big;
};

static uint64_t get(const struct tiff *t, uint64_t at, unsigned n)
{
    return t->big ? th_view_be(t->v, at, n) : th_view_le(t->v, at, n);
}

static bool open_tiff(struct tiff *t, const uint8_t *data, size_t len)
{
    if (len < 14) return false;
    *t = (struct tiff){.v = {data, len}, .big = memcmp(data, "MM\0*", 4) == 0};
    return t->big || memcmp(data, "II*\0", 4) == 0;
}

/* The one number that the first entry of this tag in the directory at `dir` has; `none` without
 * one, and where it is none. */
static uint64_t find(const struct tiff *t, uint64_t dir, uint64_t tag, uint64_t none)
{
    if (dir > t->v.len || t->v.len - dir < 2) return none;
    const uint64_t n = get(t, dir, 2), room = (t->v.len - dir - 2) / ENTRY_LEN;
    for (uint64_t i = 0; i < n && i < room; i++) {
        const uint64_t at = dir + 2 + ENTRY_LEN * i;
        if (get(t, at, 2) != tag) continue;
        if (get(t, at + 4, 4) != 1) return none;
        switch (get(t, at + 2, 2)) {
        case TYPE_SHORT:
            return get(t, at + 8, 2);
        case TYPE_LONG:
            return get(t, at + 8, 4);
        case TYPE_BYTE:
            return get(t, at + 8, 1);
        default:
            return none;
        }
    }
    return none;
}

static unsigned orientation_in(const struct tiff *t, uint64_t dir)
{
    const uint64_t value = find(t, dir, TAG_ORIENTATION, 0);
    return value <= 8 ? (unsigned)value : 0;
}

unsigned th_exif_orientation_told(const uint8_t *data, size_t len)
{
    struct tiff t;
    return open_tiff(&t, data, len) ? orientation_in(&t, get(&t, 4, 4)) : 0;
}

unsigned th_exif_orientation(const uint8_t *data, size_t len)
{
    const unsigned told = th_exif_orientation_told(data, len);
    return told ? told : 1;
}

bool th_exif_thumbnail(struct th_view tiff, struct th_exif_thumbnail *out)
{
    struct tiff t;
    if (!open_tiff(&t, tiff.data, tiff.len)) return false;
    const uint64_t first = get(&t, 4, 4);
    /* Behind the entries of the first directory stands where the second one is. */
    const uint64_t second = get(&t, first + 2 + ENTRY_LEN * get(&t, first, 2), 4);
    if (second < 8) return false;
    const uint64_t at = find(&t, second, TAG_JPEG_OFFSET, 0),
                   len = find(&t, second, TAG_JPEG_LEN, 0);
    if (!at || !len || at >= tiff.len || len > tiff.len - at) return false;
    *out = (struct th_exif_thumbnail){.jpeg = {tiff.data + at, (size_t)len},
                                      .orientation = orientation_in(&t, second)};
    return true;
}

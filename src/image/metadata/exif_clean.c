/* SPDX-License-Identifier: MIT */
#include "image/metadata/exif_clean.h"

#include <string.h>

#include "image/exif.h"

enum {
    HEAD_LEN = 8,
    ENTRY_LEN = 12,

    TAG_WIDTH = 0x0100,
    TAG_HEIGHT = 0x0101,
    TAG_STRIPS = 0x0111,
    TAG_ORIENTATION = 0x0112,
    TAG_STRIP_LENGTHS = 0x0117,
    TAG_TILES = 0x0144,
    TAG_TILE_LENGTHS = 0x0145,
    TAG_DIRECTORIES = 0x014A,
    TAG_JPEG = 0x0201,
    TAG_JPEG_LENGTH = 0x0202,
    TAG_EXIF = 0x8769,
    TAG_GPS = 0x8825,
    TAG_EXIF_WIDTH = 0xA002,
    TAG_EXIF_HEIGHT = 0xA003,
    TAG_INTEROPERABILITY = 0xA005,

    TYPE_SHORT = 3,
    TYPE_LONG = 4
};

/* Bytes of a value of each type. */
static const uint8_t type_lens[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

/* A block that is being cleaned. */
struct block {
    uint8_t *data, *marks; /* marks: 1 where something refers to */
    size_t len, end;       /* end: of what is referred to */
    bool big;
    struct th_exif_sides *out;
};

/* Which directory this is: each kind is looked at once. */
enum kind { MAIN, EXIF, GPS, INTEROPERABILITY, N_KINDS };

static uint32_t get(const uint8_t *p, unsigned n, bool big)
{
    return (uint32_t)th_number(p, n, big);
}

static void mark(struct block *b, size_t at, size_t len)
{
    memset(b->marks + at, 1, len);
    if (at + len > b->end) b->end = at + len;
}

/* Pictures beside the picture. */
static bool is_unwanted(uint32_t tag)
{
    return tag == TAG_STRIPS || tag == TAG_STRIP_LENGTHS || tag == TAG_TILES ||
           tag == TAG_TILE_LENGTHS || tag == TAG_DIRECTORIES || tag == TAG_JPEG ||
           tag == TAG_JPEG_LENGTH;
}

static bool is_directory(enum kind in, uint32_t tag, enum kind *out)
{
    *out = tag == TAG_EXIF ? EXIF : tag == TAG_GPS ? GPS : INTEROPERABILITY;
    if (in == MAIN) return tag == TAG_EXIF || tag == TAG_GPS;
    return in == EXIF && tag == TAG_INTEROPERABILITY;
}

/* Where the value of an entry stands, or 0 if not within the block. */
static size_t value_of(const struct block *b, const uint8_t *entry, size_t *len)
{
    const uint32_t type = get(entry + 2, 2, b->big), count = get(entry + 4, 4, b->big);
    if (type < 1 || type >= sizeof type_lens) return 0;
    const uint64_t n = (uint64_t)count * type_lens[type];
    const size_t at = n <= 4 ? (size_t)(entry + 8 - b->data) : get(entry + 8, 4, b->big);
    if (at < HEAD_LEN || at > b->len || n > b->len - at) return 0;
    *len = (size_t)n;
    return at;
}

/* Does the entry tell a side of the picture? */
static void note_side(struct block *b, enum kind in, const uint8_t *entry)
{
    const uint32_t tag = get(entry, 2, b->big), type = get(entry + 2, 2, b->big);
    const bool width = tag == (in == MAIN ? TAG_WIDTH : TAG_EXIF_WIDTH);
    const bool height = tag == (in == MAIN ? TAG_HEIGHT : TAG_EXIF_HEIGHT);
    if ((in != MAIN && in != EXIF) || (!width && !height)) return;
    if ((type != TYPE_SHORT && type != TYPE_LONG) || get(entry + 4, 4, b->big) != 1) return;
    if (b->out->n == TH_EXIF_MOST_SIDES) return;
    b->out->sides[b->out->n++] = (struct th_exif_side){.at = (uint32_t)(entry + 8 - b->data),
                                                       .height = height,
                                                       .wide = type == TYPE_LONG,
                                                       .big = b->big};
}

static void set_upright(const struct block *b, uint8_t *entry)
{
    th_number_put(entry + 2, TYPE_SHORT, 2, b->big);
    th_number_put(entry + 4, 1, 4, b->big);
    memset(entry + 8, 0, 4);
    th_number_put(entry + 8, 1, 2, b->big);
}

/* Go over the directory at `at`: entries that make no sense are taken out. inner[]: where others
 * are, by their kind. False: there is none. */
static bool clean_directory(struct block *b, size_t at, enum kind kind, uint32_t inner[N_KINDS])
{
    if (at < HEAD_LEN || at > b->len || b->len - at < 2) return false;
    const size_t room = (b->len - at - 2) / ENTRY_LEN;
    size_t n = get(b->data + at, 2, b->big), kept = 0;
    if (n > room) n = room;
    uint8_t *entries = b->data + at + 2;
    for (size_t i = 0; i < n; i++) {
        uint8_t *entry = entries + ENTRY_LEN * i;
        const uint32_t tag = get(entry, 2, b->big);
        enum kind other;
        if (kind == MAIN && tag == TAG_ORIENTATION) set_upright(b, entry);
        size_t len, value = value_of(b, entry, &len);
        if (!value || (kind == MAIN && is_unwanted(tag))) continue;
        if (is_directory(kind, tag, &other)) {
            if (inner[other] || len != 4) continue;
            inner[other] = get(b->data + value, 4, b->big);
        }
        if (len > 4) mark(b, value, len);
        uint8_t *to = entries + ENTRY_LEN * kept++;
        memmove(to, entry, ENTRY_LEN);
        note_side(b, kind, to);
    }
    th_number_put(b->data + at, (uint32_t)kept, 2, b->big);
    /* No other directory follows: that would be the one of the thumbnail. */
    const size_t whole = 2 + ENTRY_LEN * kept, next = b->len - at - whole < 4 ? 0 : 4;
    memset(entries + ENTRY_LEN * kept, 0, next);
    mark(b, at, whole + next);
    return next == 4 && kept > 0;
}

static void clear_unmarked(const struct block *b)
{
    for (size_t i = 0; i < b->end; i++)
        if (!b->marks[i]) b->data[i] = 0;
}

static bool read_head(const uint8_t *data, size_t len, bool *big)
{
    if (len < HEAD_LEN) return false;
    *big = memcmp(data, "MM\0*", 4) == 0;
    return *big || memcmp(data, "II*\0", 4) == 0;
}

static bool clean_block(struct block *b)
{
    uint32_t inner[N_KINDS] = {0};
    memset(b->marks, 0, b->len);
    mark(b, 0, HEAD_LEN);
    inner[MAIN] = get(b->data + 4, 4, b->big);
    if (!clean_directory(b, inner[MAIN], MAIN, inner)) return false;
    for (enum kind k = EXIF; k < N_KINDS; k++)
        if (inner[k]) clean_directory(b, inner[k], k, inner);
    clear_unmarked(b);
    b->len = b->end;
    return true;
}

size_t th_exif_clean(uint8_t *data, size_t len, uint8_t *marks, struct th_exif_sides *sides)
{
    struct block b = {.data = data, .marks = marks, .len = len, .out = sides};
    sides->n = 0;
    if (len > TH_EXIF_MOST) b.len = TH_EXIF_MOST;
    if (!read_head(data, b.len, &b.big) || !clean_block(&b)) return 0;
    /* Directories that lie over each other have undone what was done to one of them. */
    return th_exif_orientation(data, b.len) == 1 ? b.len : 0;
}

void th_exif_set_sides(uint8_t *data, const struct th_exif_sides *sides, uint32_t width,
                       uint32_t height)
{
    for (unsigned i = 0; i < sides->n; i++) {
        const struct th_exif_side *s = &sides->sides[i];
        th_number_put(data + s->at, s->height ? height : width, s->wide ? 4 : 2, s->big);
    }
}

struct th_view th_exif_value(struct th_view tiff, uint32_t tag)
{
    /* Only read. */
    struct block b = {.data = (uint8_t *)tiff.data, .len = tiff.len};
    if (!read_head(tiff.data, tiff.len, &b.big)) return (struct th_view){0};
    const size_t at = get(tiff.data + 4, 4, b.big);
    if (at > tiff.len || tiff.len - at < 2) return (struct th_view){0};
    const size_t room = (tiff.len - at - 2) / ENTRY_LEN, n = get(tiff.data + at, 2, b.big);
    for (size_t i = 0; i < n && i < room; i++) {
        const uint8_t *entry = tiff.data + at + 2 + ENTRY_LEN * i;
        size_t len;
        if (get(entry, 2, b.big) != tag) continue;
        const size_t value = value_of(&b, entry, &len);
        return value ? (struct th_view){tiff.data + value, len} : (struct th_view){0};
    }
    return (struct th_view){0};
}

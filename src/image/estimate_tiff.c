/* TIFF 6.0 and BigTIFF, the first directory, as libtiff reads it for libvips: a row at a time where strips are high,
 * else a strip at a time, or two rows of tiles. */
#include "image/estimate.h"

#include <stddef.h>

/* libtiff refuses a directory of more. */
#define MOST_ENTRIES 4096
/* What is told once, or the same for each sample. */
#define SAME_VALUES 16

enum {
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_SAMPLES = 277,
    TAG_ROWS_PER_STRIP = 278,
    TAG_STRIP_LENS = 279,
    TAG_PLANAR = 284,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_TILE_LENS = 325
};
enum { PALETTE = 3, YCBCR = 6, CIELAB = 8, LOGL = 32844, LOGLUV = 32845 };
enum { COMPRESSION_NONE = 1 };
enum { PLANAR_SEPARATE = 2 };

/* libvips reads higher strips by the row, unless it cannot. */
#define HIGH_STRIP 128
/* libtiff's buffer of compressed bytes is doubled as it grows. */
#define RAW_COPIES 2
/* Large entries are profiles as a rule: held by libtiff, libvips, us (twice), and lcms with its wider tables. */
#define ENTRY_COPIES 7

struct directory {
    uint64_t width, height, bits, compression, photometric, samples, rows_per_strip, planar, tile_width, tile_height;
    uint64_t longest, longest_tile; /* of the strips' and of the tiles' compressed lengths, as declared */
    uint64_t entries_len;           /* of the values of all entries: libtiff reads them all */
    uint64_t seen[65536 / 64];      /* tags, a bit each */
};

struct tiff {
    struct th_view v;
    bool big_endian, big;
};

static uint64_t get(const struct tiff *t, uint64_t at, unsigned n)
{
    return t->big_endian ? th_view_be(t->v, at, n) : th_view_le(t->v, at, n);
}

static unsigned type_len(uint64_t type)
{
    static const uint8_t lens[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof lens ? lens[type] : 0;
}

/* The largest of an entry's values. Of `many` all count, and if there are more than may be looked at, there may be any;
 * else only the first are asked. */
static uint64_t largest_value(const struct tiff *t, uint64_t at, bool many)
{
    unsigned len = type_len(get(t, at + 2, 2)), inside = t->big ? 8 : 4;
    uint64_t count = get(t, at + 4, inside), from = at + (t->big ? 12 : 8), value = 0;
    if (!len) return 0;
    if (many && count > TH_ESTIMATE_STEPS) return UINT64_MAX;
    if (th_mul_sat(count, len) > inside) from = get(t, from, inside);
    if (!many) count = th_min_u64(count, SAME_VALUES);
    for (uint64_t i = 0; i < count; i++)
        value = th_max_u64(value, get(t, th_add_sat(from, i * len), len));
    return value;
}

/* Of entries with the same tag the first counts, as for libtiff: so each is looked at once, whatever the file. */
static void take_entry(const struct tiff *t, uint64_t at, struct directory *d)
{
    static const struct {
        uint16_t tag;
        size_t field;
    } fields[] = {
        {TAG_WIDTH, offsetof(struct directory, width)},
        {TAG_HEIGHT, offsetof(struct directory, height)},
        {TAG_BITS, offsetof(struct directory, bits)},
        {TAG_COMPRESSION, offsetof(struct directory, compression)},
        {TAG_PHOTOMETRIC, offsetof(struct directory, photometric)},
        {TAG_SAMPLES, offsetof(struct directory, samples)},
        {TAG_ROWS_PER_STRIP, offsetof(struct directory, rows_per_strip)},
        {TAG_PLANAR, offsetof(struct directory, planar)},
        {TAG_TILE_WIDTH, offsetof(struct directory, tile_width)},
        {TAG_TILE_HEIGHT, offsetof(struct directory, tile_height)},
        {TAG_STRIP_LENS, offsetof(struct directory, longest)},
        {TAG_TILE_LENS, offsetof(struct directory, longest_tile)},
    };
    uint64_t tag = get(t, at, 2), bit = (uint64_t)1 << tag % 64;
    if (d->seen[tag / 64] & bit) return;
    d->seen[tag / 64] |= bit;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].tag != tag) continue;
        bool many = tag == TAG_STRIP_LENS || tag == TAG_TILE_LENS;
        memcpy((char *)d + fields[i].field, &(uint64_t){largest_value(t, at, many)}, 8);
        break;
    }
    uint64_t len = th_mul_sat(get(t, at + 4, t->big ? 8 : 4), type_len(get(t, at + 2, 2)));
    d->entries_len = th_add_sat(d->entries_len, th_min_u64(len, t->v.len));
}

static bool read_directory(struct th_view v, struct directory *d)
{
    struct tiff t = {.v = v, .big_endian = th_view_has(v, 0, "MM", 2)};
    t.big = get(&t, 2, 2) == 43;
    uint64_t at = get(&t, t.big ? 8 : 4, t.big ? 8 : 4);
    uint64_t n = get(&t, at, t.big ? 8 : 2), len = t.big ? 20 : 12;
    *d = (struct directory){.bits = 1, .samples = 1, .rows_per_strip = UINT32_MAX};
    if (n > MOST_ENTRIES) return false;
    at = th_add_sat(at, t.big ? 8 : 2);
    for (uint64_t i = 0; i < n && at < v.len && v.len - at >= len; i++, at += len)
        take_entry(&t, at, d);
    d->longest = th_max_u64(d->longest, d->longest_tile);
    if (!d->longest) d->longest = UINT64_MAX; /* libtiff guesses them from the length of the file */
    return d->width && d->height && d->width <= UINT32_MAX && d->height <= UINT32_MAX;
}

/* A decoded pixel as it lies in a strip. */
static uint64_t stored_pixel_bytes(const struct directory *d)
{
    uint64_t sample = d->bits <= 8 ? 1 : d->bits <= 16 ? 2 : d->bits <= 32 ? 4 : 16;
    return th_mul_sat(sample, d->samples ? d->samples : 1);
}

/* And as libvips makes it of that: colours of a palette, floating point of logarithms. */
static uint64_t made_pixel_bytes(const struct directory *d)
{
    uint64_t stored = stored_pixel_bytes(d);
    if (d->photometric == PALETTE) return th_mul_sat(stored, 4);
    bool converted = d->photometric == CIELAB || d->photometric == LOGL || d->photometric == LOGLUV;
    return converted ? th_max_u64(stored, 16) : stored;
}

static uint64_t tiles(const struct directory *d)
{
    uint64_t tile = th_mul3_sat(d->tile_width, d->tile_height, made_pixel_bytes(d));
    return th_mul_sat(tile, 2 * (1 + d->width / d->tile_width) + 2);
}

bool th_estimate_tiff(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct directory d;
    (void)options;
    if (!read_directory(v, &d)) return false;
    out->width = (uint32_t)d.width;
    out->height = (uint32_t)d.height;
    out->bands = d.samples < 3 && d.photometric != PALETTE ? 2 : d.samples == 3 ? 3 : 4;
    out->pixel_bytes = made_pixel_bytes(&d);

    uint64_t raw = RAW_COPIES * th_min_u64(d.longest, v.len);
    uint64_t rows = th_min_u64(th_max_u64(d.rows_per_strip, 1), d.height);
    uint64_t strip = th_mul3_sat(d.width, rows, stored_pixel_bytes(&d));
    bool separate = d.planar == PLANAR_SEPARATE;
    if (d.tile_width && d.tile_height) {
        out->tile_rows = 0;
        out->decoder = tiles(&d);
    } else if (d.rows_per_strip > HIGH_STRIP && !separate && d.photometric != YCBCR) {
        out->tile_rows = 1;
        if (d.compression == COMPRESSION_NONE) raw = 0;
        out->decoder = th_mul3_sat(d.width, 2, stored_pixel_bytes(&d));
    } else {
        out->tile_rows = rows;
        /* The strip, and the one plane that is read into it. */
        out->decoder = th_add_sat(strip, separate ? strip / (d.samples ? d.samples : 1) : 0);
    }
    out->decoder = th_add_sat(out->decoder, raw);
    out->held = th_mul_sat(d.entries_len, ENTRY_COPIES);
    return true;
}

/* SPDX-License-Identifier: MIT */
/* TIFF 6.0 and BigTIFF, the first directory, as libtiff reads it for libvips: a row at a time where
 * strips are high, else a strip at a time, or two rows of tiles. Behind that some codecs decode
 * whole strips all the same. */
#include "image/estimate/estimators.h"

#include <stddef.h>

/* libtiff refuses a directory of more. */
#define MOST_ENTRIES 4096
/* What libvips refuses (tiff2vips.c), with room for doubles and complex numbers, which newer ones
 * may read. */
#define MOST_SAMPLES 10000
#define MOST_BITS    128

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
enum {
    COMPRESSION_NONE = 1,
    COMPRESSION_CCITT_RLE = 2,
    COMPRESSION_CCITT_3 = 3,
    COMPRESSION_CCITT_4 = 4,
    COMPRESSION_LZW = 5,
    COMPRESSION_OLD_JPEG = 6,
    COMPRESSION_JPEG = 7,
    COMPRESSION_DEFLATE = 8,
    COMPRESSION_CCITT_RLE_WORDS = 32771,
    COMPRESSION_PACKBITS = 32773,
    COMPRESSION_OLD_DEFLATE = 32946,
    COMPRESSION_JPEG_2000_YCC = 33003,
    COMPRESSION_JPEG_2000_RGB = 33004,
    COMPRESSION_JPEG_2000_LOSSY = 33005,
    COMPRESSION_LZMA = 34925,
    COMPRESSION_ZSTD = 50000
};
enum { PLANAR_SEPARATE = 2 };

/* libvips reads higher strips by the row, unless it cannot. */
#define HIGH_STRIP 128
/* libtiff's buffer of compressed bytes is doubled as it grows. */
#define RAW_COPIES 2
/* What a codec that decodes a strip or tile as a whole holds of it: its output, and work of its
 * own, as lossless WebP of 4 bytes for a pixel of 3, or the masks of LERC. OpenJPEG has integers of
 * 4 bytes, some times over. */
#define WHOLE_COPIES     3
#define JPEG_2000_COPIES 13
/* The largest window that libzstd takes without being asked for more, and its blocks. */
#define ZSTD_WINDOW ((uint64_t)129 << 20)
/* Planes that are read at once, each by its own codec: four colours and alpha (vips_tiff.c). A
 * strip may be declared some times as long as the file is and still be tried. */
#define MOST_PLANES  5
#define MOST_MISSING 4
/* A row of numbers in single precision, and the same in bytes, and as RGB and alpha. */
#define ROW_BYTES (5 * 4 + 5 + 9)
/* A progressive JPEG's coefficient, and the side of the largest MCU, to which sides are padded. */
#define COEFFICIENT_BYTES 2
#define JPEG_MCU          32
/* Large entries are profiles as a rule: held by libtiff, libvips, us (twice), and lcms with its
 * wider tables. */
#define ENTRY_COPIES 7

struct directory {
    uint64_t width, height, bits, compression, photometric, samples, rows_per_strip, planar,
        tile_width, tile_height;
    uint64_t longest,
        longest_tile;     /* of the strips' and of the tiles' compressed lengths, as declared */
    uint64_t entries_len; /* of the values of all entries: libtiff reads them all */
    uint64_t seen[65536 / 64]; /* tags, a bit each */
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

/* An entry's first value: libtiff refuses a file where others differ from it, or should not be
 * there. Of `all` the largest counts, and if there are more than may be looked at, there may be
 * any. */
static uint64_t entry_value(const struct tiff *t, uint64_t at, bool all)
{
    unsigned len = type_len(get(t, at + 2, 2)), inside = t->big ? 8 : 4;
    uint64_t count = get(t, at + 4, inside), from = at + (t->big ? 12 : 8), value = 0;
    if (!len || !count) return 0;
    if (all && count > TH_ESTIMATE_STEPS) return UINT64_MAX;
    if (th_mul_sat(count, len) > inside) from = get(t, from, inside);
    if (!all) count = 1;
    for (uint64_t i = 0; i < count; i++)
        value = th_max_u64(value, get(t, th_add_sat(from, i * len), len));
    return value;
}

/* Of entries with the same tag the first counts, and libtiff reads no other: so each field is
 * looked at once, whatever the file. */
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
        bool all = tag == TAG_STRIP_LENS || tag == TAG_TILE_LENS;
        memcpy((char *)d + fields[i].field, &(uint64_t){entry_value(t, at, all)}, 8);
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
    *d = (struct directory){
        .bits = 1, .compression = COMPRESSION_NONE, .samples = 1, .rows_per_strip = UINT32_MAX};
    if (n > MOST_ENTRIES) return false;
    at = th_add_sat(at, t.big ? 8 : 2);
    for (uint64_t i = 0; i < n && at < v.len && v.len - at >= len; i++, at += len)
        take_entry(&t, at, d);
    d->longest = th_max_u64(d->longest, d->longest_tile);
    if (!d->longest) d->longest = UINT64_MAX; /* libtiff guesses them from the length of the file */
    return d->width && d->height && d->width <= UINT32_MAX && d->height <= UINT32_MAX;
}

static bool is_logarithm(const struct directory *d)
{
    return d->photometric == LOGL || d->photometric == LOGLUV;
}

/* A decoded pixel as it lies in a strip. */
static uint64_t stored_pixel_bytes(const struct directory *d)
{
    uint64_t sample = d->bits <= 8 ? 1 : d->bits <= 16 ? 2 : d->bits <= 32 ? 4 : 16;
    return th_mul_sat(sample, d->samples);
}

/* And as libvips makes it of that: colours of a palette, floating point of logarithms. */
static uint64_t made_pixel_bytes(const struct directory *d)
{
    uint64_t stored = stored_pixel_bytes(d);
    if (d->photometric == PALETTE) return th_mul_sat(stored, 4);
    return d->photometric == CIELAB || is_logarithm(d) ? th_max_u64(stored, 16) : stored;
}

/* What a codec holds of a strip or tile of that size, beside what is read of it and what comes out.
 * Only some decode by rows, whatever libvips asks for. A JPEG in the last strip may be higher than
 * the strip without libtiff refusing it: that is not looked for. */
static uint64_t codec(const struct directory *d, uint64_t width, uint64_t rows)
{
    uint64_t samples = d->planar == PLANAR_SEPARATE ? MOST_PLANES : d->samples;
    uint64_t pixel_bits = is_logarithm(d) ? 128 : th_mul_sat(d->bits, samples);
    uint64_t whole = th_mul_sat(th_add_sat(th_mul_sat(width, pixel_bits), 7) / 8, rows);
    switch (d->compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITT_RLE:
    case COMPRESSION_CCITT_3:
    case COMPRESSION_CCITT_4:
    case COMPRESSION_CCITT_RLE_WORDS:
    case COMPRESSION_LZW:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_OLD_DEFLATE:
    case COMPRESSION_PACKBITS:
        return 0;
    case COMPRESSION_ZSTD: /* what may be referred to: both codecs use as much of their windows as
                              they decode */
        return th_min_u64(whole, ZSTD_WINDOW);
    case COMPRESSION_LZMA:
        return whole;
    case COMPRESSION_JPEG: /* which may be progressive */
    case COMPRESSION_OLD_JPEG:
        return th_mul3_sat(th_add_sat(width, JPEG_MCU - 1), th_add_sat(rows, JPEG_MCU - 1),
                           th_mul_sat(samples, COEFFICIENT_BYTES));
    case COMPRESSION_JPEG_2000_YCC:
    case COMPRESSION_JPEG_2000_RGB:
    case COMPRESSION_JPEG_2000_LOSSY:
        return th_mul3_sat(th_mul_sat(width, rows), samples, JPEG_2000_COPIES);
    default:
        return th_mul_sat(whole, WHOLE_COPIES);
    }
}

static uint64_t tiles(const struct directory *d)
{
    uint64_t tile = th_mul3_sat(d->tile_width, d->tile_height, made_pixel_bytes(d));
    uint64_t cached = th_mul_sat(tile, 2 * (1 + d->width / d->tile_width) + 2);
    return th_add_sat(cached, codec(d, d->tile_width, d->tile_height));
}

static bool is_read_by_rows(const struct directory *d)
{
    bool tiled = d->tile_width && d->tile_height;
    return !tiled && d->rows_per_strip > HIGH_STRIP && d->planar != PLANAR_SEPARATE &&
           d->photometric != YCBCR;
}

/* Strips as libvips reads them: by the row, or each as a whole. */
static void strips(const struct directory *d, struct th_estimate *out)
{
    uint64_t rows = th_min_u64(th_max_u64(d->rows_per_strip, 1), d->height);
    if (is_read_by_rows(d)) {
        out->tile_rows = 1;
        out->decoder = th_mul3_sat(d->width, 2, stored_pixel_bytes(d));
    } else {
        uint64_t strip = th_mul3_sat(d->width, rows, stored_pixel_bytes(d));
        out->tile_rows = rows;
        /* The strip, and the one plane that is read into it. */
        out->decoder = th_add_sat(strip, d->planar == PLANAR_SEPARATE ? strip / d->samples : 0);
    }
    out->decoder = th_add_sat(out->decoder, codec(d, d->width, rows));
}

bool th_estimate_tiff(struct th_view v, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    struct directory d;
    (void)options;
    if (!read_directory(v, &d)) return false;
    out->held = th_mul_sat(d.entries_len, ENTRY_COPIES);
    if (!d.samples || d.samples > MOST_SAMPLES || !d.bits || d.bits > MOST_BITS) {
        out->width = out->height = 1; /* refused at the header: the decoder is to say why */
        return true;
    }
    out->width = (uint32_t)d.width;
    out->height = (uint32_t)d.height;
    out->bands = d.samples < 3 && d.photometric != PALETTE ? 2 : d.samples == 3 ? 3 : 4;
    out->pixel_bytes = made_pixel_bytes(&d);

    out->tile_rows = 0;
    if (d.tile_width && d.tile_height)
        out->decoder = tiles(&d);
    else
        strips(&d, out);
    bool in_place = is_read_by_rows(&d) && d.compression == COMPRESSION_NONE;
    uint64_t raw = th_mul_sat(d.longest, d.planar == PLANAR_SEPARATE ? MOST_PLANES : 1);
    if (!in_place)
        raw = th_min_u64(th_mul_sat(raw, RAW_COPIES), RAW_COPIES * MOST_MISSING * (uint64_t)v.len);
    else
        raw = 0;
    out->decoder = th_add_sat(out->decoder, th_add_sat(raw, th_mul_sat(d.width, ROW_BYTES)));
    return true;
}

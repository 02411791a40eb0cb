/* TIFF 6.0 and BigTIFF, as libtiff reads them for libvips: a strip or a row of tiles at a time. */
#include "image/estimate.h"

enum {
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_SAMPLES = 277,
    TAG_ROWS_PER_STRIP = 278,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323
};

struct directory {
    uint64_t width, height, bits, samples, rows_per_strip, tile_width, tile_height;
};

struct tiff {
    struct th_view v;
    bool big_endian, big;
};

static uint64_t get(const struct tiff *t, uint64_t at, unsigned n)
{
    return t->big_endian ? th_view_be(t->v, at, n) : th_view_le(t->v, at, n);
}

/* The largest value of an entry, among its first few. */
static uint64_t entry_value(const struct tiff *t, uint64_t at)
{
    static const uint8_t type_len[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    uint64_t type = get(t, at + 2, 2), count = get(t, at + 4, t->big ? 8 : 4), value = 0;
    unsigned len = type < sizeof type_len ? type_len[type] : 0, inside = t->big ? 8 : 4;
    if (!len) return 0;
    uint64_t from = at + (t->big ? 12 : 8);
    count = th_min_u64(count, 8);
    if (len * count > inside) from = get(t, from, inside);
    for (uint64_t i = 0; i < count; i++)
        value = th_max_u64(value, get(t, th_add_sat(from, i * len), len));
    return value;
}

static void take_entry(const struct tiff *t, uint64_t at, struct directory *d)
{
    uint64_t *to = NULL;
    switch (get(t, at, 2)) {
    case TAG_WIDTH:
        to = &d->width;
        break;
    case TAG_HEIGHT:
        to = &d->height;
        break;
    case TAG_BITS:
        to = &d->bits;
        break;
    case TAG_SAMPLES:
        to = &d->samples;
        break;
    case TAG_ROWS_PER_STRIP:
        to = &d->rows_per_strip;
        break;
    case TAG_TILE_WIDTH:
        to = &d->tile_width;
        break;
    case TAG_TILE_HEIGHT:
        to = &d->tile_height;
        break;
    }
    if (to) *to = entry_value(t, at);
}

static bool read_directory(struct th_view v, struct directory *d)
{
    struct tiff t = {.v = v, .big_endian = th_view_has(v, 0, "MM", 2)};
    t.big = get(&t, 2, 2) == 43;
    uint64_t at = get(&t, t.big ? 8 : 4, t.big ? 8 : 4);
    uint64_t n = get(&t, at, t.big ? 8 : 2), len = t.big ? 20 : 12;
    *d = (struct directory){.bits = 1, .samples = 1, .rows_per_strip = UINT32_MAX};
    at = th_add_sat(at, t.big ? 8 : 2);
    for (uint64_t i = 0; i < n && i < TH_ESTIMATE_STEPS && at < v.len && v.len - at >= len; i++, at += len)
        take_entry(&t, at, d);
    return d->width && d->height && d->width <= UINT32_MAX && d->height <= UINT32_MAX;
}

bool th_estimate_tiff(struct th_view v, const struct thumbs_image_options *options, struct th_estimate *out)
{
    struct directory d;
    (void)options;
    if (!read_directory(v, &d)) return false;
    out->width = (uint32_t)d.width;
    out->height = (uint32_t)d.height;
    out->bands = 4;
    uint64_t sample = d.bits <= 8 ? 1 : (d.bits + 7) / 8;
    out->pixel_bytes = th_mul_sat(sample, d.samples ? d.samples : 1);
    uint64_t rows = th_min_u64(d.rows_per_strip ? d.rows_per_strip : d.height, d.height);
    uint64_t strip = th_mul3_sat(d.width, rows, out->pixel_bytes);
    if (d.tile_width && d.tile_height) {
        uint64_t across = d.width / d.tile_width + (d.width % d.tile_width != 0);
        strip = th_mul3_sat(th_mul_sat(across, d.tile_width), d.tile_height, out->pixel_bytes);
    }
    /* The strip, its copies, and the compressed bytes of it. */
    out->decoder = th_add_sat(th_mul_sat(strip, 3), v.len);
    return true;
}

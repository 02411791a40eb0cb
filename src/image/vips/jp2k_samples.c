/* SPDX-License-Identifier: MIT */
#include "image/vips/jp2k_samples.h"

#include "image/heif/heif_box.h"

/* Of the segment SIZ, from the start of the code. */
enum { SIZES = 8, STARTS = 16, N_SAMPLES = 40, SAMPLES = 42, SAMPLE_LEN = 3 };
enum { SIGN = 0x80, MOST_BITS = 16 };
/* OpenJPEG writes 0 for what it was not told. */
enum { ENUM_UNTOLD, ENUM_CMYK = 12, ENUM_SRGB = 16, ENUM_GREY, ENUM_SYCC };

/* The code, from its first byte on; empty if there is none. */
static struct th_view find_code(struct th_view file)
{
    struct th_heif_cursor boxes = {.data = file.data, .len = file.len};
    struct th_heif_box box;
    struct th_view code = file;
    if (!TH_VIEW_HAS(file, 0, "\xff\x4f") &&
        th_heif_find(&boxes, TH_FOURCC('j', 'p', '2', 'c'), &box))
        code = (struct th_view){box.body.data + box.body.at, box.body.len - box.body.at};
    return TH_VIEW_HAS(code, 0, "\xff\x4f\xff\x51") ? code : (struct th_view){0};
}

/* Samples whose descriptions lie within the code. */
static size_t count_samples(struct th_view code)
{
    const size_t n = (size_t)th_view_be(code, N_SAMPLES, 2);
    return code.len >= SAMPLES + n * SAMPLE_LEN ? n : 0;
}

/* Where the code of the first colour specification stands; 0 if it has none. The others are to be
 * ignored. */
static size_t find_colours(struct th_view file)
{
    struct th_heif_cursor boxes = {.data = file.data, .len = file.len};
    struct th_heif_box header, colours;
    if (!th_heif_find(&boxes, TH_FOURCC('j', 'p', '2', 'h'), &header) ||
        !th_heif_find(&header.body, TH_FOURCC('c', 'o', 'l', 'r'), &colours) ||
        th_heif_left(&colours.body) < 7)
        return 0;
    const uint8_t *body = colours.body.data + colours.body.at;
    const bool enumerated = body[0] == 1;
    return enumerated ? (size_t)(body - file.data) + 3 : 0;
}

static bool is_coarser(const uint8_t *sample)
{
    return sample[1] > 1 && sample[2] > 1;
}

enum th_jp2k_model th_jp2k_model(struct th_view file)
{
    const struct th_view code = find_code(file);
    const size_t at = find_colours(file), n = count_samples(code);
    const uint8_t *samples = code.data + (n ? SAMPLES : 0);
    if (!at) return TH_JP2K_SIMPLE;
    switch (th_view_be(file, at, 4)) {
    case ENUM_UNTOLD:
    case ENUM_CMYK:
    case ENUM_SRGB:
    case ENUM_GREY:
        return TH_JP2K_SIMPLE;
    case ENUM_SYCC:
        return n < 3 || (is_coarser(samples + SAMPLE_LEN) && is_coarser(samples + 2 * SAMPLE_LEN))
                   ? TH_JP2K_SIMPLE
                   : TH_JP2K_SYCC;
    default:
        return TH_JP2K_UNKNOWN;
    }
}

static bool is_plain_sample(const uint8_t *sample)
{
    return !(sample[0] & SIGN) && sample[0] < MOST_BITS;
}

bool th_jp2k_is_plain(struct th_view file)
{
    const struct th_view code = find_code(file);
    const size_t n = count_samples(code);
    if (n && th_view_be(code, STARTS, 8)) return false;
    if (th_jp2k_model(file) == TH_JP2K_SYCC) return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *sample = code.data + SAMPLES + i * SAMPLE_LEN;
        if (!is_plain_sample(sample)) return false;
        /* The others may be coarser than the first. */
        if (i == 0 && (sample[1] != 1 || sample[2] != 1)) return false;
    }
    return true;
}

unsigned th_jp2k_bits(struct th_view file)
{
    const struct th_view code = find_code(file);
    return count_samples(code) ? (code.data[SAMPLES] & ~(unsigned)SIGN) + 1 : 0;
}

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

/* Make one axis of the grid `by` times as coarse: the end of the picture, its start, the length of
 * a tile, where the first one starts. Tiles must begin at samples, but for a single one. */
static bool coarsen(uint8_t *sizes, unsigned by)
{
    uint64_t v[4];
    for (unsigned i = 0; i < 4; i++)
        v[i] = th_number(sizes + 8 * i, 4, true);
    const bool single = v[3] + v[2] >= v[0];
    if (by == 0 || v[0] <= v[1] || v[3] > v[1] || (!single && (v[2] % by || v[3] % by)))
        return false;
    const uint64_t end = ceil_div(v[0], by), start = ceil_div(v[1], by), first = v[3] / by;
    const uint64_t tile = single ? end - first : v[2] / by;
    if (end <= start || first + tile <= start) return false;
    const uint64_t coarse[4] = {end, start, tile, first};
    for (unsigned i = 0; i < 4; i++)
        th_number_put(sizes + 8 * i, coarse[i], 4, true);
    return true;
}

/* The box before the code has the sides too, and OpenJPEG compares them. */
static void set_box_sides(uint8_t *data, size_t len, const uint8_t *sizes)
{
    struct th_heif_cursor boxes = {.data = data, .len = len};
    struct th_heif_box header, sides;
    if (!th_heif_find(&boxes, TH_FOURCC('j', 'p', '2', 'h'), &header) ||
        !th_heif_find(&header.body, TH_FOURCC('i', 'h', 'd', 'r'), &sides) ||
        th_heif_left(&sides.body) < 8)
        return;
    uint8_t *to = data + (sides.body.data + sides.body.at - data);
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *axis = sizes + 4 * (1 - i); /* the height comes first */
        th_number_put(to + 4 * i, th_number(axis, 4, true) - th_number(axis + 8, 4, true), 4, true);
    }
}

bool th_jp2k_make_plain(uint8_t *data, size_t len)
{
    const struct th_view code = find_code((struct th_view){data, len});
    const size_t n = count_samples(code);
    if (!n || th_view_be(code, STARTS, 8)) return false;
    uint8_t *header = data + (code.data - data), *samples = header + SAMPLES;
    if (th_jp2k_model((struct th_view){data, len}) == TH_JP2K_SYCC)
        th_number_put(data + find_colours((struct th_view){data, len}), ENUM_SRGB, 4, true);
    const uint8_t by[2] = {samples[1], samples[2]};
    for (size_t i = 0; i < n; i++) {
        uint8_t *sample = samples + i * SAMPLE_LEN;
        sample[0] &= (uint8_t)~SIGN;
        if (!is_plain_sample(sample)) return false;
        if (by[0] == 1 && by[1] == 1) continue;
        if (sample[1] != by[0] || sample[2] != by[1]) return false;
        sample[1] = sample[2] = 1;
    }
    if (by[0] == 1 && by[1] == 1) return true;
    if (!coarsen(header + SIZES, by[0]) || !coarsen(header + SIZES + 4, by[1])) return false;
    set_box_sides(data, len, header + SIZES);
    return true;
}

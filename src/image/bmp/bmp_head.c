/* SPDX-License-Identifier: MIT */
/* The headers of Windows and OS/2 bitmaps, by their documentation ([MS-WMF] 2.2.2, "Bitmap
 * Storage"). */
#include "image/bmp/bmp_head.h"

#include "base/num.h"

enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40, V4_HEADER = 108, V5_HEADER = 124 };
enum { PLAIN = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

/* Where headers and colours stand in a file. */
struct parse {
    struct th_view v;
    uint64_t at;  /* of the header that follows the file header */
    uint32_t len; /* of that header */
    uint32_t packing;
    uint64_t n_colours; /* as it says; 0: as many as the bits allow */
    const char *why;
    bool unsupported;
};

static bool refuse(struct parse *p, const char *why, bool unsupported)
{
    p->why = why;
    p->unsupported = unsupported;
    return false;
}

static uint32_t u16(const struct parse *p, uint64_t at)
{
    return (uint32_t)th_view_le(p->v, p->at + at, 2);
}

static uint32_t u32(const struct parse *p, uint64_t at)
{
    return (uint32_t)th_view_le(p->v, p->at + at, 4);
}

/* ---- sizes and kinds ---- */

static bool read_size(struct parse *p, struct th_bmp *b)
{
    const bool core = p->len == CORE_HEADER;
    int64_t width = core ? (int64_t)u16(p, 4) : (int32_t)u32(p, 4);
    int64_t height = core ? (int64_t)u16(p, 6) : (int32_t)u32(p, 8);
    b->top_down = height < 0;
    if (height < 0) height = -height;
    if (b->is_icon) height /= 2;
    if (width <= 0 || height <= 0 || height > INT32_MAX)
        return refuse(p, "it has no pixels", false);
    b->width = (uint32_t)width;
    b->height = (uint32_t)height;
    b->bits = core ? u16(p, 10) : u16(p, 14);
    p->packing = p->len >= 20 ? u32(p, 16) : PLAIN;
    p->n_colours = p->len >= 36 ? u32(p, 32) : 0;
    return true;
}

static bool is_known_depth(unsigned bits)
{
    return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 ||
           bits == 32;
}

/* OS/2 has other meanings for some numbers. */
static bool check_kind(struct parse *p, struct th_bmp *b)
{
    const bool os2 = p->len == CORE_HEADER || p->len == 16 || p->len == 64;
    if (!is_known_depth(b->bits))
        return refuse(p, "it has a number of bits that is not known", true);
    switch (p->packing) {
    case PLAIN:
        return true;
    case RLE8:
        if (b->is_icon) break;
        b->packing = TH_BMP_RLE8;
        return b->bits == 8 || refuse(p, "its packing does not fit its bits", false);
    case RLE4:
        if (b->is_icon) break;
        b->packing = TH_BMP_RLE4;
        return b->bits == 4 || refuse(p, "its packing does not fit its bits", false);
    case BITFIELDS:
    case ALPHA_BITFIELDS:
        if (os2) break;
        return b->bits == 16 || b->bits == 32 ||
               refuse(p, "its packing does not fit its bits", false);
    }
    return refuse(p, "it is packed in a way that is not known", true);
}

/* ---- colours ---- */

static struct th_bmp_mask mask_of(uint32_t bits)
{
    struct th_bmp_mask m = {.bits = bits};
    if (!bits) return m;
    m.shift = (unsigned)__builtin_ctz(bits);
    m.most = bits >> m.shift;
    return m;
}

static void read_masks(const struct parse *p, struct th_bmp *b)
{
    static const uint32_t of_16[4] = {0x7C00, 0x03E0, 0x001F, 0},
                          of_32[4] = {0xFF0000, 0xFF00, 0xFF, 0};
    for (unsigned i = 0; i < 4; i++)
        b->masks[i] = mask_of(b->bits == 16 ? of_16[i] : of_32[i]);
    /* The fourth byte of an icon is alpha, though nothing says so. */
    if (b->is_icon && b->bits == 32) b->masks[3] = mask_of(0xFF000000);
    if (p->packing != BITFIELDS && p->packing != ALPHA_BITFIELDS) return;
    /* They stand behind the header of 40 bytes, and in the same place of those that are longer. */
    const bool alpha = p->len >= 56 || p->packing == ALPHA_BITFIELDS;
    for (unsigned i = 0; i < 3; i++)
        b->masks[i] = mask_of(u32(p, INFO_HEADER + 4 * i));
    if (alpha) b->masks[3] = mask_of(u32(p, INFO_HEADER + 12));
}

/* Where the colours, or else the pixels, begin. */
static uint64_t behind_header(const struct parse *p)
{
    uint64_t len = p->len;
    if (p->len == INFO_HEADER && p->packing == BITFIELDS) len += 12;
    if (p->len == INFO_HEADER && p->packing == ALPHA_BITFIELDS) len += 16;
    return p->at + len;
}

/* Entries of the palette that the file says it has, up to what a pixel can ask for. */
static uint64_t count_colours(const struct parse *p, const struct th_bmp *b)
{
    if (b->bits > 8) return 0;
    const uint64_t most = UINT64_C(1) << b->bits;
    return p->n_colours && p->n_colours < most ? p->n_colours : most;
}

static void read_palette(const struct parse *p, struct th_bmp *b, uint64_t end)
{
    const uint64_t at = behind_header(p), len = p->len == CORE_HEADER ? 3 : 4;
    const uint64_t n = count_colours(p, b);
    b->grey = b->bits <= 8;
    for (uint64_t i = 0; i < n && at + (i + 1) * len <= end; i++)
        for (unsigned k = 0; k < 3; k++)
            b->palette[i][k] = (uint8_t)th_view_le(p->v, at + i * len + 2 - k, 1);
    for (unsigned i = 0; i < 256; i++)
        b->grey =
            b->grey && b->palette[i][0] == b->palette[i][1] && b->palette[i][0] == b->palette[i][2];
}

/* Of the last header: its offset counts from there. */
static void find_profile(const struct parse *p, struct th_bmp *b)
{
    if (p->len < V5_HEADER || u32(p, 56) != 0x4D424544) return; /* "MBED" */
    const uint64_t from = p->at + u32(p, 112), len = u32(p, 116);
    if (from >= p->v.len || len > p->v.len - from) return;
    b->icc = (struct th_view){p->v.data + from, (size_t)len};
}

/* ---- the whole ---- */

/* Four times the bits fit into 64 bits whatever the width. */
static uint64_t row_bytes(uint32_t width, unsigned bits)
{
    return ((uint64_t)width * bits + 31) / 32 * 4;
}

static bool parse_header(struct parse *p, struct th_bmp *b)
{
    p->len = u32(p, 0);
    if (p->len < CORE_HEADER || p->at > p->v.len || p->len > p->v.len - p->at)
        return refuse(p, "its header is not whole", false);
    if (!read_size(p, b) || !check_kind(p, b)) return false;
    b->row_len = row_bytes(b->width, b->bits);
    read_masks(p, b);
    return true;
}

bool th_bmp_parse_file(struct th_view v, struct th_bmp *out, bool *unsupported, const char **why)
{
    struct parse p = {.v = v, .at = FILE_HEADER};
    struct th_bmp b = {0};
    const bool ok = parse_header(&p, &b);
    *unsupported = p.unsupported;
    *why = p.why;
    if (!ok) return false;
    b.pixels = th_view_le(v, 10, 4);
    const uint64_t behind = behind_header(&p);
    if (b.pixels < behind)
        b.pixels = behind + count_colours(&p, &b) * (p.len == CORE_HEADER ? 3 : 4);
    read_palette(&p, &b, b.pixels);
    find_profile(&p, &b);
    *out = b;
    return true;
}

bool th_bmp_parse_icon(struct th_view v, struct th_bmp *out, bool *unsupported, const char **why)
{
    struct parse p = {.v = v};
    struct th_bmp b = {.is_icon = true};
    const bool ok = parse_header(&p, &b);
    *unsupported = p.unsupported;
    *why = p.why;
    if (!ok) return false;
    b.pixels = behind_header(&p) + count_colours(&p, &b) * (p.len == CORE_HEADER ? 3 : 4);
    read_palette(&p, &b, b.pixels);
    b.mask_row_len = row_bytes(b.width, 1);
    b.mask = th_add_sat(b.pixels, th_mul_sat(b.row_len, b.height));
    *out = b;
    return true;
}

uint64_t th_bmp_unpacked_size(const struct th_bmp *b)
{
    return b->packing == TH_BMP_PLAIN ? 0 : th_mul_sat(b->width, b->height);
}

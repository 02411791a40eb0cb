/* SPDX-License-Identifier: MIT */
#include "image/pnm/pnm_rows.h"

#include <math.h>

#include "base/chars.h"
#include "base/num.h"

void th_pnm_rows_init(struct th_pnm_rows *r, struct th_view v, const struct th_pnm *p)
{
    *r = (struct th_pnm_rows){.v = v, .p = p, .at = p->pixels};
}

static uint8_t to_byte(uint32_t value, uint32_t most)
{
    return value >= most ? 255 : (uint8_t)((value * UINT32_C(255) + most / 2) / most);
}

/* Linear light to the curve of sRGB (IEC 61966-2-1), which is what thumbnails have. */
static uint8_t curve(float linear)
{
    if (!(linear > 0)) return 0; /* not a number, too */
    if (linear >= 1) return 255;
    const double v = linear;
    const double encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
    return (uint8_t)(encoded * 255 + 0.5);
}

/* ---- text ---- */

/* Digits of P1 need no blanks between them. */
static bool next_bit(struct th_pnm_rows *r, uint32_t *value)
{
    while (r->at < r->v.len) {
        const uint8_t c = r->v.data[r->at];
        if (c == '0' || c == '1') {
            r->at++;
            *value = c == '0';
            return true;
        }
        if (c == '#')
            while (r->at < r->v.len && r->v.data[r->at] != '\n')
                r->at++;
        else if (th_is_blank(c))
            r->at++;
        else
            return false;
    }
    return false;
}

static bool get_text(struct th_pnm_rows *r, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t value = 0;
        if (!r->broken)
            r->broken = r->p->kind == TH_PNM_TEXT_BITS ? !next_bit(r, &value)
                                                       : !th_pnm_number(r->v, &r->at, &value);
        to[i] = r->broken ? 0 : to_byte(value, r->p->most);
    }
    return !r->broken;
}

/* ---- bytes ---- */

/* How many of the `len` bytes of a row at `at` the file holds. */
static size_t held(const struct th_pnm_rows *r, uint64_t at, uint64_t len)
{
    if (at >= r->v.len) return 0;
    return (size_t)th_min_u64(len, r->v.len - at);
}

static bool get_bits(const struct th_pnm_rows *r, uint64_t y, uint8_t *to)
{
    const uint64_t len = ((uint64_t)r->p->width + 7) / 8;
    const uint64_t at = th_add_sat(r->p->pixels, th_mul_sat(y, len));
    const size_t n = held(r, at, len);
    for (uint32_t x = 0; x < r->p->width; x++)
        to[x] = x / 8 < n && !(r->v.data[at + x / 8] >> (7 - x % 8) & 1) ? 255 : 0;
    return n == len;
}

static bool get_bytes(const struct th_pnm_rows *r, uint64_t y, size_t n, uint8_t *to)
{
    const unsigned wide = r->p->most > 255 ? 2 : 1;
    const uint64_t len = (uint64_t)n * wide;
    const uint64_t at = th_add_sat(r->p->pixels, th_mul_sat(y, len));
    const size_t n_held = held(r, at, len) / wide;
    for (size_t i = 0; i < n; i++)
        to[i] =
            i < n_held ? to_byte((uint32_t)th_view_be(r->v, at + i * wide, wide), r->p->most) : 0;
    return n_held == n;
}

static bool get_floats(const struct th_pnm_rows *r, uint64_t y, size_t n, uint8_t *to)
{
    const uint64_t len = (uint64_t)n * 4;
    const uint64_t at = th_add_sat(r->p->pixels, th_mul_sat(r->p->height - 1 - y, len));
    const size_t n_held = held(r, at, len) / 4;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)(r->p->little_endian ? th_view_le(r->v, at + 4 * i, 4)
                                                             : th_view_be(r->v, at + 4 * i, 4));
        float value = 0;
        if (i < n_held) memcpy(&value, &bits, sizeof value);
        to[i] = curve(value);
    }
    return n_held == n;
}

bool th_pnm_rows_get(struct th_pnm_rows *r, uint32_t y, uint8_t *to)
{
    const size_t n = (size_t)r->p->width * r->p->bands;
    switch (r->p->kind) {
    case TH_PNM_TEXT_BITS:
    case TH_PNM_TEXT:
        return get_text(r, n, to);
    case TH_PNM_BITS:
        return get_bits(r, y, to);
    case TH_PNM_FLOATS:
        return get_floats(r, y, n, to);
    case TH_PNM_BYTES:
        break;
    }
    return get_bytes(r, y, n, to);
}

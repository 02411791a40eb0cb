/* SPDX-License-Identifier: MIT */
#include "image/icc_matrix.h"

#include <math.h>
#include <string.h>

#include "base/view.h"

#define HEADER_LEN 128
#define ENTRY_LEN  12
#define MAX_TAGS   100

/* How far a curve may leave 0 to 1: what comes of parameters rounded to 16 bits. Little CMS does
 * not clip what lies beyond before the matrix, and of two large lights that nearly cancel each
 * other a thousandth is several steps. */
#define ROUNDING 0.0001

/* Least light of a grey that becomes sample 255: half a step below white (IEC 61966-2-1). */
#define WHITE_LIGHT 0.99555

/* XYZ relative to D50 to linear light of sRGB: the inverse of its primaries (ITU-R BT.709) with
 * white D65 (x 0.3127, y 0.3290) adapted by Bradford's method. */
static const double to_srgb[3][3] = {{3.1341863642, -1.6172089590, -0.4906940640},
                                     {-0.9787485042, 1.9161300968, 0.0334333992},
                                     {0.0719639278, -0.2289938735, 1.4057537329}};

struct bytes {
    const uint8_t *data;
    size_t len;
};

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)th_number(p, 2, true);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)th_number(p, 4, true);
}

static double get_fixed(const uint8_t *p)
{
    return (int32_t)get32(p) / 65536.0;
}

static bool has(const struct bytes *b, size_t at, const char *signature)
{
    return b->len >= at + 4 && memcmp(b->data + at, signature, 4) == 0;
}

/* ---- tags ---- */

/* The number of tags, 0: none, or too many to be a profile. */
static uint32_t count_tags(const struct bytes *profile)
{
    if (profile->len < HEADER_LEN + 4) return 0;
    uint32_t n = get32(profile->data + HEADER_LEN);
    return n <= MAX_TAGS && n <= (profile->len - HEADER_LEN - 4) / ENTRY_LEN ? n : 0;
}

static const uint8_t *tag_entry(const struct bytes *profile, uint32_t i)
{
    return profile->data + HEADER_LEN + 4 + (size_t)i * ENTRY_LEN;
}

/* The element of a tag; false if there is none or it does not lie within the profile. */
static bool find_tag(const struct bytes *profile, const char *signature, struct bytes *out)
{
    uint32_t n = count_tags(profile);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *entry = tag_entry(profile, i);
        if (memcmp(entry, signature, 4) != 0) continue;
        size_t at = get32(entry + 4), len = get32(entry + 8);
        if (at > profile->len || len > profile->len - at) return false;
        *out = (struct bytes){profile->data + at, len};
        return true;
    }
    return false;
}

/* Tables from device colours (A2B0 to A2B2, D2B0 to D2B3) win over curves and matrix. */
static bool has_tables(const struct bytes *profile)
{
    uint32_t n = count_tags(profile);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *entry = tag_entry(profile, i);
        if ((entry[0] == 'A' || entry[0] == 'D') && memcmp(entry + 1, "2B", 2) == 0) return true;
    }
    return false;
}

static bool is_plain(const struct bytes *profile, bool grey)
{
    static const char classes[][5] = {"scnr", "mntr", "prtr", "spac"};
    if (count_tags(profile) == 0 || !has(profile, 36, "acsp") ||
        get32(profile->data) > profile->len)
        return false;
    /* Little CMS refuses versions it does not know; so do we, by leaving them to it. */
    if (profile->data[8] != 2 && profile->data[8] != 4) return false;
    if (!has(profile, 16, grey ? "GRAY" : "RGB ") || !has(profile, 20, "XYZ ")) return false;
    bool known = false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        known = known || has(profile, 12, classes[i]);
    return known && !has_tables(profile);
}

/* ---- curves ---- */

struct curve {
    enum { CURVE_POWER, CURVE_TABLE } kind;
    /* POWER: (a x + b)^g + e where x >= d, below that c x + f */
    double g, a, b, c, d, e, f;
    const uint8_t *table; /* n numbers of 16 bits */
    uint32_t n;
};

/* ICC.1:2010 10.5: a table, one number, which is an exponent, or nothing at all. */
static bool read_table(const struct bytes *tag, struct curve *out)
{
    if (tag->len < 12) return false;
    uint32_t n = get32(tag->data + 8);
    if (n > (tag->len - 12) / 2) return false;
    *out = (struct curve){
        .kind = n > 1 ? CURVE_TABLE : CURVE_POWER, .g = 1, .a = 1, .table = tag->data + 12, .n = n};
    if (n == 1) out->g = get16(tag->data + 12) / 256.0;
    return true;
}

/* ICC.1:2010 10.15. */
static bool read_parametric(const struct bytes *tag, struct curve *out)
{
    static const uint8_t n_parameters[] = {1, 3, 4, 5, 7};
    if (tag->len < 12) return false;
    uint32_t type = get16(tag->data + 8);
    if (type >= sizeof n_parameters || tag->len < 12 + 4 * (size_t)n_parameters[type]) return false;
    double p[7] = {0};
    for (unsigned i = 0; i < n_parameters[type]; i++)
        p[i] = get_fixed(tag->data + 12 + 4 * (size_t)i);
    struct curve c = {.kind = CURVE_POWER, .g = p[0], .a = 1};
    if (type >= 1) {
        c.a = p[1];
        c.b = p[2];
    }
    if (type == 1 ||
        type == 2) { /* a line at height p[3], which type 1 has not, left of where the base is 0 */
        if (!(c.a > 0)) return false;
        c.d = -c.b / c.a;
        c.e = c.f = p[3];
    } else if (type >= 3) {
        c.c = p[3];
        c.d = p[4];
        c.e = p[5];
        c.f = p[6];
    }
    *out = c;
    return true;
}

static bool read_curve(const struct bytes *profile, const char *signature, struct curve *out)
{
    struct bytes tag;
    if (!find_tag(profile, signature, &tag)) return false;
    bool read = has(&tag, 0, "curv") ? read_table(&tag, out)
                                     : has(&tag, 0, "para") && read_parametric(&tag, out);
    return read && (out->kind == CURVE_TABLE || (out->g > 0.1 && out->g < 10));
}

static double curve_at(const struct curve *c, double x)
{
    if (c->kind == CURVE_TABLE) {
        double at = x * (c->n - 1);
        uint32_t i = (uint32_t)at;
        if (i > c->n - 2) i = c->n - 2;
        double low = get16(c->table + 2 * (size_t)i), high = get16(c->table + 2 * (size_t)i + 2);
        return (low + (at - i) * (high - low)) / 65535;
    }
    if (x < c->d) return c->c * x + c->f;
    double base = c->a * x + c->b;
    return (base > 0 ? pow(base, c->g) : 0) + c->e;
}

/* False for a curve that leaves 0 to 1 by more than rounding. */
static bool linearise(const struct curve *c, int16_t out[256])
{
    for (unsigned i = 0; i < 256; i++) {
        double y = curve_at(c, i / 255.0);
        if (!(y > -ROUNDING && y < 1 + ROUNDING)) return false;
        y = y < 0 ? 0 : y > 1 ? 1 : y;
        out[i] = (int16_t)(y * TH_ICC_UNIT + 0.5);
    }
    return true;
}

void th_icc_encoder_init(struct th_icc_encoder *encoder)
{
    /* For each sample the light from which on it is the nearest one (IEC 61966-2-1), which takes
     * 255 powers. */
    unsigned at = 0;
    for (unsigned v = 0; v < 256; v++) {
        double edge = (v + 0.5) / 255,
               light = edge <= 0.04045 ? edge / 12.92 : pow((edge + 0.055) / 1.055, 2.4);
        for (; at <= TH_ICC_UNIT && (at < light * TH_ICC_UNIT || v == 255); at++)
            encoder->samples[at] = (uint8_t)v;
    }
}

/* ---- profiles ---- */

static bool read_matrix(const struct bytes *profile, int32_t out[3][3])
{
    static const char signatures[3][5] = {"rXYZ", "gXYZ", "bXYZ"};
    double colorants[3][3];
    for (unsigned k = 0; k < 3; k++) {
        struct bytes tag;
        if (!find_tag(profile, signatures[k], &tag) || tag.len < 20 || !has(&tag, 0, "XYZ "))
            return false;
        for (unsigned i = 0; i < 3; i++)
            colorants[i][k] = get_fixed(tag.data + 8 + 4 * (size_t)i);
    }
    for (unsigned i = 0; i < 3; i++) {
        double reach = 0;
        for (unsigned k = 0; k < 3; k++) {
            double sum = 0;
            for (unsigned j = 0; j < 3; j++)
                sum += to_srgb[i][j] * colorants[j][k];
            reach += fabs(sum);
            if (!(reach < TH_ICC_MAX_ROW)) return false;
            out[i][k] = (int32_t)lrint(sum * TH_ICC_UNIT);
        }
    }
    return true;
}

/* White stays white: where a curve does not reach it, Little CMS bends its end, which is left to
 * it. */
static bool read_grey(const struct bytes *profile, int16_t linear[256])
{
    struct curve curve;
    return read_curve(profile, "kTRC", &curve) && linearise(&curve, linear) &&
           linear[255] >= WHITE_LIGHT * TH_ICC_UNIT;
}

bool th_icc_matrix_read(struct th_icc_matrix *out, const uint8_t *data, size_t len, bool grey)
{
    static const char signatures[3][5] = {"rTRC", "gTRC", "bTRC"};
    const struct bytes profile = {data, len};
    if (!is_plain(&profile, grey)) return false;
    out->grey = grey;
    if (grey) return read_grey(&profile, out->linear[0]);
    struct curve curve;
    for (unsigned k = 0; k < 3; k++)
        if (!read_curve(&profile, signatures[k], &curve) || !linearise(&curve, out->linear[k]))
            return false;
    return read_matrix(&profile, out->matrix);
}

/* ---- pixels ---- */

static inline uint8_t encode(const struct th_icc_encoder *encoder, int32_t light)
{
    light = (light + TH_ICC_UNIT / 2) >> 14;
    return encoder->samples[light < 0 ? 0 : light > TH_ICC_UNIT ? TH_ICC_UNIT : light];
}

void th_icc_matrix_apply(const struct th_icc_matrix *m, const struct th_icc_encoder *encoder,
                         uint8_t *pixels, size_t n, uint32_t bands)
{
    if (m->grey) {
        for (size_t i = 0; i < n; i++, pixels += bands)
            pixels[0] = encoder->samples[m->linear[0][pixels[0]]];
        return;
    }
    for (size_t i = 0; i < n; i++, pixels += bands) {
        int32_t r = m->linear[0][pixels[0]], g = m->linear[1][pixels[1]],
                b = m->linear[2][pixels[2]];
        for (unsigned k = 0; k < 3; k++)
            pixels[k] =
                encode(encoder, m->matrix[k][0] * r + m->matrix[k][1] * g + m->matrix[k][2] * b);
    }
}

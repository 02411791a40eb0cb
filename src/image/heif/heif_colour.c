/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_colour.h"

#include <math.h>

/* ---- Y'CbCr to R'G'B' ---- */

enum {
    MATRIX_IDENTITY = 0,
    MATRIX_BT709 = 1,
    MATRIX_FCC = 4,
    MATRIX_BT470BG = 5,
    MATRIX_BT601 = 6,
    MATRIX_SMPTE240 = 7,
    MATRIX_YCGCO = 8,
    MATRIX_BT2020 = 9,
    MATRIX_BT2020_CL = 10,
    MATRIX_UNSPECIFIED = 2,
};

static bool luma_weights(unsigned matrix, double *kr, double *kb)
{
    switch (matrix) {
    case MATRIX_BT709:
        *kr = 0.2126, *kb = 0.0722;
        return true;
    case MATRIX_FCC:
        *kr = 0.30, *kb = 0.11;
        return true;
    case MATRIX_UNSPECIFIED:
    case MATRIX_BT470BG:
    case MATRIX_BT601:
        *kr = 0.299, *kb = 0.114;
        return true;
    case MATRIX_SMPTE240:
        *kr = 0.212, *kb = 0.087;
        return true;
    case MATRIX_BT2020:
    case MATRIX_BT2020_CL: /* constant luminance is hardly used; its weights are the same */
        *kr = 0.2627, *kb = 0.0593;
        return true;
    default:
        return false;
    }
}

static int32_t fixed(double v)
{
    return (int32_t)lround(v * 65536);
}

bool th_heif_matrix_init(struct th_heif_matrix *out, const struct th_heif_nclx *nclx)
{
    double kr = 0, kb = 0, luma = nclx->full_range ? 1 : 255.0 / 219,
           chroma = nclx->full_range ? 1 : 255.0 / 224;
    struct th_heif_matrix m = {.identity = nclx->matrix == MATRIX_IDENTITY,
                               .is_ycgco = nclx->matrix == MATRIX_YCGCO,
                               .luma = fixed(luma),
                               .luma_offset = nclx->full_range ? 0 : 16};
    if (!m.identity && !m.is_ycgco && !luma_weights(nclx->matrix, &kr, &kb)) return false;
    double kg = 1 - kr - kb;
    m.r_cr = fixed(chroma * 2 * (1 - kr));
    m.b_cb = fixed(chroma * 2 * (1 - kb));
    m.g_cr = fixed(chroma * 2 * (1 - kr) * kr / kg);
    m.g_cb = fixed(chroma * 2 * (1 - kb) * kb / kg);
    if (m.is_ycgco) m.r_cr = fixed(chroma);
    *out = m;
    return true;
}

static inline uint8_t to_byte(int32_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline int32_t luma_of(const struct th_heif_matrix *m, uint8_t y)
{
    return ((int32_t)y - m->luma_offset) * m->luma + 32768;
}

void th_heif_to_grey(const struct th_heif_matrix *m, const uint8_t *y, size_t n, uint8_t *grey)
{
    for (size_t i = 0; i < n; i++)
        grey[i] = to_byte(luma_of(m, y[i]) >> 16);
}

static void identity_to_rgb(const struct th_heif_matrix *m, const uint8_t *g, const uint8_t *b,
                            const uint8_t *r, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        rgb[3 * i] = to_byte(luma_of(m, r[i]) >> 16);
        rgb[3 * i + 1] = to_byte(luma_of(m, g[i]) >> 16);
        rgb[3 * i + 2] = to_byte(luma_of(m, b[i]) >> 16);
    }
}

/* H.273, equations 57 to 60: t = Y - Cg, G = Y + Cg, B = t - Co, R = t + Co. */
static void ycgco_to_rgb(const struct th_heif_matrix *m, const uint8_t *y, const uint8_t *cg,
                         const uint8_t *co, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        int32_t l = luma_of(m, y[i]), g = ((int32_t)cg[i] - 128) * m->r_cr,
                o = ((int32_t)co[i] - 128) * m->r_cr;
        rgb[3 * i] = to_byte((l - g + o) >> 16);
        rgb[3 * i + 1] = to_byte((l + g) >> 16);
        rgb[3 * i + 2] = to_byte((l - g - o) >> 16);
    }
}

void th_heif_to_rgb(const struct th_heif_matrix *m, const uint8_t *y, const uint8_t *cb,
                    const uint8_t *cr, size_t n, uint8_t *rgb)
{
    if (m->identity) {
        identity_to_rgb(m, y, cb, cr, n, rgb);
        return;
    }
    if (m->is_ycgco) {
        ycgco_to_rgb(m, y, cb, cr, n, rgb);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t l = luma_of(m, y[i]), b = (int32_t)cb[i] - 128, r = (int32_t)cr[i] - 128;
        rgb[3 * i] = to_byte((l + m->r_cr * r) >> 16);
        rgb[3 * i + 1] = to_byte((l - m->g_cb * b - m->g_cr * r) >> 16);
        rgb[3 * i + 2] = to_byte((l + m->b_cb * b) >> 16);
    }
}

/* ---- R'G'B' to sRGB ---- */

enum {
    PRIMARIES_BT709 = 1,
    PRIMARIES_UNSPECIFIED = 2,
    TRANSFER_GAMMA_22 = 4,
    TRANSFER_GAMMA_28 = 5,
    TRANSFER_LINEAR = 8,
    TRANSFER_PQ = 16,
    TRANSFER_DCI = 17,
    TRANSFER_HLG = 18,
};

struct xy {
    double x, y;
};
struct primaries {
    unsigned code;
    struct xy red, green, blue, white;
};

/* H.273, table 2. */
static const struct primaries known_primaries[] = {
    {PRIMARIES_BT709, {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}},
    {4, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, {0.310, 0.316}},
    {5, {0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}},
    {6, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, {0.3127, 0.3290}},
    {7, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, {0.3127, 0.3290}},
    {9, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, {0.3127, 0.3290}},
    {11, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.314, 0.351}},
    {12, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.3127, 0.3290}},
    {22, {0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, {0.3127, 0.3290}},
};

static const struct primaries *find_primaries(unsigned code)
{
    for (size_t i = 0; i < sizeof known_primaries / sizeof *known_primaries; i++) {
        if (known_primaries[i].code == code) return &known_primaries[i];
    }
    return &known_primaries[0];
}

typedef double matrix3[3][3];

static void multiply(matrix3 a, matrix3 b, matrix3 out)
{
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            out[i][k] = a[i][0] * b[0][k] + a[i][1] * b[1][k] + a[i][2] * b[2][k];
    }
}

static void invert(matrix3 m, matrix3 out)
{
    double d = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
               m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
               m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            int a = (k + 1) % 3, b = (k + 2) % 3, c = (i + 1) % 3, e = (i + 2) % 3;
            out[i][k] = (m[a][c] * m[b][e] - m[a][e] * m[b][c]) / d;
        }
    }
}

static void white_xyz(struct xy w, double out[3])
{
    out[0] = w.x / w.y;
    out[1] = 1;
    out[2] = (1 - w.x - w.y) / w.y;
}

/* Linear RGB of these primaries to XYZ, white at Y = 1 (SMPTE RP 177). */
static void to_xyz(const struct primaries *p, matrix3 out)
{
    const struct xy c[3] = {p->red, p->green, p->blue};
    double white[3], scale[3] = {0};
    matrix3 m, inverse;
    white_xyz(p->white, white);
    for (int k = 0; k < 3; k++) {
        m[0][k] = c[k].x;
        m[1][k] = c[k].y;
        m[2][k] = 1 - c[k].x - c[k].y;
    }
    invert(m, inverse);
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            scale[i] += inverse[i][k] * white[k];
    }
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            out[i][k] = m[i][k] * scale[k];
    }
}

/* From one white to that of sRGB: the Bradford transform (ICC.1, annex E). */
static void adapt_white(struct xy from, matrix3 out)
{
    matrix3 bradford = {
        {0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}};
    matrix3 inverse, scaled;
    double source[3], target[3];
    white_xyz(from, source);
    white_xyz(known_primaries[0].white, target);
    for (int i = 0; i < 3; i++) {
        double s = 0, t = 0;
        for (int k = 0; k < 3; k++) {
            s += bradford[i][k] * source[k];
            t += bradford[i][k] * target[k];
        }
        for (int k = 0; k < 3; k++)
            scaled[i][k] = bradford[i][k] * t / s;
    }
    invert(bradford, inverse);
    multiply(inverse, scaled, out);
}

static void to_srgb_primaries(const struct primaries *p, matrix3 out)
{
    matrix3 xyz, srgb, from_xyz, adapt, adapted;
    to_xyz(p, xyz);
    to_xyz(&known_primaries[0], srgb);
    invert(srgb, from_xyz);
    adapt_white(p->white, adapt);
    multiply(adapt, xyz, adapted);
    multiply(from_xyz, adapted, out);
}

static bool is_hdr(unsigned transfer)
{
    return transfer == TRANSFER_PQ || transfer == TRANSFER_HLG;
}

/* IEC 61966-2-1. */
static double srgb_to_linear(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double linear_to_srgb(double v)
{
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

#define SDR_WHITE 203.0 /* cd/m2 of diffuse white in PQ and HLG (BT.2408) */

/* SMPTE ST 2084; 1 is SDR white. */
static double pq_to_linear(double v)
{
    const double m1 = 0.1593017578125, m2 = 78.84375, c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    double p = pow(v, 1 / m2), top = p - c1 > 0 ? p - c1 : 0;
    return pow(top / (c2 - c3 * p), 1 / m1) * 10000 / SDR_WHITE;
}

/* ARIB STD-B67 for a display of 1000 cd/m2; the system gamma of 1.2 is taken for each component,
 * which keeps greys exact. */
static double hlg_to_linear(double v)
{
    const double a = 0.17883277, b = 0.28466892, c = 0.55991073;
    double scene = v <= 0.5 ? v * v / 3 : (exp((v - c) / a) + b) / 12;
    return pow(scene, 1.2) * 1000 / SDR_WHITE;
}

static double to_linear(unsigned transfer, double v)
{
    switch (transfer) {
    case TRANSFER_GAMMA_22:
        return pow(v, 2.2);
    case TRANSFER_GAMMA_28:
        return pow(v, 2.8);
    case TRANSFER_LINEAR:
        return v;
    case TRANSFER_DCI:
        return pow(v, 2.6);
    case TRANSFER_PQ:
        return pq_to_linear(v);
    case TRANSFER_HLG:
        return hlg_to_linear(v);
    default:
        return srgb_to_linear(v);
    }
}

/* Up to the knee nothing changes. Above it the curve goes on with the same slope and comes close
 * to 1 for the brightest. All three components are scaled alike, so hues stay. */
static void compress(double rgb[3])
{
    const double knee = 0.7;
    double most = fmax(rgb[0], fmax(rgb[1], rgb[2]));
    if (most <= knee) return;
    double to = knee + (1 - knee) * (1 - exp(-(most - knee) / (1 - knee)));
    for (int i = 0; i < 3; i++)
        rgb[i] *= to / most;
}

bool th_heif_is_srgb(const struct th_heif_nclx *n)
{
    bool plain = n->transfer != TRANSFER_GAMMA_22 && n->transfer != TRANSFER_GAMMA_28 &&
                 n->transfer != TRANSFER_LINEAR && n->transfer != TRANSFER_DCI &&
                 !is_hdr(n->transfer);
    return plain && find_primaries(n->primaries) == &known_primaries[0];
}

static uint8_t encode(double v)
{
    if (!(v > 0)) return 0;
    return v >= 1 ? 255 : (uint8_t)lround(linear_to_srgb(v) * 255);
}

void th_heif_to_srgb(const struct th_heif_nclx *nclx, struct th_pixels *p)
{
    double linear[256];
    matrix3 m;
    if (th_heif_is_srgb(nclx)) return;
    for (int i = 0; i < 256; i++)
        linear[i] = to_linear(nclx->transfer, i / 255.0);
    to_srgb_primaries(find_primaries(nclx->primaries), m);
    bool grey = p->bands < 3;
    size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++) {
        uint8_t *at = p->data + i * p->bands;
        double in[3] = {linear[at[0]], linear[at[grey ? 0 : 1]], linear[at[grey ? 0 : 2]]}, out[3];
        for (int k = 0; k < 3; k++)
            out[k] = m[k][0] * in[0] + m[k][1] * in[1] + m[k][2] * in[2];
        if (is_hdr(nclx->transfer)) compress(out);
        for (int k = 0; k < (grey ? 1 : 3); k++)
            at[k] = encode(out[k]);
    }
}

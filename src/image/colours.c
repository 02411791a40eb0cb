/* SPDX-License-Identifier: MIT */
#include "image/colours.h"

#include <math.h>

enum {
    PRIMARIES_BT709 = 1,
    TRANSFER_UNSPECIFIED = 2,
    TRANSFER_RESERVED = 3,
    TRANSFER_GAMMA_22 = 4,
    TRANSFER_GAMMA_28 = 5,
    TRANSFER_240M = 7,
    TRANSFER_LINEAR = 8,
    TRANSFER_LOG_100 = 9,
    TRANSFER_LOG_316 = 10,
    TRANSFER_PQ = 16,
    TRANSFER_DCI = 17,
    TRANSFER_HLG = 18, /* the last that is known */
};

#define D65                                                                                        \
    {                                                                                              \
        0.3127, 0.3290                                                                             \
    }

/* H.273, table 2. */
static const struct {
    unsigned code;
    struct th_primaries at;
} known_primaries[] = {
    {PRIMARIES_BT709, {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, D65}},
    {4, {{0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, {0.310, 0.316}}},
    {5, {{0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, D65}},
    {6, {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, D65}},
    {7, {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, D65}},
    {8, {{0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, {0.310, 0.316}}},
    {9, {{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, D65}},
    {10, {{1, 0}, {0, 1}, {0, 0}, {1 / 3.0, 1 / 3.0}}},
    {11, {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.314, 0.351}}},
    {12, {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, D65}},
    {22, {{0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, D65}},
};

static const struct th_primaries *find_primaries(unsigned code)
{
    for (size_t i = 0; i < sizeof known_primaries / sizeof *known_primaries; i++) {
        if (known_primaries[i].code == code) return &known_primaries[i].at;
    }
    return NULL;
}

bool th_colours_are_codes(unsigned primaries, unsigned transfer)
{
    return find_primaries(primaries) && transfer >= 1 && transfer <= TRANSFER_HLG &&
           transfer != TRANSFER_UNSPECIFIED && transfer != TRANSFER_RESERVED;
}

void th_colours_from_codes(struct th_colours *out, unsigned primaries, unsigned transfer)
{
    const struct th_primaries *known = find_primaries(primaries);
    *out = (struct th_colours){.primaries = known ? *known : known_primaries[0].at,
                               .transfer = transfer};
}

void th_colours_from_power(struct th_colours *out, const struct th_primaries *primaries,
                           double power)
{
    *out = (struct th_colours){.primaries = primaries ? *primaries : known_primaries[0].at,
                               .transfer = TRANSFER_UNSPECIFIED,
                               .power = power};
}

bool th_primaries_make_sense(const struct th_primaries *p)
{
    const struct th_xy r = p->red, g = p->green, b = p->blue, w = p->white;
    /* Twice the area of their triangle, and of those that white makes with two of them: all turn
     * the same way if white lies inside. */
    const double all = (g.x - r.x) * (b.y - r.y) - (b.x - r.x) * (g.y - r.y);
    const double rg = (g.x - r.x) * (w.y - r.y) - (w.x - r.x) * (g.y - r.y);
    const double gb = (b.x - g.x) * (w.y - g.y) - (w.x - g.x) * (b.y - g.y);
    const double br = (r.x - b.x) * (w.y - b.y) - (w.x - b.x) * (r.y - b.y);
    return w.y > 0.01 && fabs(all) > 0.001 && rg * all > 0 && gb * all > 0 && br * all > 0;
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

static void white_xyz(struct th_xy w, double out[3])
{
    out[0] = w.x / w.y;
    out[1] = 1;
    out[2] = (1 - w.x - w.y) / w.y;
}

/* Linear RGB of these primaries to XYZ, white at Y = 1 (SMPTE RP 177). */
static void to_xyz(const struct th_primaries *p, matrix3 out)
{
    const struct th_xy c[3] = {p->red, p->green, p->blue};
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

void th_primaries_luminance(const struct th_primaries *primaries, double weights[3])
{
    matrix3 xyz;
    to_xyz(primaries, xyz);
    for (int k = 0; k < 3; k++)
        weights[k] = xyz[1][k];
}

/* From one white to that of sRGB: the Bradford transform (ICC.1, annex E). */
static void adapt_white(struct th_xy from, matrix3 out)
{
    matrix3 bradford = {
        {0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}};
    matrix3 inverse, scaled;
    double source[3], target[3];
    white_xyz(from, source);
    white_xyz(known_primaries[0].at.white, target);
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

static void to_srgb_primaries(const struct th_primaries *p, matrix3 out)
{
    matrix3 xyz, srgb, from_xyz, adapt, adapted;
    to_xyz(p, xyz);
    to_xyz(&known_primaries[0].at, srgb);
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

/* SMPTE 240M. */
static double smpte_240m_to_linear(double v)
{
    return v < 4 * 0.0228 ? v / 4 : pow((v + 0.1115) / 1.1115, 1 / 0.45);
}

static double to_linear(const struct th_colours *c, double v)
{
    if (c->power > 0) return pow(v, c->power);
    switch (c->transfer) {
    case TRANSFER_GAMMA_22:
        return pow(v, 2.2);
    case TRANSFER_GAMMA_28:
        return pow(v, 2.8);
    case TRANSFER_LINEAR:
        return v;
    case TRANSFER_240M:
        return smpte_240m_to_linear(v);
    case TRANSFER_LOG_100:
        return v > 0 ? pow(10, 2 * (v - 1)) : 0;
    case TRANSFER_LOG_316:
        return v > 0 ? pow(10, 2.5 * (v - 1)) : 0;
    case TRANSFER_DCI: /* SMPTE ST 428-1: white is a little below the brightest */
        return pow(v, 2.6) * 52.37 / 48;
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

/* Those of BT.709's family, and what is unspecified or unknown. */
static bool is_plain_transfer(const struct th_colours *c)
{
    switch (c->transfer) {
    case TRANSFER_GAMMA_22:
    case TRANSFER_GAMMA_28:
    case TRANSFER_240M:
    case TRANSFER_LINEAR:
    case TRANSFER_LOG_100:
    case TRANSFER_LOG_316:
    case TRANSFER_DCI:
    case TRANSFER_PQ:
    case TRANSFER_HLG:
        return false;
    default:
        return c->power <= 0;
    }
}

static bool is_close(struct th_xy a, struct th_xy b)
{
    return fabs(a.x - b.x) < 0.002 && fabs(a.y - b.y) < 0.002;
}

static bool are_of_srgb(const struct th_primaries *p)
{
    const struct th_primaries *s = &known_primaries[0].at;
    return is_close(p->red, s->red) && is_close(p->green, s->green) && is_close(p->blue, s->blue) &&
           is_close(p->white, s->white);
}

bool th_colours_are_srgb(const struct th_colours *c)
{
    return !c->narrow && is_plain_transfer(c) && are_of_srgb(&c->primaries);
}

static uint8_t encode(double v)
{
    if (!(v > 0)) return 0;
    return v >= 1 ? 255 : (uint8_t)lround(linear_to_srgb(v) * 255);
}

bool th_colours_are_hdr(const struct th_colours *c)
{
    return c->power <= 0 && is_hdr(c->transfer);
}

static double from_narrow(int sample)
{
    return sample <= 16 ? 0 : sample >= 235 ? 1 : (sample - 16) / 219.0;
}

void th_colours_in_light(const struct th_colours *c, double linear[256], double matrix[3][3])
{
    for (int i = 0; i < 256; i++)
        linear[i] = to_linear(c, c->narrow ? from_narrow(i) : i / 255.0);
    to_srgb_primaries(&c->primaries, matrix);
}

void th_colours_to_srgb(const struct th_colours *c, struct th_pixels *p)
{
    double linear[256];
    matrix3 m;
    if (th_colours_are_srgb(c)) return;
    th_colours_in_light(c, linear, m);
    bool grey = p->bands < 3;
    size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++) {
        uint8_t *at = p->data + i * p->bands;
        double in[3] = {linear[at[0]], linear[at[grey ? 0 : 1]], linear[at[grey ? 0 : 2]]}, out[3];
        for (int k = 0; k < 3; k++)
            out[k] = m[k][0] * in[0] + m[k][1] * in[1] + m[k][2] * in[2];
        if (th_colours_are_hdr(c)) compress(out);
        for (int k = 0; k < (grey ? 1 : 3); k++)
            at[k] = encode(out[k]);
    }
}

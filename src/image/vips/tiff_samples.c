/* SPDX-License-Identifier: MIT */
#include "image/vips/tiff_samples.h"

#include <math.h>
#include <string.h>

uint32_t th_tiff_channels(enum th_tiff_model model)
{
    if (model == TH_TIFF_CMYK) return 4;
    return model == TH_TIFF_GREY || model == TH_TIFF_GREY_INVERTED || model == TH_TIFF_PALETTE ? 1
                                                                                               : 3;
}

uint32_t th_tiff_bands(enum th_tiff_model model)
{
    return model == TH_TIFF_PALETTE ? 3 : th_tiff_channels(model);
}

bool th_tiff_takes(enum th_tiff_type type, unsigned bits)
{
    if (type == TH_TIFF_FLOAT) return bits == 16 || bits == 24 || bits == 32 || bits == 64;
    return (bits >= 1 && bits <= 32) || bits == 64;
}

bool th_tiff_wants_lights(const struct th_tiff_meaning *m)
{
    return m->model == TH_TIFF_CIELAB || m->model == TH_TIFF_ICCLAB ||
           (m->model == TH_TIFF_RGB && m->type == TH_TIFF_FLOAT);
}

void th_tiff_fill_lights(uint8_t encoded[TH_TIFF_LIGHTS])
{
    for (uint32_t i = 0; i < TH_TIFF_LIGHTS; i++) {
        double light = i / (double)(TH_TIFF_LIGHTS - 1);
        double v = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
        encoded[i] = (uint8_t)(v * 255 + 0.5);
    }
}

/* ---- numbers ---- */

static uint64_t word(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        v |= (uint64_t)p[i] << 8 * i;
#else
        v = v << 8 | p[i];
#endif
    }
    return v;
}

static uint64_t packed(const uint8_t *row, size_t i, unsigned bits)
{
    uint64_t v = 0;
    size_t at = i * bits;
    for (unsigned k = 0; k < bits; k++, at++)
        v = v << 1 | (uint64_t)(row[at / 8] >> (7 - at % 8) & 1);
    return v;
}

/* IEEE 754 binary of 16 or 24 bits: a sign, an exponent, a fraction. */
static float short_float(uint64_t v, unsigned fraction_bits, unsigned exponent_bits)
{
    const int bias = (1 << (exponent_bits - 1)) - 1, most = (1 << exponent_bits) - 1;
    const int exponent = (int)(v >> fraction_bits) & most;
    const double fraction = (double)(v & ((1u << fraction_bits) - 1)) / (1u << fraction_bits);
    const bool negative = v >> (fraction_bits + exponent_bits) & 1;
    double f = exponent == 0      ? ldexp(fraction, 1 - bias)
               : exponent == most ? (fraction != 0 ? (double)NAN : (double)INFINITY)
                                  : ldexp(1 + fraction, exponent - bias);
    return (float)(negative ? -f : f);
}

static float floating(const uint8_t *p, unsigned bits)
{
    float f;
    double d;
    switch (bits) {
    case 16:
        return short_float(word(p, 2), 10, 5);
    case 24:
        return short_float(word(p, 3), 16, 7);
    case 32:
        memcpy(&f, p, sizeof f);
        return f;
    default:
        memcpy(&d, p, sizeof d);
        return (float)d;
    }
}

static float with_sign(uint64_t v, unsigned bits)
{
    return (float)((int64_t)(v << (64 - bits)) >> (64 - bits));
}

void th_tiff_unpack(const struct th_tiff_meaning *m, const uint8_t *row, size_t first, size_t step,
                    size_t n, float *to, size_t to_step)
{
    const unsigned bits = m->bits, bytes = bits / 8;
    const bool words = bits % 8 == 0;
    for (size_t i = 0, at = first; i < n; i++, at += step, to += to_step) {
        if (m->type == TH_TIFF_FLOAT) {
            *to = floating(row + at * bytes, bits);
            continue;
        }
        uint64_t v = bits == 8 ? row[at]
                     : words   ? word(row + at * bytes, bytes)
                               : packed(row, at, bits);
        *to = m->type == TH_TIFF_SIGNED ? with_sign(v, bits) : (float)v;
    }
}

/* ---- colours ---- */

/* Not a number is black. */
static float within(float v)
{
    return v > 0 ? (v < 1 ? v : 1) : 0;
}

static uint8_t to_byte(float v)
{
    return (uint8_t)(within(v) * 255 + 0.5f);
}

static uint8_t encode(const struct th_tiff_meaning *m, float light)
{
    return m->encoded[(uint32_t)(within(light) * (TH_TIFF_LIGHTS - 1) + 0.5f)];
}

/* Full range is 1. A sample with a sign is measured like one without: what is below 0 is black. */
static float unit(const struct th_tiff_meaning *m, float v)
{
    if (m->type == TH_TIFF_FLOAT) return (float)((v - m->black) / (m->white - m->black));
    return v / (float)(ldexp(1, (int)m->bits) - 1);
}

/* TIFF 6.0 section 21. */
static void from_ycbcr(const struct th_tiff_meaning *m, const float *v, float rgb[3])
{
    const float most = (float)(ldexp(1, (int)m->bits) - 1);
    float part[3];
    for (unsigned k = 0; k < 3; k++) {
        const float black = m->reference[2 * k], white = m->reference[2 * k + 1];
        const float range = k == 0 ? most : (float)ldexp(1, (int)m->bits - 1) - 1;
        part[k] = (v[k] - black) * range / (white != black ? white - black : 1);
    }
    rgb[0] = part[2] * (2 - 2 * m->luma[0]) + part[0];
    rgb[2] = part[1] * (2 - 2 * m->luma[2]) + part[0];
    rgb[1] = (part[0] - m->luma[2] * rgb[2] - m->luma[0] * rgb[0]) / m->luma[1];
    for (unsigned k = 0; k < 3; k++)
        rgb[k] /= most;
}

/* L from 0 to 100, a and b. */
static void lab_values(const struct th_tiff_meaning *m, const float *v, float lab[3])
{
    const float unit_ab = (float)ldexp(1, (int)m->bits - 8);
    memcpy(lab, v, 3 * sizeof *lab);
    if (m->type == TH_TIFF_FLOAT) return;
    if (m->model == TH_TIFF_ICCLAB) {
        lab[0] = v[0] * 100 / (255 * unit_ab);
        lab[1] = v[1] / unit_ab - 128;
        lab[2] = v[2] / unit_ab - 128;
        return;
    }
    lab[0] = v[0] * 100 / (float)(ldexp(1, (int)m->bits) - 1);
    for (unsigned k = 1; k < 3; k++) {
        const bool wraps = v[k] >= 128 * unit_ab;
        lab[k] = v[k] / unit_ab - (wraps ? 256 : 0);
    }
}

static float lab_inverse(float t)
{
    return t > 6.0f / 29 ? t * t * t : (t - 4.0f / 29) * (3 * 36.0f / 841);
}

/* CIE 15, white D50, to linear light of sRGB, white D65, by Bradford's method. */
static void from_lab(const float lab[3], float light[3])
{
    static const float to_srgb[3][3] = {{3.1341864f, -1.6172090f, -0.4906941f},
                                        {-0.9787485f, 1.9161301f, 0.0334334f},
                                        {0.0719639f, -0.2289939f, 1.4057537f}};
    const float y = (lab[0] + 16) / 116;
    const float xyz[3] = {0.9642f * lab_inverse(y + lab[1] / 500), lab_inverse(y),
                          0.8249f * lab_inverse(y - lab[2] / 200)};
    for (unsigned k = 0; k < 3; k++)
        light[k] = to_srgb[k][0] * xyz[0] + to_srgb[k][1] * xyz[1] + to_srgb[k][2] * xyz[2];
}

/* What alpha was multiplied into, divided out. */
static float divided(float v, float alpha)
{
    return alpha > 0 ? v / alpha : 0;
}

/* One pixel's colours; `alpha` is 1 unless they are multiplied with it. */
static void convert_pixel(const struct th_tiff_meaning *m, const float *v, float alpha, uint8_t *to)
{
    float part[3];
    switch (m->model) {
    case TH_TIFF_GREY:
    case TH_TIFF_GREY_INVERTED:
        part[0] = unit(m, v[0]);
        if (m->model == TH_TIFF_GREY_INVERTED) part[0] = 1 - within(part[0]);
        to[0] = to_byte(divided(part[0], alpha));
        break;
    case TH_TIFF_RGB:
        for (unsigned k = 0; k < 3; k++) {
            part[k] = divided(unit(m, v[k]), alpha);
            to[k] = m->type == TH_TIFF_FLOAT ? encode(m, part[k]) : to_byte(part[k]);
        }
        break;
    case TH_TIFF_PALETTE:
        for (unsigned k = 0; k < 3; k++)
            to[k] = (uint8_t)((m->palette[k][(uint32_t)v[0]] * 255u + m->palette_white / 2u) /
                              m->palette_white);
        break;
    case TH_TIFF_CMYK:
        for (unsigned k = 0; k < 4; k++)
            to[k] = to_byte(divided(unit(m, v[k]), alpha));
        break;
    case TH_TIFF_YCBCR:
        from_ycbcr(m, v, part);
        for (unsigned k = 0; k < 3; k++)
            to[k] = to_byte(part[k]);
        break;
    case TH_TIFF_CIELAB:
    case TH_TIFF_ICCLAB:
        lab_values(m, v, part);
        from_lab((const float[3]){part[0], part[1], part[2]}, part);
        for (unsigned k = 0; k < 3; k++)
            to[k] = encode(m, part[k]);
        break;
    }
}

void th_tiff_convert(const struct th_tiff_meaning *m, const float *numbers, size_t n, uint8_t *to)
{
    const uint32_t channels = th_tiff_channels(m->model), bands = th_tiff_bands(m->model);
    const bool has_alpha = m->alpha != TH_TIFF_OPAQUE;
    const size_t step = channels + has_alpha, to_step = bands + has_alpha;
    for (size_t i = 0; i < n; i++, numbers += step, to += to_step) {
        const float alpha = has_alpha ? within(unit(m, numbers[channels])) : 1;
        convert_pixel(m, numbers, m->alpha == TH_TIFF_PREMULTIPLIED ? alpha : 1, to);
        if (has_alpha) to[bands] = to_byte(alpha);
    }
}

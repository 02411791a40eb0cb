/* SPDX-License-Identifier: MIT */
#include "image/placeholder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum { BRIGHTNESS, YELLOW_BLUE, RED_GREEN, ALPHA, N_CHANNELS };
enum { MOST_WAVES = 7, MOST_TERMS = 28 };
/* What is smaller comes from rounding: its sign, which would decide between 7 and 8, would differ
 * from machine to machine. */
#define NOISE 1e-9

/* ---- pixels ---------------------------------------------------------------------------------- */

struct colour {
    double r, g, b, a; /* 0 to 1 */
};

static struct colour pixel(const struct th_pixels *p, size_t i)
{
    const uint8_t *at = p->data + i * p->bands;
    const bool grey = p->bands < 3;
    return (struct colour){.r = at[0] / 255.0,
                           .g = at[grey ? 0 : 1] / 255.0,
                           .b = at[grey ? 0 : 2] / 255.0,
                           .a = th_pixels_has_alpha(p) ? at[p->bands - 1] / 255.0 : 1};
}

/* By how opaque they are; `a` is the sum of that. */
static struct colour average(const struct th_pixels *p)
{
    struct colour sum = {0};
    const size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++) {
        const struct colour c = pixel(p, i);
        sum.r += c.a * c.r;
        sum.g += c.a * c.g;
        sum.b += c.a * c.b;
        sum.a += c.a;
    }
    if (sum.a > 0) {
        sum.r /= sum.a;
        sum.g /= sum.a;
        sum.b /= sum.a;
    }
    return sum;
}

/* Four channels, one behind the other, of the picture laid on its own average. */
static void split(const struct th_pixels *p, const struct colour *under, double *channels)
{
    const size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++) {
        const struct colour c = pixel(p, i);
        const double r = under->r * (1 - c.a) + c.a * c.r, g = under->g * (1 - c.a) + c.a * c.g,
                     b = under->b * (1 - c.a) + c.a * c.b;
        channels[BRIGHTNESS * n + i] = (r + g + b) / 3;
        channels[YELLOW_BLUE * n + i] = (r + g) / 2 - b;
        channels[RED_GREEN * n + i] = r - g;
        channels[ALPHA * n + i] = c.a;
    }
}

/* ---- one channel ----------------------------------------------------------------------------- */

struct waves {
    double across[MOST_WAVES][TH_PLACEHOLDER_SIDE], down[MOST_WAVES][TH_PLACEHOLDER_SIDE];
};

static void make_waves(double waves[MOST_WAVES][TH_PLACEHOLDER_SIDE], uint32_t side)
{
    for (unsigned k = 0; k < MOST_WAVES; k++)
        for (uint32_t i = 0; i < side; i++)
            waves[k][i] = cos(M_PI / side * k * (i + 0.5));
}

struct terms {
    double mean, scale;
    double of[MOST_TERMS]; /* from 0 to 1 */
    unsigned n;
};

static double project(const double *channel, const double *across, const double *down,
                      uint32_t width, uint32_t height)
{
    double sum = 0;
    for (uint32_t y = 0; y < height; y++) {
        double row = 0;
        for (uint32_t x = 0; x < width; x++)
            row += channel[(size_t)y * width + x] * across[x];
        sum += row * down[y];
    }
    return sum / ((double)width * height);
}

/* The corner of low frequencies, `across` by `down` of them. */
static struct terms transform(const double *channel, const struct th_pixels *p,
                              const struct waves *waves, unsigned across, unsigned down)
{
    struct terms t = {0};
    for (unsigned y = 0; y < down; y++) {
        for (unsigned x = 0; x * down < across * (down - y); x++) {
            double f = project(channel, waves->across[x], waves->down[y], p->width, p->height);
            if (fabs(f) < NOISE) f = 0;
            if (x == 0 && y == 0) {
                t.mean = f;
            } else {
                t.of[t.n++] = f;
                t.scale = fmax(t.scale, fabs(f));
            }
        }
    }
    for (unsigned i = 0; i < t.n; i++)
        t.of[i] = t.scale > 0 ? 0.5 + 0.5 / t.scale * t.of[i] : 0;
    return t;
}

/* ---- the hash -------------------------------------------------------------------------------- */

static uint32_t to_whole(double value)
{
    return (uint32_t)floor(value + 0.5);
}

static unsigned waves_of(unsigned most, uint32_t side, uint32_t longer)
{
    const uint32_t n = to_whole((double)most * side / longer);
    return n < 1 ? 1 : n;
}

static unsigned at_least(unsigned n, unsigned least)
{
    return n < least ? least : n;
}

/* Terms in four bits each, the lower half of a byte first. */
static void add_terms(struct thumbs_placeholder *out, unsigned *n_halves, const struct terms *t)
{
    for (unsigned i = 0; i < t->n; i++, ++*n_halves) {
        const uint8_t half = (uint8_t)to_whole(15 * t->of[i]);
        if (*n_halves % 2)
            out->thumbhash[out->thumbhash_len - 1] |= (uint8_t)(half << 4);
        else
            out->thumbhash[out->thumbhash_len++] = half;
    }
}

static void add_byte(struct thumbs_placeholder *out, uint32_t byte)
{
    out->thumbhash[out->thumbhash_len++] = (uint8_t)byte;
}

static void write_hash(const struct th_pixels *p, const double *channels, bool alpha,
                       const struct waves *waves, struct thumbs_placeholder *out)
{
    const size_t n = (size_t)p->width * p->height;
    const uint32_t longer = p->width > p->height ? p->width : p->height;
    const unsigned most = alpha ? 5 : 7;
    const unsigned across = waves_of(most, p->width, longer),
                   down = waves_of(most, p->height, longer);
    const bool wide = p->width > p->height;
    const struct terms l =
        transform(channels + BRIGHTNESS * n, p, waves, at_least(across, 3), at_least(down, 3));
    const struct terms yb = transform(channels + YELLOW_BLUE * n, p, waves, 3, 3);
    const struct terms rg = transform(channels + RED_GREEN * n, p, waves, 3, 3);
    const uint32_t head = to_whole(63 * l.mean) | to_whole(31.5 + 31.5 * yb.mean) << 6 |
                          to_whole(31.5 + 31.5 * rg.mean) << 12 | to_whole(31 * l.scale) << 18 |
                          (uint32_t)alpha << 23;
    const uint32_t more = (wide ? down : across) | to_whole(63 * yb.scale) << 3 |
                          to_whole(63 * rg.scale) << 9 | (uint32_t)wide << 15;
    unsigned n_halves = 0;
    for (unsigned i = 0; i < 3; i++)
        add_byte(out, head >> 8 * i & 255);
    add_byte(out, more & 255);
    add_byte(out, more >> 8);
    if (!alpha) {
        add_terms(out, &n_halves, &l);
        add_terms(out, &n_halves, &yb);
        add_terms(out, &n_halves, &rg);
        return;
    }
    const struct terms a = transform(channels + ALPHA * n, p, waves, 5, 5);
    add_byte(out, to_whole(15 * a.mean) | to_whole(15 * a.scale) << 4);
    add_terms(out, &n_halves, &l);
    add_terms(out, &n_halves, &yb);
    add_terms(out, &n_halves, &rg);
    add_terms(out, &n_halves, &a);
}

/* ---- the dominant colour --------------------------------------------------------------------- */

struct cube {
    uint64_t weight, sum[3];
};

static void find_dominant(const struct th_pixels *p, struct cube cubes[512],
                          struct thumbs_placeholder *out)
{
    const size_t n = (size_t)p->width * p->height;
    const struct cube *fullest = &cubes[0];
    for (size_t i = 0; i < n; i++) {
        const uint8_t *at = p->data + i * p->bands;
        const bool grey = p->bands < 3;
        const uint8_t rgb[3] = {at[0], at[grey ? 0 : 1], at[grey ? 0 : 2]};
        const uint64_t weight = th_pixels_has_alpha(p) ? at[p->bands - 1] : 255;
        struct cube *cube = &cubes[(rgb[0] >> 5) << 6 | (rgb[1] >> 5) << 3 | rgb[2] >> 5];
        cube->weight += weight;
        for (unsigned k = 0; k < 3; k++)
            cube->sum[k] += weight * rgb[k];
    }
    for (unsigned i = 1; i < 512; i++)
        if (cubes[i].weight > fullest->weight) fullest = &cubes[i];
    out->has_dominant = fullest->weight > 0;
    for (unsigned k = 0; k < 3 && out->has_dominant; k++)
        out->dominant[k] = (uint8_t)((fullest->sum[k] + fullest->weight / 2) / fullest->weight);
}

bool th_placeholder_make(const struct th_pixels *p, struct thumbs_placeholder *out)
{
    struct thumbs_placeholder made = {0};
    const size_t n = (size_t)p->width * p->height;
    struct waves *waves = th_alloc(sizeof *waves);
    struct cube *cubes = th_calloc(512, sizeof *cubes);
    double *channels = th_alloc(N_CHANNELS * n * sizeof *channels);
    const bool ok = waves && cubes && channels && p->width <= TH_PLACEHOLDER_SIDE &&
                    p->height <= TH_PLACEHOLDER_SIDE;
    if (ok) {
        const struct colour under = average(p);
        make_waves(waves->across, p->width);
        make_waves(waves->down, p->height);
        split(p, &under, channels);
        write_hash(p, channels, !th_pixels_is_opaque(p), waves, &made);
        find_dominant(p, cubes, &made);
        *out = made;
    }
    free(waves);
    free(cubes);
    free(channels);
    return ok;
}

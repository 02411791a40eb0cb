/* SPDX-License-Identifier: MIT */
/*
 * Synthetic photographs: each scene is a function from a point to linear light, made of fractal
 * noise, soft edges and discs; a simple camera then adds lens softness, falling light, a tone curve
 * and grain. Their spectrum is close to that of real photographs, which is what a thumbnailer's
 * time and quality depend on.
 *
 * Scene coordinates: y from 0 (top) to 1 (bottom), x from 0 (left) to the ratio of width to height.
 */
#include "generate.h"

#include <math.h>
#include <stdlib.h>

/* ---- noise ---- */

/* A well-mixed number for a lattice point. */
static uint32_t hash(uint32_t seed, int x, int y)
{
    uint32_t h = seed * 0x9E3779B1u ^ (uint32_t)x * 0x85EBCA77u ^ (uint32_t)y * 0xC2B2AE3Du;

    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    h = (h ^ h >> 12) * 0x297A2D39u;
    return h ^ h >> 15;
}

/* From 0 to 1. */
static double chance(uint32_t seed, int x, int y)
{
    return hash(seed, x, y) * (1.0 / 4294967295.0);
}

/* Smooth noise from -1 to 1 that changes over a distance of about 1. */
static double noise(uint32_t seed, double x, double y)
{
    double floor_x = floor(x), floor_y = floor(y), u = x - floor_x, v = y - floor_y;
    int i = (int)floor_x, j = (int)floor_y;
    double top, bottom;

    u = u * u * u * (u * (u * 6.0 - 15.0) + 10.0);
    v = v * v * v * (v * (v * 6.0 - 15.0) + 10.0);
    top = chance(seed, i, j) * (1.0 - u) + chance(seed, i + 1, j) * u;
    bottom = chance(seed, i, j + 1) * (1.0 - u) + chance(seed, i + 1, j + 1) * u;
    return 2.0 * (top * (1.0 - v) + bottom * v) - 1.0;
}

/* Noise over many scales. `gain` below 0.5 is smooth, above is rough. Octaves are turned, to hide
 * the lattice. */
static double fractal(uint32_t seed, double x, double y, int n_octaves, double gain)
{
    double sum = 0.0, weight = 1.0, total = 0.0;

    for (int i = 0; i < n_octaves; i++) {
        double turned_x = 1.6 * x - 1.2 * y + 7.3;

        sum += weight * noise(seed + (uint32_t)i, x, y);
        total += weight;
        weight *= gain;
        y = 1.2 * x + 1.6 * y + 3.1;
        x = turned_x;
    }
    return sum / total;
}

/* How a fractal surface is lit from the upper left, about -1 to 1. */
static double relief(uint32_t seed, double x, double y, int n_octaves, double gain)
{
    double step = 0.12;
    double here = fractal(seed, x, y, n_octaves, gain);
    double there = fractal(seed, x - step, y - step, n_octaves, gain);

    return fmax(-1.0, fmin(1.0, 4.0 * (here - there)));
}

/* ---- colours in linear light ---- */

static struct gen_colour colour(double r, double g, double b)
{
    return (struct gen_colour){(float)r, (float)g, (float)b, 1.0f};
}

static struct gen_colour mix(struct gen_colour from, struct gen_colour to, double t)
{
    float k = (float)fmax(0.0, fmin(1.0, t));

    return (struct gen_colour){from.r + k * (to.r - from.r), from.g + k * (to.g - from.g),
                               from.b + k * (to.b - from.b), 1.0f};
}

static struct gen_colour scale(struct gen_colour c, double factor)
{
    float k = (float)fmax(0.0, factor);

    return (struct gen_colour){c.r * k, c.g * k, c.b * k, 1.0f};
}

static struct gen_colour add(struct gen_colour a, struct gen_colour b)
{
    return (struct gen_colour){a.r + b.r, a.g + b.g, a.b + b.b, 1.0f};
}

/* 0 before `low`, 1 after `high`, smooth between; it falls instead where `low` is the greater. */
static double step(double low, double high, double value)
{
    double t = fmax(0.0, fmin(1.0, (value - low) / (high - low)));

    return t * t * (3.0 - 2.0 * t);
}

/* An edge as soft as a lens makes it. */
static double edge(double signed_distance)
{
    return step(-0.0008, 0.0008, signed_distance);
}

/* ---- parts that several scenes use ---- */

/* A range of hills: what is below its skyline covers what was there. */
struct range {
    uint32_t seed;
    double level;     /* mean height of the skyline */
    double amplitude; /* how far it goes up and down */
    double frequency;
    double roughness; /* gain of the fractal */
    struct gen_colour lit, shade;
    double detail; /* frequency of the surface */
};

static double skyline(const struct range *range, double x)
{
    return range->level +
           range->amplitude * fractal(range->seed, x * range->frequency, 0.5, 9, range->roughness);
}

static struct gen_colour over_range(struct gen_colour behind, const struct range *range, double x,
                                    double y)
{
    double depth = y - skyline(range, x), light;

    if (depth < -0.001) return behind;
    light = 0.5 +
            0.5 * relief(range->seed + 50, x * range->detail, (y + depth) * range->detail, 6, 0.55);
    return mix(behind, mix(range->shade, range->lit, light), edge(depth));
}

/* Clouds of a density from 0 to 1. */
static double clouds(uint32_t seed, double x, double y, double cover)
{
    double warp = 0.6 * fractal(seed + 20, x, y, 4, 0.5);

    return step(0.35 - cover, 0.75 - cover, fractal(seed, x + warp, y - warp, 7, 0.5));
}

static struct gen_colour sky(double y, struct gen_colour zenith, struct gen_colour horizon,
                             double horizon_y)
{
    return mix(zenith, horizon, pow(fmax(0.0, y / horizon_y), 1.4));
}

/* A soft disc of light in some cells of a grid; what the nine cells around give is added up. */
struct discs {
    uint32_t seed;
    double cell;     /* side of a grid cell */
    double radius;   /* of the largest disc */
    double softness; /* width of the rim, as a share of the radius */
    double share;    /* of the cells that have one */
};

static struct gen_colour disc_light(const struct discs *discs, double x, double y,
                                    struct gen_colour one, struct gen_colour other)
{
    struct gen_colour sum = {0};
    int column = (int)floor(x / discs->cell), row = (int)floor(y / discs->cell);

    for (int i = 0; i < 9; i++) {
        int c = column + i % 3 - 1, r = row + i / 3 - 1;
        double centre_x = (c + chance(discs->seed + 1, c, r)) * discs->cell;
        double centre_y = (r + chance(discs->seed + 2, c, r)) * discs->cell;
        double radius = discs->radius * (0.5 + 0.5 * chance(discs->seed + 3, c, r));
        double distance = hypot(x - centre_x, y - centre_y) / radius;
        struct gen_colour light = mix(one, other, chance(discs->seed + 4, c, r));

        if (chance(discs->seed, c, r) > discs->share) continue;
        sum = add(sum, scale(light, (1.0 - step(1.0 - discs->softness, 1.0, distance)) *
                                        (0.7 + 0.3 * distance)));
    }
    return sum;
}

/* ---- the scenes ---- */

static struct gen_colour mountains_at_dawn(double x, double y)
{
    struct gen_colour c = sky(y, colour(0.05, 0.12, 0.32), colour(0.95, 0.50, 0.26), 0.62);
    double sun = hypot(x - 1.02, y - 0.46);
    struct range range;

    c = mix(c, colour(0.95, 0.62, 0.50), 0.6 * clouds(11, x * 1.2, y * 7.0, 0.22) * (1.0 - y));
    c = add(c, scale(colour(1.6, 0.9, 0.4), exp(-sun * sun * 30.0)));
    for (int i = 0; i < 5; i++) {
        double near = i / 4.0;

        range = (struct range){
            .seed = 100 + (uint32_t)i * 17,
            .level = 0.50 + 0.10 * i,
            .amplitude = 0.10 + 0.05 * near,
            .frequency = 2.2 - 0.2 * i,
            .roughness = 0.48,
            .lit = mix(colour(0.62, 0.38, 0.30), colour(0.10, 0.12, 0.09), sqrt(near)),
            .shade = mix(colour(0.50, 0.32, 0.30), colour(0.012, 0.018, 0.022), sqrt(near)),
            .detail = 5.0 + 3.0 * i};
        c = over_range(c, &range, x, y);
    }
    return c;
}

/* What stands above the lake, for itself and for its reflection. */
static struct gen_colour lake_shore(double x, double y)
{
    static const struct range far = {
        300, 0.34, 0.17, 1.7, 0.5, {0.75f, 0.76f, 0.80f, 1}, {0.16f, 0.20f, 0.27f, 1}, 7.0};
    static const struct range mid = {
        340, 0.43, 0.07, 2.5, 0.5, {0.13f, 0.19f, 0.10f, 1}, {0.02f, 0.05f, 0.04f, 1}, 16.0};
    static const struct range near = {
        380, 0.485, 0.03, 9.0, 0.7, {0.05f, 0.09f, 0.03f, 1}, {0.006f, 0.014f, 0.01f, 1}, 30.0};
    struct gen_colour c = sky(y, colour(0.10, 0.28, 0.68), colour(0.55, 0.72, 0.90), 0.5);

    c = mix(c, colour(1.0, 0.98, 0.96), 0.85 * clouds(31, x * 1.8, y * 4.0, 0.12));
    c = over_range(c, &far, x, y);
    c = over_range(c, &mid, x, y);
    return over_range(c, &near, x, y);
}

static struct gen_colour mountain_lake(double x, double y)
{
    double shore = 0.53, depth = y - shore, ripple;
    struct gen_colour mirrored;

    if (depth < 0.0) return lake_shore(x, y);
    ripple = depth * fractal(35, x * 9.0, 6.0 / (depth + 0.04), 4, 0.5);
    mirrored = lake_shore(x + 0.05 * ripple, shore - 0.95 * depth + 0.10 * ripple);
    return mix(scale(mirrored, 0.75), colour(0.02, 0.07, 0.09), 0.25 + 0.5 * depth);
}

static struct gen_colour dunes(double x, double y)
{
    struct gen_colour c = sky(y, colour(0.16, 0.36, 0.78), colour(0.78, 0.80, 0.82), 0.4);

    for (int i = 0; i < 5; i++) {
        double level = 0.34 + 0.035 * i + 0.028 * i * i, wide = 2.6 - 0.42 * i;
        double top =
            level + (0.03 + 0.022 * i) * fractal(400 + (uint32_t)i * 9, x * wide, 0.0, 3, 0.35);
        double depth = y - top, bend = 0.10 * noise(450 + (uint32_t)i, x * 3.0, y * 3.0);
        double slope = noise(480 + (uint32_t)i, x * wide * 0.9 + depth * 2.2 + bend, 0.3);
        double ripples =
            sin(240.0 / (1.0 + 0.5 * i) * (depth + 0.35 * x + 0.12 * noise(470, x * 5.0, y * 9.0)));
        double light = 0.35 + 0.65 * step(-0.05, 0.03, slope) + 0.035 * i * ripples;
        struct gen_colour sand = mix(colour(0.70, 0.52, 0.36), colour(0.80, 0.42, 0.18), i / 4.0);

        light += 0.04 * fractal(460, x * 220.0, y * 220.0, 2, 0.6);
        c = mix(c, mix(colour(0.12, 0.07, 0.08), sand, light), edge(depth));
    }
    return c;
}

/* One row of tree trunks; `near` from 0 to 1. */
static struct gen_colour over_trunks(struct gen_colour behind, double x, double y, uint32_t seed,
                                     double near)
{
    double cell = 0.06 + 0.16 * near;
    int column = (int)floor(x / cell);
    double lean = 0.04 * (chance(seed + 1, column, 0) - 0.5) * (y - 0.5);
    double centre = (column + 0.3 + 0.4 * chance(seed, column, 0)) * cell + lean +
                    0.004 * noise(seed + 2, y * 6.0, column);
    double half = cell * (0.07 + 0.10 * chance(seed + 3, column, 0)), side = (x - centre) / half;
    double bark = relief(seed + 5, x * 90.0, y * 14.0, 4, 0.6);
    double foot = 0.70 + 0.22 * near + 0.02 * noise(seed + 6, column, 1.0);
    struct gen_colour trunk =
        mix(colour(0.30, 0.36, 0.24), colour(0.05, 0.035, 0.02), 0.25 + 0.75 * near);

    if (chance(seed + 7, column, 0) < 0.25) return behind;
    trunk = scale(trunk, (1.0 + 0.5 * bark * near) * (1.0 - 0.45 * side));
    return mix(behind, trunk, edge((1.0 - fabs(side)) * half) * step(foot + 0.01, foot, y));
}

static struct gen_colour forest(double x, double y)
{
    double glade = hypot((x - 0.36) * 1.3, y - 0.44);
    double leaves = fractal(520, x * 7.0, y * 7.0, 7, 0.62);
    struct gen_colour c =
        mix(colour(0.95, 0.98, 0.62), colour(0.10, 0.20, 0.05), glade * 1.8 + 0.4 * leaves);
    double ground = y - 0.72 - 0.03 * noise(530, x * 4.0, 0.0), light;
    struct gen_colour soil;

    for (int i = 0; i < 4; i++)
        c = over_trunks(c, x, y, 540 + (uint32_t)i * 13, i / 3.0);
    soil = mix(colour(0.05, 0.06, 0.015), colour(0.26, 0.17, 0.06),
               0.5 + 0.5 * relief(550, x * 24.0, y * 40.0, 5, 0.6));
    soil = mix(soil, colour(0.55, 0.52, 0.20),
               0.6 * step(0.0, 0.5, fractal(555, x * 3.0, y * 9.0, 4, 0.5)));
    c = mix(c, soil, step(0.0, 0.05, ground + 0.02 * leaves));
    leaves = fractal(560, x * 12.0, y * 12.0, 6, 0.65) + 0.9 * (0.26 - y);
    light = 0.5 + 0.5 * relief(570, x * 26.0, y * 26.0, 4, 0.55);
    return mix(c, mix(colour(0.03, 0.09, 0.015), colour(0.30, 0.44, 0.06), light),
               step(0.12, 0.17, leaves));
}

static struct gen_colour city_at_night(double x, double y)
{
    static const struct discs far = {600, 0.05, 0.022, 0.10, 0.55};
    static const struct discs mid = {620, 0.12, 0.055, 0.08, 0.45};
    static const struct discs near = {640, 0.30, 0.120, 0.06, 0.35};
    struct gen_colour c = mix(colour(0.010, 0.014, 0.040), colour(0.045, 0.024, 0.030), y);
    double band = exp(-pow((y - 0.55) / 0.20, 2.0));
    double wet = step(0.75, 0.80, y);

    c = add(c, scale(disc_light(&far, x, y, colour(1.0, 0.55, 0.16), colour(0.9, 0.85, 0.7)),
                     0.55 * band));
    c = add(c, scale(disc_light(&mid, x, y, colour(0.9, 0.38, 0.08), colour(0.12, 0.5, 0.9)),
                     0.30 * band));
    c = add(
        c, scale(disc_light(&near, x, y, colour(0.9, 0.10, 0.06), colour(0.95, 0.65, 0.25)), 0.14));
    c = add(c, scale(disc_light(&mid, x, 1.55 - y + 0.02 * noise(650, x * 40.0, y * 8.0),
                                colour(0.9, 0.38, 0.08), colour(0.12, 0.5, 0.9)),
                     0.10 * wet));
    return c;
}

static struct gen_colour sea_at_sunset(double x, double y)
{
    double horizon = 0.47, depth = y - horizon, sun = hypot(x - 0.62, y - 0.40), wave, path;
    struct gen_colour c = sky(y, colour(0.10, 0.10, 0.30), colour(1.0, 0.42, 0.12), horizon);

    c = mix(c, colour(0.36, 0.12, 0.14),
            0.8 * clouds(71, x * 1.4, y * 8.0, 0.20) * step(0.46, 0.2, y));
    c = add(c, scale(colour(1.3, 0.7, 0.25), exp(-sun * 7.0)));
    c = mix(c, colour(2.5, 1.9, 1.1), step(0.036, 0.034, sun));
    if (depth < 0.0) return c;
    wave = fractal(75, x * 1.6 / (depth + 0.03), 2.4 * log(depth + 0.012) * 6.0, 5, 0.55);
    path = exp(-pow((x - 0.62) / (0.05 + 0.35 * depth), 2.0));
    c = mix(colour(0.42, 0.20, 0.15), colour(0.015, 0.035, 0.07), pow(depth * 1.9, 0.6));
    c = scale(c, 1.0 + 0.8 * wave);
    c = add(c, scale(colour(1.9, 0.95, 0.34), path * step(0.05, 0.45, wave + 0.25 * path)));
    return c;
}

static struct gen_colour flower_meadow(double x, double y)
{
    static const struct discs back = {810, 0.09, 0.030, 0.60, 0.50};
    static const struct discs front = {830, 0.16, 0.040, 0.06, 0.60};
    double blades, sharp = step(0.35, 0.75, y);
    struct gen_colour c = mix(colour(0.50, 0.62, 0.40), colour(0.14, 0.26, 0.05), y * 1.5), petals;

    c = scale(c, 1.0 + 0.6 * fractal(820, x * 3.0, y * 3.0, 3, 0.45));
    c = add(c, scale(disc_light(&back, x, y, colour(0.9, 0.25, 0.40), colour(0.95, 0.80, 0.20)),
                     0.35 * (1.0 - sharp)));
    blades = fractal(840, x * 42.0 + 3.0 * noise(841, x * 4.0, y * 4.0), y * 5.0, 4, 0.6);
    c = mix(c, mix(colour(0.015, 0.045, 0.01), colour(0.34, 0.50, 0.10), 0.5 + 0.8 * blades),
            sharp);
    petals = disc_light(&front, x + 0.004 * noise(850, x * 60.0, y * 60.0), y,
                        colour(0.95, 0.08, 0.10), colour(0.95, 0.72, 0.86));
    return mix(c, scale(petals, 0.8 + 0.25 * noise(860, x * 50.0, y * 50.0)),
               sharp * fmin(1.0, 1.5 * petals.r));
}

/* How far a point is inside a box, negative outside. */
static double inside(double x, double y, double left, double top, double right, double bottom)
{
    return fmin(fmin(x - left, right - x), fmin(y - top, bottom - y));
}

static struct gen_colour brick(double x, double y)
{
    double height = 0.038, width = 0.12;
    int row = (int)floor(y / height);
    double shifted = x + (row & 1) * width / 2.0;
    int column = (int)floor(shifted / width);
    double in_x = shifted - column * width, in_y = y - row * height;
    double inner = inside(in_x, in_y, 0.004, 0.004, width - 0.004, height - 0.004) +
                   0.0012 * noise(910, x * 90.0, y * 90.0);
    struct gen_colour fired =
        mix(colour(0.36, 0.10, 0.05), colour(0.52, 0.24, 0.14), chance(900, column, row));
    double rough = relief(920, x * 70.0, y * 70.0, 4, 0.6);

    fired = scale(fired, 0.75 + 0.4 * chance(901, column, row) + 0.18 * rough);
    return mix(scale(colour(0.50, 0.47, 0.42), 0.9 + 0.12 * rough), fired,
               step(-0.001, 0.002, inner));
}

static struct gen_colour brick_wall(double x, double y)
{
    struct gen_colour c = brick(x, y), glass;
    double frame = inside(x, y, 0.46, 0.20, 0.92, 0.80), pane, shadow;
    double half_x = fabs(x - 0.69), half_y = fabs(y - 0.46);

    pane = fmin(inside(x, y, 0.485, 0.225, 0.895, 0.775), fmin(half_x, half_y) - 0.008);
    glass = mix(colour(0.10, 0.17, 0.28), colour(0.55, 0.65, 0.75),
                clouds(930, x * 3.0, y * 3.0, 0.25));
    glass = mix(glass, colour(0.01, 0.012, 0.014),
                step(-0.02, 0.02, y - 0.52 - 0.06 * fractal(940, x * 9.0, 0.0, 5, 0.6)));
    c = mix(c, colour(0.78, 0.77, 0.72), edge(frame));
    c = mix(c, glass, edge(pane));
    c = mix(c, scale(colour(0.42, 0.40, 0.38), 1.0 + 0.1 * noise(950, x * 60.0, y * 60.0)),
            edge(inside(x, y, 0.43, 0.80, 0.95, 0.835)));
    shadow = step(-0.01, 0.01, 0.55 * x + 0.12 - y);
    return scale(c, 1.0 - 0.62 * shadow);
}

/* Pine trees along a line; each is a jagged triangle. */
static struct gen_colour over_pines(struct gen_colour behind, double x, double y,
                                    const struct range *ground, double size)
{
    struct gen_colour c = behind;
    int column = (int)floor(x / (0.35 * size));

    for (int i = column - 2; i <= column + 2; i++) {
        double centre = (i + chance(ground->seed + 1, i, 0)) * 0.35 * size,
               height = size * (0.6 + 0.7 * chance(ground->seed + 2, i, 0));
        double foot = skyline(ground, centre) + 0.02, down = (y - foot + height) / height;
        double jag = 0.75 + 0.25 * fabs(fmod(down * 9.0, 1.0)) +
                     0.35 * fractal(ground->seed + 3, x * 60.0, y * 60.0, 3, 0.6);
        double reach = 0.20 * height * down * jag - fabs(x - centre);

        if (down < 0.0 || down > 1.0) continue;
        c = mix(c,
                mix(colour(0.010, 0.022, 0.020), colour(0.55, 0.60, 0.66),
                    step(0.25, 0.7, fractal(ground->seed + 4, x * 45.0, y * 60.0, 4, 0.6))),
                edge(reach));
    }
    return c;
}

static struct gen_colour snowy_hills(double x, double y)
{
    static const struct range hills[3] = {
        {1010, 0.42, 0.10, 1.5, 0.45, {0.75f, 0.80f, 0.90f, 1}, {0.42f, 0.50f, 0.66f, 1}, 5.0},
        {1040, 0.58, 0.08, 1.2, 0.38, {0.85f, 0.87f, 0.92f, 1}, {0.45f, 0.54f, 0.72f, 1}, 3.0},
        {1070, 0.78, 0.09, 0.9, 0.32, {0.95f, 0.93f, 0.92f, 1}, {0.50f, 0.58f, 0.76f, 1}, 2.0},
    };
    struct gen_colour c = sky(y, colour(0.20, 0.38, 0.72), colour(0.86, 0.80, 0.78), 0.5);

    c = mix(c, colour(0.95, 0.95, 0.97), 0.7 * clouds(1001, x * 1.2, y * 5.0, 0.15));
    for (int i = 0; i < 3; i++) {
        c = over_range(c, &hills[i], x, y);
        if (i < 2) c = over_pines(c, x, y, &hills[i], 0.07 + 0.11 * i);
    }
    return c;
}

static struct gen_colour clouds_from_above(double x, double y)
{
    double squeeze = 1.0 / (0.25 + y), far_x = (x - 0.75) * squeeze * 1.6, far_y = 3.2 * squeeze;
    double cover = clouds(1101, far_x, far_y, 0.30);
    double light = 0.70 + 0.35 * relief(1101, far_x + 0.3, far_y, 6, 0.5);
    struct gen_colour sea = mix(colour(0.04, 0.12, 0.26), colour(0.20, 0.34, 0.52), 1.0 - y);
    struct gen_colour c = mix(sea, scale(colour(1.0, 0.97, 0.94), light), cover);

    c = mix(c, colour(0.66, 0.76, 0.90), exp(-(y - 0.18) * 5.0));
    return y < 0.18 ? sky(y, colour(0.06, 0.17, 0.50), colour(0.66, 0.76, 0.90), 0.18) : c;
}

/* A ball lit from the upper left, with its shadow on the table. */
static struct gen_colour over_ball(struct gen_colour behind, double x, double y, double centre_x,
                                   double centre_y, double radius, struct gen_colour paint,
                                   uint32_t seed)
{
    double u = (x - centre_x) / radius, v = (y - centre_y) / radius, square = u * u + v * v, w,
           diffuse, shine, skin;
    double ground = hypot((x - centre_x - 0.5 * radius) / (1.5 * radius),
                          (y - centre_y - 0.95 * radius) / (0.3 * radius));
    struct gen_colour c = scale(behind, 1.0 - 0.75 * step(1.0, 0.2, ground)), ball;

    if (square > 1.02) return c;
    w = sqrt(fmax(0.0, 1.0 - square));
    diffuse = fmax(0.0, -0.50 * u - 0.62 * v + 0.60 * w);
    shine = pow(fmax(0.0, -0.32 * u - 0.40 * v + 0.86 * w), 60.0);
    skin = 1.0 + 0.30 * fractal(seed, u * 3.0 + 2.0 * w, v * 3.0, 6, 0.55);
    ball = add(scale(paint, (0.10 + 0.95 * diffuse) * skin),
               scale(colour(1.0, 0.97, 0.9), 0.5 * shine));
    return mix(c, ball, edge((1.0 - sqrt(square)) * radius));
}

static struct gen_colour fruit_on_a_table(double x, double y)
{
    double grain = fractal(1210, x * 2.2, y * 30.0 + 1.5 * noise(1211, x * 2.0, y * 4.0), 5, 0.55);
    double plank = fabs(fmod(y * 7.0 + 0.3, 1.0) - 0.5);
    struct gen_colour wall =
        mix(colour(0.34, 0.33, 0.30), colour(0.12, 0.12, 0.13), hypot(x - 0.3, y - 0.2));
    struct gen_colour wood =
        mix(colour(0.16, 0.07, 0.03), colour(0.52, 0.30, 0.14), 0.5 + 0.7 * grain);
    struct gen_colour c =
        mix(wall, scale(wood, step(0.0, 0.02, 0.495 - plank) * 0.8 + 0.2), step(0.55, 0.553, y));

    c = over_ball(c, x, y, 0.36, 0.58, 0.19, colour(0.55, 0.05, 0.03), 1220);
    c = over_ball(c, x, y, 1.02, 0.60, 0.16, colour(0.80, 0.36, 0.04), 1230);
    c = over_ball(c, x, y, 0.72, 0.68, 0.17, colour(0.34, 0.48, 0.07), 1240);
    return over_ball(c, x, y, 1.18, 0.78, 0.09, colour(0.16, 0.03, 0.14), 1250);
}

/* Fallen leaves: cells around scattered points, with a border where two meet. */
static struct gen_colour autumn_leaves(double x, double y)
{
    double u = x * 11.0 + 0.25 * noise(1301, x * 25.0, y * 25.0),
           v = y * 11.0 + 0.25 * noise(1302, x * 25.0, y * 25.0);
    int column = (int)floor(u), row = (int)floor(v), best_c = 0, best_r = 0;
    double first = 9.0, second = 9.0, turn, vein, light;
    struct gen_colour leaf;

    for (int i = 0; i < 9; i++) {
        int c = column + i % 3 - 1, r = row + i / 3 - 1;
        double distance = hypot(c + chance(1310, c, r) - u, r + chance(1311, c, r) - v);

        if (distance < first) {
            second = first;
            first = distance;
            best_c = c;
            best_r = r;
        } else if (distance < second) {
            second = distance;
        }
    }
    turn = 6.28 * chance(1312, best_c, best_r);
    u -= best_c + chance(1310, best_c, best_r);
    v -= best_r + chance(1311, best_c, best_r);
    vein = fabs(cos(turn) * u + sin(turn) * v);
    light = 0.6 + 0.5 * chance(1313, best_c, best_r) + 0.5 * (cos(turn) * v - sin(turn) * u);
    light *= 1.0 + 0.2 * relief(1320, x * 30.0, y * 30.0, 5, 0.55);
    leaf = mix(colour(0.62, 0.12, 0.02), colour(0.80, 0.50, 0.06), chance(1314, best_c, best_r));
    leaf = mix(leaf, colour(0.20, 0.11, 0.05), step(0.6, 1.0, chance(1315, best_c, best_r)));
    leaf = mix(leaf, scale(leaf, 1.5), step(0.035, 0.01, vein));
    return scale(mix(colour(0.01, 0.008, 0.006), leaf, step(0.02, 0.16, second - first)), light);
}

/* ---- the camera ---- */

/* Linear light to an encoded value: highlights bend over gently as on film, the curve of sRGB, and
 * some contrast. */
static float develop(double light)
{
    double v = 1.0 - exp(-1.6 * fmax(0.0, light));

    v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1.0 / 2.4) - 0.055;
    return (float)(0.5 * v + 0.5 * step(0.0, 1.0, v));
}

/* A fine, nearly Gaussian grain, the same for all channels. */
static float grain(int x, int y)
{
    double sum = chance(1, x, y) + chance(2, x, y) + chance(3, x, y) + chance(4, x, y) - 2.0;

    return (float)(0.012 * sum);
}

/* Mean of a pixel and its neighbours with weights 1 2 1, along x or y (`stride` in pixels); the
 * ends stay. */
static void soften(struct gen_colour *pixels, size_t stride, int n)
{
    struct gen_colour before = pixels[0];

    for (int i = 1; i + 1 < n; i++) {
        struct gen_colour *here = &pixels[(size_t)i * stride], now = *here, after = here[stride];

        here->r = 0.25f * before.r + 0.5f * now.r + 0.25f * after.r;
        here->g = 0.25f * before.g + 0.5f * now.g + 0.25f * after.g;
        here->b = 0.25f * before.b + 0.5f * now.b + 0.25f * after.b;
        before = now;
    }
}

struct gen_picture gen_photo_render(const struct gen_photo *photo)
{
    int width = photo->width_px, height = photo->height_px;
    struct gen_picture picture = gen_picture_make(width, height);
    struct gen_colour *pixel = picture.pixels;
    double pixel_size = 1.0 / height, centre_x = 0.5 * width / height;

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double at_x = (x + 0.5) * pixel_size, at_y = (y + 0.5) * pixel_size;
            double off_axis = hypot(at_x - centre_x, at_y - 0.5) / hypot(centre_x, 0.5);

            *pixel++ = scale(photo->scene(at_x, at_y), 1.0 - 0.35 * off_axis * off_axis);
        }
    }
    for (int y = 0; y < height; y++)
        soften(picture.pixels + (size_t)y * (size_t)width, 1, width);
    for (int x = 0; x < width; x++)
        soften(picture.pixels + x, (size_t)width, height);

    pixel = picture.pixels;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, pixel++) {
            float speck = grain(x, y);

            *pixel = (struct gen_colour){develop(pixel->r) + speck, develop(pixel->g) + speck,
                                         develop(pixel->b) + speck, 1.0f};
        }
    }
    return picture;
}

/* ---- the album ---- */

const struct gen_photo gen_photos[] = {
    {"mountains-at-dawn", 2000, 1333, 1, false, mountains_at_dawn},
    {"mountain-lake", 1800, 1200, 1, false, mountain_lake},
    {"dunes", 2000, 1333, 1, true, dunes},
    {"forest", 1200, 1600, 6, false, forest},
    {"city-at-night", 2100, 1400, 1, false, city_at_night},
    {"sea-at-sunset", 2000, 1500, 1, false, sea_at_sunset},
    {"flower-meadow", 1800, 1350, 3, false, flower_meadow},
    {"brick-wall", 1600, 1200, 1, false, brick_wall},
    {"snowy-hills", 1600, 1200, 1, true, snowy_hills},
    {"clouds-from-above", 2400, 1600, 1, false, clouds_from_above},
    {"fruit-on-a-table", 2000, 1333, 1, false, fruit_on_a_table},
    {"autumn-leaves", 1200, 1600, 8, false, autumn_leaves},
};
const size_t gen_n_photos = sizeof gen_photos / sizeof gen_photos[0];

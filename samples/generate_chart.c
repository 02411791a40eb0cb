/* SPDX-License-Identifier: MIT */
/* Pictures in memory, and the test chart that most samples show. */
#include "generate.h"

#include <math.h>
#include <stdlib.h>

struct gen_picture gen_picture_make(int width_px, int height_px)
{
    struct gen_picture picture = {.width_px = width_px, .height_px = height_px};

    if (width_px < 1 || height_px < 1)
        gen_fatal("a picture of %d x %d pixels", width_px, height_px);
    picture.pixels = gen_alloc((size_t)width_px * (size_t)height_px, sizeof *picture.pixels);
    return picture;
}

void gen_picture_finish(struct gen_picture *picture)
{
    free(picture->pixels);
    *picture = (struct gen_picture){0};
}

void gen_picture_desaturate(struct gen_picture *picture)
{
    size_t n_pixels = (size_t)picture->width_px * (size_t)picture->height_px;

    for (size_t i = 0; i < n_pixels; i++) {
        struct gen_colour *pixel = &picture->pixels[i];

        pixel->r = pixel->g = pixel->b = gen_luma(*pixel);
    }
}

/* The upright pixel that stands at (x, y) of the stored picture; w and h are the upright size. */
static const struct gen_colour *upright_pixel(const struct gen_picture *upright, int orientation,
                                              int x, int y)
{
    int w = upright->width_px, h = upright->height_px;
    int from_x = x, from_y = y;

    switch (orientation) {
    case 2:
        from_x = w - 1 - x;
        break;
    case 3:
        from_x = w - 1 - x;
        from_y = h - 1 - y;
        break;
    case 4:
        from_y = h - 1 - y;
        break;
    case 5:
        from_x = y;
        from_y = x;
        break;
    case 6:
        from_x = w - 1 - y;
        from_y = x;
        break;
    case 7:
        from_x = w - 1 - y;
        from_y = h - 1 - x;
        break;
    case 8:
        from_x = y;
        from_y = h - 1 - x;
        break;
    default:
        break;
    }
    return &upright->pixels[(size_t)from_y * (size_t)w + (size_t)from_x];
}

struct gen_picture gen_picture_stored(const struct gen_picture *upright, int orientation)
{
    bool turned = orientation >= 5;
    struct gen_picture stored = gen_picture_make(turned ? upright->height_px : upright->width_px,
                                                 turned ? upright->width_px : upright->height_px);
    struct gen_colour *out = stored.pixels;

    for (int y = 0; y < stored.height_px; y++)
        for (int x = 0; x < stored.width_px; x++)
            *out++ = *upright_pixel(upright, orientation, x, y);
    return stored;
}

unsigned gen_quantise(float value, unsigned max)
{
    if (!(value > 0.0f)) return 0;
    if (value >= 1.0f) return max;
    return (unsigned)lround((double)value * max);
}

float gen_luma(struct gen_colour colour)
{
    return 0.299f * colour.r + 0.587f * colour.g + 0.114f * colour.b;
}

static bool inside_box(double x, double y, double left, double top, double right, double bottom)
{
    return x >= left && x < right && y >= top && y < bottom;
}

static bool inside_letter(double x, double y)
{
    return inside_box(x, y, 0.14, 0.14, 0.24, 0.74) || inside_box(x, y, 0.14, 0.14, 0.50, 0.27) ||
           inside_box(x, y, 0.14, 0.38, 0.42, 0.50);
}

/* Eight bars, from red to white, so that a swapped or lost channel shows. */
static struct gen_colour bar_colour(double x)
{
    static const struct gen_colour bars[] = {
        {0.85f, 0.10f, 0.10f, 1.0f}, {0.85f, 0.80f, 0.10f, 1.0f}, {0.10f, 0.65f, 0.15f, 1.0f},
        {0.10f, 0.70f, 0.75f, 1.0f}, {0.15f, 0.20f, 0.80f, 1.0f}, {0.75f, 0.15f, 0.70f, 1.0f},
        {0.00f, 0.00f, 0.00f, 1.0f}, {1.00f, 1.00f, 1.00f, 1.0f},
    };

    return bars[(int)(x * 8.0) & 7];
}

/* The opaque chart at one point; x and y from 0 to 1, from the top left. */
static struct gen_colour chart_at(double x, double y, double phase)
{
    double disc_x = 0.70 + 0.14 * cos(6.283185307179586 * phase);
    double disc_y = 0.42 + 0.20 * sin(6.283185307179586 * phase);
    struct gen_colour sky = {.r = (float)(0.95 - 0.55 * x),
                             .g = (float)(0.88 - 0.45 * y),
                             .b = (float)(0.60 + 0.35 * x)};

    sky.a = 1.0f;
    if (y >= 0.84) return bar_colour(x);
    if (inside_letter(x, y)) return (struct gen_colour){0.08f, 0.10f, 0.22f, 1.0f};
    if (hypot(x - disc_x, y - disc_y) < 0.10) return (struct gen_colour){0.92f, 0.38f, 0.10f, 1.0f};
    if (inside_box(x, y, 0.88, 0.04, 0.97, 0.16))
        return (struct gen_colour){0.10f, 0.45f, 0.30f, 1.0f};
    return sky;
}

/* A hole at the lower middle: empty in the middle, solid from 0.2 on, soft between. */
static double alpha_at(double x, double y)
{
    double distance = hypot(x - 0.62, y - 0.62);
    double t = (distance - 0.12) / 0.08;

    return t < 0.0 ? 0.0 : t > 1.0 ? 1.0 : t;
}

/* The mean of 4 x 4 points, for smooth edges. */
static struct gen_colour chart_pixel(double x, double y, double step_x, double step_y, double phase)
{
    enum { N = 4 };
    struct gen_colour sum = {0};

    for (int i = 0; i < N * N; i++) {
        struct gen_colour at =
            chart_at(x + step_x * (i % N + 0.5) / N, y + step_y * (i / N + 0.5) / N, phase);

        sum.r += at.r / (N * N);
        sum.g += at.g / (N * N);
        sum.b += at.b / (N * N);
    }
    sum.a = 1.0f;
    return sum;
}

struct gen_picture gen_chart(int width_px, int height_px, enum gen_alpha alpha, double phase)
{
    struct gen_picture picture = gen_picture_make(width_px, height_px);
    double step_x = 1.0 / width_px, step_y = 1.0 / height_px;
    struct gen_colour *pixel = picture.pixels;

    for (int i_y = 0; i_y < height_px; i_y++) {
        for (int i_x = 0; i_x < width_px; i_x++, pixel++) {
            *pixel = chart_pixel(i_x * step_x, i_y * step_y, step_x, step_y, phase);
            if (alpha == GEN_HOLES)
                pixel->a = (float)alpha_at((i_x + 0.5) * step_x, (i_y + 0.5) * step_y);
        }
    }
    return picture;
}

/* SPDX-License-Identifier: MIT */
/* Colours are gathered in cubes of 8 x 8 x 8; boxes of cubes are cut where their colours differ
 * most, until there are as many as a GIF has; errors are spread over the neighbours (Floyd and
 * Steinberg, 1976). Whole numbers throughout, so it comes out the same everywhere. */
#include "image/gif/gif_colours.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/palette.h"

#define BITS    5
#define SIDE    (1 << BITS)
#define N_CUBES (SIDE * SIDE * SIDE)
#define MOST    256

/* All pixels whose colour lies in one cube. */
struct cube {
    uint64_t n, sum[3];
};

/* Cubes order[first] to order[first + n - 1]. */
struct box {
    uint32_t first, n;
    uint64_t n_pixels, sum[3];
    double spread[3]; /* sum of squared distances from the mean, along each axis */
};

struct cutting {
    struct cube cubes[N_CUBES];
    uint16_t order[N_CUBES];
    struct box boxes[MOST];
    unsigned n_boxes;
    int16_t nearest[N_CUBES]; /* the colour of each cube, -1: not looked for yet */
};

static unsigned cube_of(int r, int g, int b)
{
    return (unsigned)(r >> (8 - BITS)) << (2 * BITS) | (unsigned)(g >> (8 - BITS)) << BITS |
           (unsigned)b >> (8 - BITS);
}

/* ---- cutting ---- */

static double mean_of(const struct cube *c, int axis)
{
    return (double)c->sum[axis] / (double)c->n;
}

static void measure(const struct cutting *c, struct box *box)
{
    box->n_pixels = 0;
    memset(box->sum, 0, sizeof box->sum);
    double squares[3] = {0};
    for (uint32_t i = 0; i < box->n; i++) {
        const struct cube *cube = &c->cubes[c->order[box->first + i]];
        box->n_pixels += cube->n;
        for (int k = 0; k < 3; k++) {
            box->sum[k] += cube->sum[k];
            squares[k] += (double)cube->sum[k] * mean_of(cube, k);
        }
    }
    for (int k = 0; k < 3; k++)
        box->spread[k] =
            squares[k] - (double)box->sum[k] * (double)box->sum[k] / (double)box->n_pixels;
}

static int widest_axis(const struct box *box)
{
    int axis = 0;
    for (int k = 1; k < 3; k++)
        if (box->spread[k] > box->spread[axis]) axis = k;
    return axis;
}

/* Cubes below the mean to the front. Two cubes differ, or the spread would be nothing; so neither
 * part is empty. */
static bool cut(struct cutting *c, struct box *box)
{
    const int axis = widest_axis(box);
    const double mean = (double)box->sum[axis] / (double)box->n_pixels;
    uint16_t *order = c->order + box->first;
    uint32_t n = 0;
    for (uint32_t i = 0; i < box->n; i++) {
        if (mean_of(&c->cubes[order[i]], axis) > mean) continue;
        const uint16_t moved = order[i];
        order[i] = order[n];
        order[n++] = moved;
    }
    if (n == 0 || n == box->n) return false;
    struct box *rest = &c->boxes[c->n_boxes++];
    *rest = (struct box){.first = box->first + n, .n = box->n - n};
    box->n = n;
    measure(c, box);
    measure(c, rest);
    return true;
}

static struct box *worst(struct cutting *c)
{
    struct box *found = NULL;
    double most = 0.5;
    for (unsigned i = 0; i < c->n_boxes; i++) {
        const double spread = c->boxes[i].spread[widest_axis(&c->boxes[i])];
        if (c->boxes[i].n < 2 || spread <= most) continue;
        most = spread;
        found = &c->boxes[i];
    }
    return found;
}

static void gather(struct cutting *c, const struct th_pixels *p)
{
    const size_t n = (size_t)p->width * p->height;
    struct box all = {0};
    for (size_t i = 0; i < n; i++) {
        const uint8_t *pixel = p->data + 4 * i;
        if (!th_gif_is_shown(pixel)) continue;
        struct cube *cube = &c->cubes[cube_of(pixel[0], pixel[1], pixel[2])];
        cube->n++;
        for (int k = 0; k < 3; k++)
            cube->sum[k] += pixel[k];
    }
    for (uint32_t i = 0; i < N_CUBES; i++)
        if (c->cubes[i].n) c->order[all.n++] = (uint16_t)i;
    measure(c, &all);
    c->boxes[c->n_boxes++] = all;
}

static void choose(struct cutting *c, const struct th_pixels *p, struct th_gif_colours *out)
{
    const unsigned most = MOST - out->n;
    struct box *box;
    gather(c, p);
    while (c->n_boxes < most && (box = worst(c)) && cut(c, box))
        continue;
    for (unsigned i = 0; i < c->n_boxes; i++, out->n++)
        for (int k = 0; k < 3; k++)
            out->colours[out->n][k] =
                (uint8_t)((c->boxes[i].sum[k] + c->boxes[i].n_pixels / 2) / c->boxes[i].n_pixels);
}

/* ---- mapping ---- */

static uint8_t nearest_to(struct cutting *c, const struct th_gif_colours *out, const int want[3])
{
    const unsigned cube = cube_of(want[0], want[1], want[2]);
    if (c->nearest[cube] >= 0) return (uint8_t)c->nearest[cube];
    int least = INT32_MAX;
    for (unsigned i = out->transparent; i < out->n; i++) {
        int sum = 0;
        for (int k = 0; k < 3; k++) {
            const int middle = (want[k] >> (8 - BITS) << (8 - BITS)) + (1 << (7 - BITS));
            sum += (middle - out->colours[i][k]) * (middle - out->colours[i][k]);
        }
        if (sum >= least) continue;
        least = sum;
        c->nearest[cube] = (int16_t)i;
    }
    return (uint8_t)c->nearest[cube];
}

static int clamp(int v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* `errors` has two rows of (width + 2) * 3: what this row and the next have to make good, times
 * 16. */
static void dither_row(struct cutting *c, const struct th_gif_colours *out,
                       const struct th_pixels *p, uint32_t y, int16_t *now, int16_t *next)
{
    const uint8_t *from = p->data + (size_t)y * p->width * 4;
    uint8_t *to = out->places + (size_t)y * p->width;
    for (uint32_t x = 0; x < p->width; x++, from += 4) {
        int want[3];
        if (!th_gif_is_shown(from)) {
            to[x] = TH_GIF_TRANSPARENT;
            continue;
        }
        for (int k = 0; k < 3; k++)
            want[k] = clamp(from[k] + (now[3 * (x + 1) + (size_t)k] + 8) / 16);
        to[x] = nearest_to(c, out, want);
        for (int k = 0; k < 3; k++) {
            const int16_t error = (int16_t)(want[k] - out->colours[to[x]][k]);
            const size_t at = 3 * (size_t)(x + 1) + (size_t)k;
            now[at + 3] = (int16_t)(now[at + 3] + error * 7);
            next[at - 3] = (int16_t)(next[at - 3] + error * 3);
            next[at] = (int16_t)(next[at] + error * 5);
            next[at + 3] = (int16_t)(next[at + 3] + error);
        }
    }
}

static bool dither(struct cutting *c, const struct th_gif_colours *out, const struct th_pixels *p)
{
    const size_t row = ((size_t)p->width + 2) * 3;
    int16_t *errors = th_calloc(2 * row, sizeof *errors);
    if (!errors) return false;
    memset(c->nearest, 0xff, sizeof c->nearest);
    for (uint32_t y = 0; y < p->height; y++) {
        int16_t *now = errors + (y % 2) * row, *next = errors + (1 - y % 2) * row;
        memset(next, 0, row * sizeof *next);
        dither_row(c, out, p, y, now, next);
    }
    free(errors);
    return true;
}

/* ---- few colours ---- */

/* A copy in which all that is not shown is of one colour, and the rest opaque. */
static bool harden(const struct th_pixels *p, struct th_pixels *out, bool *transparent)
{
    const size_t n = (size_t)p->width * p->height;
    if (!th_pixels_init(out, p->width, p->height, 4)) return false;
    for (size_t i = 0; i < n; i++) {
        const bool shown = th_gif_is_shown(p->data + 4 * i);
        memcpy(out->data + 4 * i, p->data + 4 * i, 3);
        out->data[4 * i + 3] = 255;
        if (!shown) memset(out->data + 4 * i, 0, 4);
        *transparent = *transparent || !shown;
    }
    return true;
}

/* What is not shown sorts first in a palette; else its place may have to be added. False: there is
 * no room for it. */
static bool take_palette(struct th_gif_colours *out, const struct th_palette *palette,
                         const struct th_pixels *p)
{
    const unsigned added = out->transparent && palette->colours[0][3] ? 1 : 0;
    const size_t n = (size_t)p->width * p->height;
    out->n = palette->n + added;
    if (out->n > MOST) return false;
    for (unsigned i = 0; i < palette->n; i++)
        memcpy(out->colours[i + added], palette->colours[i], 3);
    for (uint32_t y = 0; y < p->height; y++)
        th_palette_map(palette, p, y, out->places + (size_t)y * p->width);
    for (size_t i = 0; added && i < n; i++)
        out->places[i]++;
    return true;
}

static bool quantize(struct th_gif_colours *out, const struct th_pixels *hard)
{
    struct cutting *c = th_calloc(1, sizeof *c);
    if (!c) return false;
    out->n = out->transparent;
    choose(c, hard, out);
    const bool ok = dither(c, out, hard);
    free(c);
    return ok;
}

bool th_gif_colours_find(struct th_gif_colours *out, const struct th_pixels *p, bool transparent)
{
    struct th_gif_colours found = {.transparent = transparent};
    struct th_palette palette;
    struct th_pixels hard = {0};
    size_t size;
    bool ok = th_mul_size(p->width, p->height, &size) && (found.places = th_alloc(size)) &&
              harden(p, &hard, &found.transparent);
    const bool few =
        ok && th_palette_find(&palette, &hard) && take_palette(&found, &palette, &hard);
    if (ok && !few) ok = quantize(&found, &hard);
    th_pixels_finish(&hard);
    if (ok)
        *out = found;
    else
        free(found.places);
    return ok;
}

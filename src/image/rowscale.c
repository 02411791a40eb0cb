/* SPDX-License-Identifier: MIT */
#include "image/rowscale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "image/icc_matrix.h"

/* The loops over whole rows exist once per instruction set and are chosen when the program starts.
 * The sanitizers' runtimes are not up yet at that moment, so their builds do without. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(SANITIZED)
#define PER_CPU __attribute__((target_clones("avx2", "default")))
#else
#define PER_CPU
#endif

#define LOBES 3 /* of the Lanczos window */

/* Of a reduction by f, average whole pixels first so that at least this factor is left to the
 * filter. What averaging takes from the high frequencies the filter gives back. */
#define LEAST_LEFT 2.0

/* Most pixels one cell averages along one axis: 256 * 256 premultiplied samples of 255 * 255 just
 * fit 32 bits. */
#define MAX_BOX 256u

typedef float lanes __attribute__((vector_size(16)));

/* One axis: which cells (averages of `box` fed pixels) each output pixel is made of, and how much
 * of each. */
struct axis {
    uint32_t low, n_used;                 /* fed pixels that are looked at: from `low` on */
    double origin;                        /* where the picture begins, in cells */
    bool copies;                          /* pixels are taken as they are */
    uint32_t box, n_cells, n_out, n_taps; /* n_taps: weights stored per output pixel */
    uint32_t *first;                      /* n_out: the first cell */
    uint32_t *count;                      /* n_out: how many cells, up to n_taps */
    float *weights;                       /* n_out * n_taps */
};

/* Samples to light, which like them goes to 255, and back; and column sums of light, multiplied by
 * alpha where there is some. */
struct light {
    float of[256];
    struct th_icc_encoder back;
    float *sums; /* row_len, if any axis has a box */
};

struct th_rowscale {
    struct th_rowscale_plan plan;
    struct axis x, y;
    size_t row_len;   /* samples of a fed row */
    size_t cells_len; /* samples of a row of cells */

    /* If any axis has a box, the column sums of the one being filled. Without alpha, or while all
     * of it is opaque, plain sums in 16 bits; else of what was multiplied by alpha, in 32. */
    uint16_t *light; /* row_len, and a pixel that may be read */
    uint32_t *heavy; /* the same; only with alpha */
    bool is_heavy;
    uint32_t n_summed; /* rows in it */
    struct light *lit; /* NULL unless light is averaged */
    float *ring;       /* the last ring_rows rows of cells, row i at i % ring_rows */
    uint32_t ring_rows, n_ringed;
    float *blended; /* cells_len: one output row after the vertical pass */
    lanes *padded;  /* the same with four samples per pixel, where there is more than one band */
    uint32_t n_fed, n_done;
    struct th_pixels out;
};

/* ---- weights ---- */

static double lanczos(double x)
{
    x = fabs(x);
    if (x < 1e-9) return 1;
    if (x >= LOBES) return 0;
    double px = M_PI * x;
    return LOBES * sin(px) * sin(px / LOBES) / (px * px);
}

static void axis_finish(struct axis *a)
{
    free(a->first);
    free(a->count);
    free(a->weights);
    *a = (struct axis){0};
}

/* The weights of output pixel i. They are sharpened by what the average of `box` pixels takes from
 * the high frequencies, to second order: [-d, 1 + 2 d, -d] over the cells. */
static void fill_weights(struct axis *a, double factor, uint32_t i)
{
    const double stretch = factor > 1 ? factor : 1, centre = a->origin + (i + 0.5) * factor;
    const double reach = LOBES * stretch + (a->box > 1);
    const double droop = (1 - 1.0 / ((double)a->box * a->box)) / 24;
    const double from = floor(centre - reach), to = ceil(centre + reach);
    uint32_t first = from > 0 ? (uint32_t)from : 0;
    uint32_t end = to < a->n_cells ? (uint32_t)to : a->n_cells;
    if (first >= end) first = end - 1;
    if (end - first > a->n_taps) end = first + a->n_taps;

    float *w = a->weights + (size_t)i * a->n_taps;
    double before = lanczos((first - 0.5 - centre) / stretch),
           here = lanczos((first + 0.5 - centre) / stretch);
    double sum = 0;
    for (uint32_t j = first; j < end; j++) {
        const double after = lanczos((j + 1.5 - centre) / stretch);
        const double weight = (1 + 2 * droop) * here - droop * (before + after);
        w[j - first] = (float)weight;
        sum += weight;
        before = here;
        here = after;
    }
    for (uint32_t j = 0; j < end - first; j++)
        w[j] = sum != 0 ? (float)(w[j] / sum) : 1.0f / (float)(end - first);
    a->first[i] = first;
    a->count[i] = end - first;
}

static void axis_fill(struct axis *a, double factor)
{
    if (a->copies) {
        /* Nothing to do on this axis: the filter would take each pixel as it is, at some cost. */
        for (uint32_t i = 0; i < a->n_out; i++) {
            a->first[i] = i;
            a->count[i] = 1;
            a->weights[(size_t)i * a->n_taps] = 1;
        }
        return;
    }
    for (uint32_t i = 0; i < a->n_out; i++)
        fill_weights(a, factor, i);
}

/* What is fed, what of it is shown, what becomes of that. */
struct side {
    uint32_t n_in, n_out;
    double from, span;
};

static struct side side_x(const struct th_rowscale_plan *p)
{
    return (struct side){p->in_width, p->out_width, p->from_x, p->span_x};
}

static struct side side_y(const struct th_rowscale_plan *p)
{
    return (struct side){p->in_height, p->out_height, p->from_y, p->span_y};
}

/* The sizes of an axis, nothing allocated; *factor is what is left to the filter. */
static bool axis_plan(struct axis *a, struct side s, double *factor)
{
    const uint32_t n_in = s.n_in, n_out = s.n_out;
    if (n_in == 0 || n_out == 0 || !(s.span > 0) || !(s.from >= 0) || s.from + s.span > n_in)
        return false;
    double f = s.span / n_out;
    uint32_t box = f >= 2 * LEAST_LEFT ? (uint32_t)fmin(f / LEAST_LEFT, MAX_BOX) : 1;
    f /= box;

    const bool copies = f == 1 && box == 1 && s.from == floor(s.from);
    const double reach = copies ? 0 : (LOBES * (f > 1 ? f : 1) + 2) * box;
    const double end = ceil(s.from + s.span + reach);
    *a = (struct axis){.box = box, .n_out = n_out, .copies = copies};
    a->low = s.from > reach ? (uint32_t)(s.from - reach) : 0;
    a->n_used = (end < n_in ? (uint32_t)end : n_in) - a->low;
    a->origin = (s.from - a->low) / box;
    a->n_cells = a->n_used / box + (a->n_used % box != 0);
    double taps = 2 * ceil(LOBES * (f > 1 ? f : 1) + (box > 1)) + 2;
    a->n_taps = copies ? 1 : taps < a->n_cells ? (uint32_t)taps : a->n_cells;
    *factor = f;
    return true;
}

static bool axis_init(struct axis *a, struct side s)
{
    double factor;
    if (!axis_plan(a, s, &factor)) return false;

    size_t n_weights;
    if (!th_mul_size(s.n_out, a->n_taps, &n_weights)) return false;
    a->first = th_calloc(s.n_out, sizeof *a->first);
    a->count = th_calloc(s.n_out, sizeof *a->count);
    a->weights = th_calloc(n_weights, sizeof *a->weights);
    if (!a->first || !a->count || !a->weights) {
        axis_finish(a);
        return false;
    }
    axis_fill(a, factor);
    return true;
}

/* ---- loops over whole rows ---- */

PER_CPU static void samples_to_float(float *restrict to, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

PER_CPU static void add_samples(uint16_t *restrict sums, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sums[i] = (uint16_t)(sums[i] + from[i]);
}

/* The same for pixels with alpha, whose colours are multiplied by it: two pixels at a time, since a
 * sample times another just fits 16 bits. */
PER_CPU static void add_premultiplied_4(uint32_t *restrict sums, const uint8_t *restrict from,
                                        size_t n)
{
    typedef uint8_t bytes __attribute__((vector_size(8)));
    typedef uint16_t words __attribute__((vector_size(16)));
    typedef uint32_t sums_of_two __attribute__((vector_size(32)));
    const words ones = {1, 1, 1, 1, 1, 1, 1, 1};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        bytes two;
        sums_of_two sum;
        memcpy(&two, from + i, sizeof two);
        memcpy(&sum, sums + i, sizeof sum);
        const words samples = __builtin_convertvector(two, words);
        const words by = __builtin_shufflevector(samples, ones, 3, 3, 3, 8, 7, 7, 7, 8);
        sum += __builtin_convertvector(samples * by, sums_of_two);
        memcpy(sums + i, &sum, sizeof sum);
    }
    for (; i < n; i++)
        sums[i] += from[i] * (uint32_t)(i % 4 == 3 ? 1 : from[i | 3]);
}

static void add_premultiplied_2(uint32_t *restrict sums, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        sums[i] += from[i] * (uint32_t)from[i + 1];
        sums[i + 1] += from[i + 1];
    }
}

/* Is all of a row opaque? Looked at in pieces, so that most rows that are not are known soon. */
PER_CPU static bool is_opaque(const uint8_t *row, size_t n, uint32_t bands)
{
    enum { PIECE = 1024 };
    for (size_t at = 0; at < n; at += PIECE) {
        const size_t end = n - at < PIECE ? n : at + PIECE;
        uint8_t all = 255;
        if (bands == 4)
            for (size_t i = at + 3; i < end; i += 4)
                all &= row[i];
        else
            for (size_t i = at + 1; i < end; i += 2)
                all &= row[i];
        if (all != 255) return false;
    }
    return true;
}

static inline __attribute__((always_inline)) void
premultiply_bands(float *restrict to, const uint8_t *restrict from, size_t n, uint32_t bands)
{
    for (size_t i = 0; i < n; i += bands) {
        float alpha = from[i + bands - 1];
        for (uint32_t band = 0; band + 1 < bands; band++)
            to[i + band] = (float)from[i + band] * alpha;
        to[i + bands - 1] = alpha;
    }
}

PER_CPU static void premultiply_to_float(float *restrict to, const uint8_t *restrict from, size_t n,
                                         uint32_t bands)
{
    if (bands == 4)
        premultiply_bands(to, from, n, 4);
    else
        premultiply_bands(to, from, n, 2);
}

/* to = (add ? to : 0) + four rows, each times its weight. */
PER_CPU static void blend_four(float *restrict to, const float *const rows[4],
                               const float weights[4], size_t n, bool add)
{
    const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2],
                          *restrict d = rows[3];
    const float wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];
    if (add) {
        for (size_t i = 0; i < n; i++)
            to[i] += (a[i] * wa + b[i] * wb) + (c[i] * wc + d[i] * wd);
    } else {
        for (size_t i = 0; i < n; i++)
            to[i] = (a[i] * wa + b[i] * wb) + (c[i] * wc + d[i] * wd);
    }
}

/* ---- light ---- */

static bool light_init(struct th_rowscale *r, bool boxed)
{
    struct light *l = th_calloc(1, sizeof *l);
    r->lit = l;
    if (!l || (boxed && !(l->sums = th_calloc(r->row_len, sizeof *l->sums)))) return false;
    for (int i = 0; i < 256; i++) {
        const double v = i / 255.0;
        l->of[i] = (float)(255 * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)));
    }
    th_icc_encoder_init(&l->back);
    return true;
}

/* to = (add ? to : 0) + light of a row, multiplied by alpha. */
static void add_light(const struct th_rowscale *r, float *to, const uint8_t *from, bool add)
{
    const uint32_t bands = r->plan.bands, colours = bands - (r->plan.alpha ? 1 : 0);
    const float *of = r->lit->of;
    for (size_t i = 0; i < r->row_len; i += bands) {
        const float alpha = r->plan.alpha ? (float)from[i + colours] : 1;
        for (uint32_t k = 0; k < colours; k++)
            to[i + k] = (add ? to[i + k] : 0) + of[from[i + k]] * alpha;
        if (r->plan.alpha) to[i + colours] = (add ? to[i + colours] : 0) + alpha;
    }
}

/* Column sums to a row of cells. */
static void close_light(struct th_rowscale *r)
{
    const uint32_t bands = r->plan.bands;
    const float *from = r->lit->sums;
    float *to = r->ring + (size_t)(r->n_ringed % r->ring_rows) * r->cells_len;
    uint32_t left = r->x.n_used;
    for (uint32_t cell = 0; cell < r->x.n_cells; cell++, to += bands) {
        const uint32_t n = left < r->x.box ? left : r->x.box;
        const float scale = 1.0f / ((float)n * (float)r->n_summed);
        for (uint32_t k = 0; k < bands; k++) {
            float sum = 0;
            for (uint32_t i = 0; i < n; i++)
                sum += from[(size_t)i * bands + k];
            to[k] = sum * scale;
        }
        from += (size_t)n * bands;
        left -= n;
    }
    r->n_summed = 0;
    r->n_ringed++;
}

static uint8_t from_light(const struct light *l, float v)
{
    const float at = v * ((float)TH_ICC_UNIT / 255.0f) + 0.5f;
    return l->back.samples[at <= 0 ? 0 : at >= TH_ICC_UNIT ? TH_ICC_UNIT : (uint32_t)at];
}

/* ---- vertical pass ---- */

static float *ring_row(const struct th_rowscale *r, uint32_t i_cell)
{
    return r->ring + (size_t)(i_cell % r->ring_rows) * r->cells_len;
}

static void blend_rows(struct th_rowscale *r, uint32_t i_out)
{
    const float *weights = r->y.weights + (size_t)i_out * r->y.n_taps;
    uint32_t first = r->y.first[i_out], count = r->y.count[i_out];
    for (uint32_t tap = 0; tap < count; tap += 4) {
        const float *rows[4];
        float w[4];
        for (uint32_t i = 0; i < 4; i++) {
            bool beyond = tap + i >= count;
            rows[i] = ring_row(r, first + (beyond ? count - 1 : tap + i));
            w[i] = beyond ? 0 : weights[tap + i];
        }
        blend_four(r->blended, rows, w, r->cells_len, tap != 0);
    }
}

/* ---- horizontal pass ---- */

static uint8_t to_sample(float v)
{
    v += 0.5f;
    return v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)v;
}

/* One band: four cells at a time, their sums joined at the end. */
static void resample_grey(const struct th_rowscale *r, uint8_t *to)
{
    for (uint32_t i = 0; i < r->x.n_out; i++) {
        const float *w = r->x.weights + (size_t)i * r->x.n_taps;
        const float *from = r->blended + r->x.first[i];
        uint32_t count = r->x.count[i], tap = 0;
        float sum[4] = {0};
        for (; tap + 4 <= count; tap += 4)
            for (uint32_t lane = 0; lane < 4; lane++)
                sum[lane] += from[tap + lane] * w[tap + lane];
        for (; tap < count; tap++)
            sum[0] += from[tap] * w[tap];
        const float v = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        to[i] = r->lit ? from_light(r->lit, v) : to_sample(v);
    }
}

/* Four sums side by side, since each addition waits for the one before it. */
static inline __attribute__((always_inline)) lanes resample_pixel(const lanes *from, const float *w,
                                                                  uint32_t count)
{
    lanes a = {0}, b = {0}, c = {0}, d = {0};
    uint32_t tap = 0;
    for (; tap + 4 <= count; tap += 4) {
        a += from[tap] * w[tap];
        b += from[tap + 1] * w[tap + 1];
        c += from[tap + 2] * w[tap + 2];
        d += from[tap + 3] * w[tap + 3];
    }
    for (; tap < count; tap++)
        a += from[tap] * w[tap];
    return (a + b) + (c + d);
}

static void pad_row(struct th_rowscale *r)
{
    const float *from = r->blended;
    uint32_t bands = r->plan.bands, n = r->x.n_cells;
    if (bands == 3) {
        for (uint32_t i = 0; i < n; i++, from += 3)
            r->padded[i] = (lanes){from[0], from[1], from[2], 0};
    } else if (bands == 2) {
        for (uint32_t i = 0; i < n; i++, from += 2)
            r->padded[i] = (lanes){from[0], from[1], 0, 0};
    } else {
        memcpy(r->padded, from, n * sizeof *r->padded);
    }
}

static void store_seen(uint8_t *to, lanes v, uint32_t bands)
{
    /* Where nothing can be seen the colour is black, as everywhere else: it must not be a division
     * by 0. */
    float alpha = v[bands - 1];
    to[bands - 1] = to_sample(alpha);
    for (uint32_t band = 0; band + 1 < bands; band++)
        to[band] = to[bands - 1] ? to_sample(v[band] / alpha) : 0;
}

/* The same for light. */
static void store_light(const struct th_rowscale *r, uint8_t *to, lanes v)
{
    const uint32_t bands = r->plan.bands, colours = bands - (r->plan.alpha ? 1 : 0);
    const float alpha = r->plan.alpha ? v[colours] : 1;
    if (r->plan.alpha) to[colours] = to_sample(alpha);
    for (uint32_t k = 0; k < colours; k++)
        to[k] = r->plan.alpha && !to[colours] ? 0 : from_light(r->lit, v[k] / alpha);
}

PER_CPU static void resample_colours(const struct th_rowscale *r, uint8_t *to)
{
    uint32_t bands = r->plan.bands;
    for (uint32_t i = 0; i < r->x.n_out; i++, to += bands) {
        const float *w = r->x.weights + (size_t)i * r->x.n_taps;
        lanes v = resample_pixel(r->padded + r->x.first[i], w, r->x.count[i]);
        if (r->lit) {
            store_light(r, to, v);
        } else if (r->plan.alpha) {
            store_seen(to, v, bands);
        } else {
            for (uint32_t band = 0; band < bands; band++)
                to[band] = to_sample(v[band]);
        }
    }
}

/* ---- feeding ---- */

/* Make every output row whose last row of cells has come. */
static void finish_rows(struct th_rowscale *r)
{
    while (r->n_done < r->y.n_out && r->y.first[r->n_done] + r->y.count[r->n_done] <= r->n_ringed) {
        blend_rows(r, r->n_done);
        uint8_t *to = r->out.data + (size_t)r->n_done * r->out.width * r->out.bands;
        if (r->plan.bands == 1) {
            resample_grey(r, to);
        } else {
            pad_row(r);
            resample_colours(r, to);
        }
        r->n_done++;
    }
}

typedef uint32_t quad __attribute__((vector_size(16)));

/* Four column sums of either kind; those behind the pixel's own are not used. */
static inline __attribute__((always_inline)) quad load_sums(const struct th_rowscale *r, size_t i)
{
    if (r->is_heavy) {
        quad v;
        memcpy(&v, r->heavy + i, sizeof v);
        return v;
    }
    uint16_t v[4];
    memcpy(v, r->light + i, sizeof v);
    return (quad){v[0], v[1], v[2], v[3]};
}

/* Sum the column sums of each cell. Called with a constant number of bands, so that the inner loops
 * are unrolled. */
static inline __attribute__((always_inline)) void sum_cells(const struct th_rowscale *r, float *to,
                                                            uint32_t bands)
{
    /* Opaque colours count as multiplied by 255. */
    const float colours = r->plan.alpha && !r->is_heavy ? 255.0f : 1.0f;
    size_t at = 0;
    uint32_t left = r->x.n_used;
    for (uint32_t cell = 0; cell < r->x.n_cells; cell++) {
        uint32_t n = left < r->x.box ? left : r->x.box;
        quad sum = {0};
        for (uint32_t i = 0; i < n; i++, at += bands)
            sum += load_sums(r, at);
        float scale = 1.0f / (float)(n * r->n_summed);
        for (uint32_t band = 0; band < bands; band++)
            *to++ =
                (float)sum[band] * (r->plan.alpha && band + 1 == bands ? scale : colours * scale);
        left -= n;
    }
}

/* Turn the column sums into one row of cells. */
PER_CPU static void close_box(struct th_rowscale *r)
{
    float *to = ring_row(r, r->n_ringed);
    switch (r->plan.bands) {
    case 1:
        sum_cells(r, to, 1);
        break;
    case 2:
        sum_cells(r, to, 2);
        break;
    case 3:
        sum_cells(r, to, 3);
        break;
    default:
        sum_cells(r, to, 4);
        break;
    }
    if (r->is_heavy)
        memset(r->heavy, 0, r->row_len * sizeof *r->heavy);
    else
        memset(r->light, 0, r->row_len * sizeof *r->light);
    r->is_heavy = false;
    r->n_summed = 0;
    r->n_ringed++;
}

/* The first row of a box that is not opaque: what was summed until now counts as multiplied by
 * 255. */
static void become_heavy(struct th_rowscale *r)
{
    for (size_t i = 0; i < r->row_len; i++) {
        const bool is_alpha = i % r->plan.bands + 1 == r->plan.bands;
        r->heavy[i] = (uint32_t)r->light[i] * (is_alpha ? 1 : 255);
        r->light[i] = 0;
    }
    r->is_heavy = true;
}

static void sum_row(struct th_rowscale *r, const uint8_t *row)
{
    if (r->plan.alpha && !r->is_heavy && !is_opaque(row, r->row_len, r->plan.bands))
        become_heavy(r);
    if (!r->is_heavy)
        add_samples(r->light, row, r->row_len);
    else if (r->plan.bands == 4)
        add_premultiplied_4(r->heavy, row, r->row_len);
    else
        add_premultiplied_2(r->heavy, row, r->row_len);
    r->n_summed++;
}

static void feed_row(struct th_rowscale *r, const uint8_t *row)
{
    const uint32_t end = r->y.low + r->y.n_used;
    if (r->n_fed++ < r->y.low || r->n_fed > end) return;
    row += (size_t)r->x.low * r->plan.bands;
    if (r->lit && r->lit->sums) {
        add_light(r, r->lit->sums, row, r->n_summed++ != 0);
        if (r->n_summed < r->y.box && r->n_fed < end) return;
        close_light(r);
    } else if (!r->light) {
        float *to = ring_row(r, r->n_ringed);
        if (r->lit)
            add_light(r, to, row, false);
        else if (r->plan.alpha)
            premultiply_to_float(to, row, r->row_len, r->plan.bands);
        else
            samples_to_float(to, row, r->row_len);
        r->n_ringed++;
    } else {
        sum_row(r, row);
        if (r->n_summed < r->y.box && r->n_fed < end) return;
        close_box(r);
    }
    finish_rows(r);
}

void th_rowscale_rows(const struct th_rowscale *r, uint32_t *first, uint32_t *end)
{
    *first = r->y.low;
    *end = r->y.low + r->y.n_used;
}

void th_rowscale_feed(struct th_rowscale *r, const uint8_t *rows, size_t stride, uint32_t n_rows)
{
    for (uint32_t i = 0; i < n_rows && r->n_fed < r->plan.in_height; i++)
        feed_row(r, rows + i * stride);
}

/* ---- life ---- */

static bool allocate(struct th_rowscale *r)
{
    const struct th_rowscale_plan *p = &r->plan;
    bool boxed = r->x.box > 1 || r->y.box > 1;
    size_t ring_len, sums_len;

    for (uint32_t i = 0; i < r->y.n_out; i++)
        if (r->y.count[i] > r->ring_rows) r->ring_rows = r->y.count[i];
    if (!th_mul_size(r->x.n_used, p->bands, &r->row_len) ||
        !th_mul_size(r->x.n_cells, p->bands, &r->cells_len) ||
        !th_mul_size(r->ring_rows, r->cells_len, &ring_len) ||
        !th_add_size(r->row_len, 4, &sums_len))
        return false;

    r->ring = th_calloc(ring_len, sizeof *r->ring);
    r->blended = th_calloc(r->cells_len, sizeof *r->blended);
    if (!r->ring || !r->blended) return false;
    if (p->linear && !light_init(r, boxed)) return false;
    if (boxed && !p->linear && !(r->light = th_calloc(sums_len, sizeof *r->light))) return false;
    if (r->light && p->alpha && !(r->heavy = th_calloc(sums_len, sizeof *r->heavy))) return false;
    if (p->bands > 1 && !(r->padded = th_calloc(r->x.n_cells, sizeof *r->padded))) return false;
    return th_pixels_init(&r->out, p->out_width, p->out_height, p->bands);
}

uint64_t th_rowscale_size(const struct th_rowscale_plan *p)
{
    struct axis x, y;
    double factor;
    if (!axis_plan(&x, side_x(p), &factor) || !axis_plan(&y, side_y(p), &factor)) return 0;
    uint64_t row = th_mul_sat(x.n_used, p->bands), cells = th_mul_sat(x.n_cells, p->bands), sum = 0;
    /* The ring, one blended row, four lanes to a padded cell, column sums. */
    sum = th_mul_sat(cells, ((uint64_t)y.n_taps + 1) * sizeof(float));
    sum = th_add_sat(sum, th_mul_sat(x.n_cells, sizeof(lanes)));
    sum = th_add_sat(sum, th_mul_sat(row, sizeof(uint16_t) + (p->alpha ? sizeof(uint32_t) : 0)));
    if (p->linear) sum = th_add_sat(sum, th_add_sat(sizeof(struct light), th_mul_sat(row, 4)));
    sum = th_add_sat(sum, th_mul_sat(x.n_out, ((uint64_t)x.n_taps + 2) * sizeof(float)));
    sum = th_add_sat(sum, th_mul_sat(y.n_out, ((uint64_t)y.n_taps + 2) * sizeof(float)));
    return th_add_sat(sum, th_mul_sat(th_mul_sat(p->out_width, p->out_height), p->bands));
}

struct th_rowscale *th_rowscale_create(const struct th_rowscale_plan *plan)
{
    if (plan->bands < 1 || plan->bands > 4 || (plan->alpha && plan->bands % 2 != 0)) return NULL;
    struct th_rowscale *r = th_calloc(1, sizeof *r);
    if (!r) return NULL;
    r->plan = *plan;
    if (!axis_init(&r->x, side_x(plan)) || !axis_init(&r->y, side_y(plan)) || !allocate(r)) {
        th_rowscale_destroy(r);
        return NULL;
    }
    return r;
}

void th_rowscale_destroy(struct th_rowscale *r)
{
    if (!r) return;
    axis_finish(&r->x);
    axis_finish(&r->y);
    free(r->light);
    free(r->heavy);
    if (r->lit) free(r->lit->sums);
    free(r->lit);
    free(r->ring);
    free(r->blended);
    free(r->padded);
    th_pixels_finish(&r->out);
    free(r);
}

bool th_rowscale_take(struct th_rowscale *r, struct th_pixels *out)
{
    if (r->n_done < r->y.n_out) return false;
    *out = r->out;
    r->out = (struct th_pixels){0};
    return true;
}

/* SPDX-License-Identifier: MIT */
#include "image/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/num.h"
#include "base/sys.h"

#define LOBES        3
#define KERNEL_STEPS 1024 /* between neighbouring zeros of the filter */
#define KERNEL_SIZE  (LOBES * KERNEL_STEPS + 2)
#define WEIGHT_ONE   16384 /* 14 fractional bits */
#define TAP_MULTIPLE 8     /* rows of weights are filled up with zeros to whole vectors */
#define MAX_REACH    (1u << 19)
#define ROWS_AT_ONCE 4
#define SAMPLE_SHIFT 20 /* fractional bits of weighted sums */
#define HALF_SAMPLE  (1 << (SAMPLE_SHIFT - 1))
/* Beyond twice this, vertical weights come too near to the unit of the fixed point, and rows are
 * averaged first. */
#define MAX_SCALE_Y 32

/* Sanitizers cannot run before the dynamic linker has chosen. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("default", "ssse3", "avx2"), optimize("O3")))
#else
#define CLONES
#endif

/* The weights of one axis: for each output sample `taps` of them, for the input samples from
 * start[i] on. */
struct weights {
    uint32_t taps; /* a multiple of TAP_MULTIPLE */
    uint32_t *start;
    int16_t *w;
    int32_t bias; /* what is added to each sum: half a sample, to round, and the offset */
};

static bool reserve(void **p, size_t *cap, size_t size)
{
    if (*cap >= size) return true;
    free(*p);
    *cap = 0;
    *p = th_alloc(size);
    if (*p) *cap = size;
    return *p;
}

/* sinc(x) sinc(x/3) from 0 to 3 in KERNEL_STEPS to the unit. */
static bool kernel_init(struct th_resample *r)
{
    if (r->kernel) return true;
    r->kernel = th_alloc(KERNEL_SIZE * sizeof *r->kernel);
    if (!r->kernel) return false;
    const double pi = 3.14159265358979323846;
    r->kernel[0] = 1;
    for (unsigned i = 1; i < KERNEL_SIZE; i++) {
        double x = pi * i / KERNEL_STEPS;
        r->kernel[i] = i < LOBES * KERNEL_STEPS ? sin(x) * sin(x / LOBES) * LOBES / (x * x) : 0;
    }
    return true;
}

static double kernel_at(const double *kernel, double x)
{
    double at = fabs(x) * KERNEL_STEPS;
    if (at >= LOBES * KERNEL_STEPS) return 0;
    unsigned i = (unsigned)at;
    double part = at - i;
    return kernel[i] + part * (kernel[i + 1] - kernel[i]);
}

/* Round weights so that they add up to `one` exactly. What rounding takes from one goes to the
 * next, so that even weights that are each less than a unit are not lost. */
static void quantise(const double *from, uint32_t n, int32_t one, int16_t *to)
{
    double sum = 0, so_far = 0;
    int32_t given = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += from[i];
    const double unit = one / sum;
    for (uint32_t i = 0; i < n; i++) {
        so_far += from[i];
        int32_t due = i + 1 == n ? one : (int32_t)lrint(so_far * unit);
        to[i] = (int16_t)(due - given);
        given = due;
    }
}

/* The weights of one output sample: `span` of them from input sample `first` on (which may lie
 * before the plane), folded onto the samples there are. `taps` of scratch holds the folded ones.
 * Returns the first sample used. */
static uint32_t fold(const double *raw, int64_t first, uint32_t span, uint32_t in, double *folded,
                     uint32_t taps, uint32_t *n)
{
    int64_t low = first < 0 ? 0 : first, high = first + span - 1;
    if (low > (int64_t)in - 1) low = (int64_t)in - 1;
    if (high > (int64_t)in - 1) high = (int64_t)in - 1;
    if (high < low) high = low;
    memset(folded, 0, taps * sizeof *folded);
    for (uint32_t i = 0; i < span; i++) {
        int64_t j = first + i;
        j = j < low ? low : j > high ? high : j;
        folded[j - low] += raw[i];
    }
    *n = (uint32_t)(high - low + 1);
    return (uint32_t)low;
}

static bool is_same(const struct th_resample_axis *a, const struct th_resample_axis *b)
{
    return a->in == b->in && a->out == b->out && a->origin == b->origin && a->scale == b->scale &&
           a->droop == b->droop && a->gain == b->gain;
}

/* What is added to a sum before its fraction is dropped. */
static int32_t bias_of(const struct th_resample_axis *a)
{
    return HALF_SAMPLE + (int32_t)lrint(a->offset * (1 << SAMPLE_SHIFT));
}

static bool weights_init(struct th_resample *r, unsigned i_axis, const struct th_resample_axis *a,
                         struct weights *out)
{
    double wide = a->scale > 1 ? a->scale : 1, reach = LOBES * wide + (a->droop != 0 ? 1 : 0);
    if (!(reach < MAX_REACH)) return false;
    uint32_t span = 2 * (uint32_t)ceil(reach) + 1,
             taps = (span + TAP_MULTIPLE - 1) / TAP_MULTIPLE * TAP_MULTIPLE;
    size_t n_weights, bytes, starts;
    if (!th_mul_size(a->out, taps, &n_weights) || !th_mul_size(n_weights, sizeof(int16_t), &bytes))
        return false;
    if (!th_mul_size(a->out, sizeof(uint32_t), &starts)) return false;
    size_t scratch = ((size_t)span + 2 + taps) * sizeof(double);
    if (!th_add_size(bytes, starts, &bytes) || !th_add_size(bytes, scratch, &bytes)) return false;
    struct th_resample_axis *known = &r->axes[i_axis];
    const bool again =
        is_same(known, a); /* the second plane of chroma, the next photo of a camera */
    known->in = 0;
    if (!reserve(&r->weights[i_axis], &r->weights_cap[i_axis], bytes)) return false;

    double *raw = r->weights[i_axis], *folded = raw + span + 2;
    out->taps = taps;
    out->start = (uint32_t *)(void *)(folded + taps);
    out->w = (int16_t *)(void *)(out->start + a->out);
    out->bias = bias_of(a);
    *known = *a;
    if (again) return true;
    const int32_t one = a->gain != 0 ? (int32_t)lrint(WEIGHT_ONE * a->gain) : WEIGHT_ONE;
    raw[0] = raw[span + 1] = 0;
    for (uint32_t i = 0; i < a->out; i++) {
        double centre = a->origin + (i + 0.5) * a->scale;
        int64_t first = (int64_t)ceil(centre - reach - 0.5);
        for (uint32_t j = 0; j < span; j++)
            raw[1 + j] = kernel_at(r->kernel, ((double)first + j + 0.5 - centre) / wide);
        if (a->droop != 0) {
            double before = 0;
            for (uint32_t j = 0; j < span; j++) {
                double now = raw[1 + j];
                raw[1 + j] = now * (1 + 2 * a->droop) - a->droop * (before + raw[2 + j]);
                before = now;
            }
        }
        uint32_t n;
        int16_t *w = out->w + (size_t)i * taps;
        out->start[i] = fold(raw + 1, first, span, a->in, folded, taps, &n);
        memset(w, 0, taps * sizeof *w);
        quantise(folded, n, one, w);
    }
    return true;
}

/* a * b with 15 fractional bits dropped, rounded: one instruction where there is SSSE3. */
static inline int16_t multiply(int16_t a, int16_t b)
{
    return (int16_t)((((int32_t)a * b >> 14) + 1) >> 1);
}

/* Samples with 7 fractional bits, so that the products have them too. */
CLONES static void widen_row(const uint8_t *restrict in, size_t n, int16_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(in[i] << 7);
}

/* Add four rows, weighted, to a row of sums with 6 fractional bits; in the first form they are all
 * of the sum. */
CLONES static void set_rows(const int16_t *restrict r0, const int16_t *restrict r1,
                            const int16_t *restrict r2, const int16_t *restrict r3,
                            const int16_t *restrict w, size_t n, int16_t *restrict sums)
{
    int16_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
    for (size_t i = 0; i < n; i++)
        sums[i] = (int16_t)(multiply(r0[i], w0) + multiply(r1[i], w1) + multiply(r2[i], w2) +
                            multiply(r3[i], w3));
}

CLONES static void add_rows(const int16_t *restrict r0, const int16_t *restrict r1,
                            const int16_t *restrict r2, const int16_t *restrict r3,
                            const int16_t *restrict w, size_t n, int16_t *restrict sums)
{
    int16_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
    for (size_t i = 0; i < n; i++)
        sums[i] = (int16_t)(sums[i] + multiply(r0[i], w0) + multiply(r1[i], w1) +
                            multiply(r2[i], w2) + multiply(r3[i], w3));
}

static inline uint8_t to_sample(int32_t sum)
{
    int32_t v = sum >> SAMPLE_SHIFT;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline __attribute__((always_inline)) void reduce_row(const int16_t *sums,
                                                             const struct weights *x,
                                                             uint32_t first, uint32_t n,
                                                             uint32_t taps, uint8_t *out)
{
    for (uint32_t i = first; i < n; i++) {
        const int16_t *from = sums + x->start[i], *w = x->w + (size_t)i * taps;
        int32_t sum = x->bias;
        for (uint32_t j = 0; j < taps; j++)
            sum += from[j] * w[j];
        out[i] = to_sample(sum);
    }
}

/* The horizontal pass: n samples of one row. Sums are exact, so that all variants give
 * the same. */
typedef void reduce_row_fn(const int16_t *sums, const struct weights *x, uint32_t n, uint8_t *out);

static void reduce_row_plain(const int16_t *sums, const struct weights *x, uint32_t n, uint8_t *out)
{
    reduce_row(sums, x, 0, n, x->taps / TAP_MULTIPLE * TAP_MULTIPLE, out);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

/* The products of one output sample, in eight parts of a sum. */
AVX2 static inline __attribute__((always_inline)) __m256i parts_of(const int16_t *from,
                                                                   const int16_t *w, uint32_t taps)
{
    __m256i sum = _mm256_setzero_si256();
    uint32_t j = 0;
    for (; j + 16 <= taps; j += 16)
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_loadu_si256((const void *)(from + j)),
                                                      _mm256_loadu_si256((const void *)(w + j))));
    if (j < taps)
        sum = _mm256_add_epi32(
            sum, _mm256_zextsi128_si256(_mm_madd_epi16(_mm_loadu_si128((const void *)(from + j)),
                                                       _mm_loadu_si128((const void *)(w + j)))));
    return sum;
}

/* What a sum costs alone is mostly adding up its parts; eight sums share that. */
AVX2 static inline __attribute__((always_inline)) void reduce_row_eight(const int16_t *sums,
                                                                        const struct weights *x,
                                                                        uint32_t n, uint32_t taps,
                                                                        uint8_t *out)
{
    const __m256i bias = _mm256_set1_epi32(x->bias);
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i parts[8];
        for (unsigned k = 0; k < 8; k++)
            parts[k] = parts_of(sums + x->start[i + k], x->w + (size_t)(i + k) * taps, taps);
        for (unsigned k = 0; k < 8; k += 4)
            parts[k] = _mm256_hadd_epi32(_mm256_hadd_epi32(parts[k], parts[k + 1]),
                                         _mm256_hadd_epi32(parts[k + 2], parts[k + 3]));
        __m256i sum = _mm256_add_epi32(_mm256_permute2x128_si256(parts[0], parts[4], 0x20),
                                       _mm256_permute2x128_si256(parts[0], parts[4], 0x31));
        sum = _mm256_srai_epi32(_mm256_add_epi32(sum, bias), SAMPLE_SHIFT);
        const __m128i words =
            _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        _mm_storel_epi64((void *)(out + i), _mm_packus_epi16(words, words));
    }
    reduce_row(sums, x, i, n, taps, out);
}

AVX2 static void reduce_row_avx2(const int16_t *sums, const struct weights *x, uint32_t n,
                                 uint8_t *out)
{
    if (x->taps == 16)
        reduce_row_eight(sums, x, n, 16, out);
    else if (x->taps == 24)
        reduce_row_eight(sums, x, n, 24, out);
    else if (x->taps == 32)
        reduce_row_eight(sums, x, n, 32, out);
    else
        reduce_row_eight(sums, x, n, x->taps / TAP_MULTIPLE * TAP_MULTIPLE, out);
}
#endif

static reduce_row_fn *reduce_row_pick(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return reduce_row_avx2;
#endif
    return reduce_row_plain;
}

/* The rows of the plane that are in use, widened; row i lies in slot i modulo n_slots. */
struct ring {
    int16_t *rows;
    size_t width;
    uint32_t n_slots;
    uint32_t next; /* rows below this have been there */
};

/* One row of the output, before the horizontal pass. */
static void reduce_rows(const uint8_t *in, size_t in_stride, uint32_t n_rows, struct ring *ring,
                        const struct weights *y, uint32_t i_out, int16_t *sums)
{
    const int16_t *w = y->w + (size_t)i_out * y->taps;
    uint32_t start = y->start[i_out], end = n_rows - start < y->taps ? n_rows : start + y->taps;
    if (ring->next < start) ring->next = start;
    for (; ring->next < end; ring->next++)
        widen_row(in + ring->next * in_stride, ring->width,
                  ring->rows + ring->next % ring->n_slots * ring->width);
    bool first = true;
    for (uint32_t t = 0; t < y->taps; t += ROWS_AT_ONCE) {
        if (!w[t] && !w[t + 1] && !w[t + 2] && !w[t + 3]) continue;
        const int16_t *r[ROWS_AT_ONCE];
        for (uint32_t j = 0; j < ROWS_AT_ONCE; j++) {
            uint32_t row =
                start + t + j < end ? start + t + j : end - 1; /* behind the end weights are zero */
            r[j] = ring->rows + row % ring->n_slots * ring->width;
        }
        (first ? set_rows : add_rows)(r[0], r[1], r[2], r[3], w + t, ring->width, sums);
        first = false;
    }
}

static bool is_copy(const struct th_resample_axis *a)
{
    return a->scale == 1 && a->origin == 0 && a->droop == 0 && a->in >= a->out;
}

/* One row, as wide as it is. */
static void copy_row(const uint8_t *in, const struct th_resample_axis *x, uint8_t *out)
{
    if (x->gain == 0) {
        memcpy(out, in, x->out);
        return;
    }
    const int32_t gain = (int32_t)lrint(x->gain * (1 << SAMPLE_SHIFT)), bias = bias_of(x);
    for (uint32_t i = 0; i < x->out; i++)
        out[i] = to_sample(in[i] * gain + bias);
}

/* Average every `k` rows to one. False: no memory. */
static bool average_rows(struct th_resample *r, const uint8_t *in, size_t in_stride, uint32_t width,
                         uint32_t rows, uint32_t k)
{
    size_t n_out = (rows + k - 1) / k, len, sums, bytes;
    if (!th_mul_size(width, sizeof(uint32_t), &sums) || !th_mul_size(n_out, width, &len) ||
        !th_add_size(sums, len, &bytes))
        return false;
    void *block = r->averaged;
    bool ok = reserve(&block, &r->averaged_cap, bytes);
    r->averaged = block;
    if (!ok) return false;
    uint32_t *sum = block;
    uint8_t *out = r->averaged + sums;
    for (uint32_t top = 0; top < rows; top += k, out += width) {
        uint32_t n = rows - top < k ? rows - top : k;
        memset(sum, 0, sums);
        for (uint32_t y = top; y < top + n; y++)
            for (uint32_t x = 0; x < width; x++)
                sum[x] += in[y * in_stride + x];
        for (uint32_t x = 0; x < width; x++)
            out[x] = (uint8_t)((sum[x] + n / 2) / n);
    }
    return true;
}

static bool resample(struct th_resample *r, const uint8_t *in, size_t in_stride,
                     const struct th_resample_axis *x, const struct th_resample_axis *y,
                     uint8_t *out, size_t out_stride)
{
    if (is_copy(x) && is_copy(y)) {
        for (uint32_t i = 0; i < y->out; i++)
            copy_row(in + i * in_stride, x, out + i * out_stride);
        return true;
    }
    struct weights wx, wy;
    if (!kernel_init(r) || !weights_init(r, 0, x, &wx) || !weights_init(r, 1, y, &wy)) return false;
    struct ring ring = {.width = x->in, .n_slots = wy.taps < y->in ? wy.taps : y->in};
    size_t row_len = (size_t)x->in + wx.taps, rows_len, bytes;
    if (!th_mul_size(ring.width, ring.n_slots, &rows_len) ||
        !th_add_size(rows_len, row_len, &bytes) || !th_mul_size(bytes, sizeof(int16_t), &bytes))
        return false;
    void *row = r->row;
    bool ok = reserve(&row, &r->row_cap, bytes);
    r->row = row;
    if (!ok) return false;
    reduce_row_fn *reduce_row_to = reduce_row_pick();
    int16_t *sums = r->row;
    ring.rows = r->row + row_len;
    memset(sums + x->in, 0, wx.taps * sizeof(int16_t));
    for (uint32_t i = 0; i < y->out; i++) {
        reduce_rows(in, in_stride, y->in, &ring, &wy, i, sums);
        reduce_row_to(sums, &wx, x->out, out + i * out_stride);
    }
    return true;
}

bool th_resample_plane(struct th_resample *r, const uint8_t *in, size_t in_stride,
                       const struct th_resample_axis *x, const struct th_resample_axis *y,
                       uint8_t *out, size_t out_stride)
{
    if (!(y->scale < MAX_REACH)) return false;
    if (y->scale < 2 * MAX_SCALE_Y) return resample(r, in, in_stride, x, y, out, out_stride);
    uint32_t k = (uint32_t)(y->scale / MAX_SCALE_Y);
    if (!average_rows(r, in, in_stride, x->in, y->in, k)) return false;
    struct th_resample_axis rest = *y;
    rest.in = (y->in + k - 1) / k;
    rest.origin /= k;
    rest.scale /= k;
    return resample(r, r->averaged + x->in * sizeof(uint32_t), x->in, x, &rest, out, out_stride);
}

CLONES static void halve_row(const uint8_t *restrict a, const uint8_t *restrict b, size_t n,
                             uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1] + 2) >> 2);
}

void th_resample_halve(const uint8_t *in, size_t in_stride, uint32_t width, uint32_t height,
                       uint8_t *out, size_t out_stride)
{
    for (uint32_t y = 0; y < (height + 1) / 2; y++) {
        const uint8_t *a = in + (size_t)2 * y * in_stride,
                      *b = 2 * y + 1 < height ? a + in_stride : a;
        halve_row(a, b, width / 2, out + y * out_stride);
        if (width & 1)
            out[y * out_stride + width / 2] = (uint8_t)((a[width - 1] + b[width - 1] + 1) >> 1);
    }
}

void th_resample_finish(struct th_resample *r)
{
    free(r->kernel);
    free(r->weights[0]);
    free(r->weights[1]);
    free(r->row);
    free(r->averaged);
    *r = (struct th_resample){0};
}

/* SPDX-License-Identifier: MIT */
#include "image/png/png_unfilter.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { NONE, SUB, UP, AVERAGE, PAETH };

#define INLINE static inline __attribute__((always_inline))

/* ---- plain C ---- */

static void up(uint8_t *restrict to, const uint8_t *restrict from, const uint8_t *restrict above,
               size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from[i] + above[i]);
}

static void sub(uint8_t *to, const uint8_t *from, size_t n, unsigned step)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from[i] + (i < step ? 0 : to[i - step]));
}

static void average(uint8_t *to, const uint8_t *from, const uint8_t *above, size_t n, unsigned step)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from[i] + ((i < step ? 0 : to[i - step]) + above[i]) / 2);
}

/* The one of left, above and above left that is nearest to left + above - above left. */
static uint8_t nearest(int left, int over, int corner)
{
    const int to_left = over - corner, to_over = left - corner, to_corner = to_left + to_over;
    const int a = to_left < 0 ? -to_left : to_left, b = to_over < 0 ? -to_over : to_over;
    const int c = to_corner < 0 ? -to_corner : to_corner;
    return (uint8_t)(a <= b && a <= c ? left : b <= c ? over : corner);
}

static void paeth(uint8_t *to, const uint8_t *from, const uint8_t *above, size_t n, unsigned step)
{
    for (size_t i = 0; i < n && i < step; i++)
        to[i] = (uint8_t)(from[i] + above[i]);
    for (size_t i = step; i < n; i++)
        to[i] = (uint8_t)(from[i] + nearest(to[i - step], above[i], above[i - step]));
}

bool th_png_unfilter_plain(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                           size_t n, unsigned step)
{
    switch (filter) {
    case NONE:
        memcpy(to, from, n);
        return true;
    case SUB:
        sub(to, from, n, step);
        return true;
    case UP:
        up(to, from, above, n);
        return true;
    case AVERAGE:
        average(to, from, above, n, step);
        return true;
    case PAETH:
        paeth(to, from, above, n, step);
        return true;
    default:
        return false;
    }
}

/* ---- vectors: a pixel of 3, 4, 6 or 8 bytes at a time ---- */

#ifdef __SSE2__

/* Bytes behind the pixel come along and are never used. */
INLINE __m128i load(const uint8_t *p, unsigned step)
{
    int32_t four;
    int64_t eight;
    if (step > 4) {
        memcpy(&eight, p, 8);
        return _mm_cvtsi64_si128(eight);
    }
    memcpy(&four, p, 4);
    return _mm_cvtsi32_si128(four);
}

/* Bytes behind the pixel are written too; the next pixel is written over them. */
INLINE void store(uint8_t *p, __m128i v, unsigned step)
{
    const int32_t four = _mm_cvtsi128_si32(v);
    const int64_t eight = _mm_cvtsi128_si64(v);
    if (step > 4)
        memcpy(p, &eight, 8);
    else
        memcpy(p, &four, 4);
}

INLINE void sub_step(uint8_t *to, const uint8_t *from, size_t n, unsigned step)
{
    __m128i left = _mm_setzero_si128();
    for (size_t i = 0; i < n; i += step) {
        left = _mm_add_epi8(left, load(from + i, step));
        store(to + i, left, step);
    }
}

INLINE void average_step(uint8_t *to, const uint8_t *from, const uint8_t *above, size_t n,
                         unsigned step)
{
    const __m128i one = _mm_set1_epi8(1);
    __m128i left = _mm_setzero_si128();
    for (size_t i = 0; i < n; i += step) {
        const __m128i over = load(above + i, step);
        /* avg rounds up; PNG rounds down. */
        const __m128i odd = _mm_and_si128(_mm_xor_si128(left, over), one);
        const __m128i mean = _mm_sub_epi8(_mm_avg_epu8(left, over), odd);
        left = _mm_add_epi8(mean, load(from + i, step));
        store(to + i, left, step);
    }
}

/* raw, and Paeth's guess, in samples of 16 bits. Each pixel waits for the one before it, and that
 * wait is the whole cost: so few steps stand one behind the other from `left` on. Let t be
 * 3 corner - left - above: the guess is the larger of left and above where that is least,
 * the smaller where it is most, else the corner. */
INLINE __m128i add_paeth(__m128i raw, __m128i left, __m128i over, __m128i corner)
{
    const __m128i twice = _mm_add_epi16(corner, corner);
    const __m128i t = _mm_sub_epi16(_mm_add_epi16(twice, _mm_sub_epi16(corner, over)), left);
    const __m128i low = _mm_min_epi16(left, over), high = _mm_max_epi16(left, over);
    const __m128i above_low = _mm_cmpgt_epi16(t, low), below_high = _mm_cmpgt_epi16(high, t);
    const __m128i use_corner = _mm_and_si128(_mm_and_si128(above_low, below_high), corner);
    const __m128i use_low = _mm_andnot_si128(below_high, _mm_and_si128(above_low, low));
    const __m128i use_high = _mm_andnot_si128(above_low, high);
    /* The upper halves are zeros in all, so bytes can be added as they are. */
    return _mm_add_epi8(_mm_add_epi8(raw, use_high), _mm_or_si128(use_corner, use_low));
}

INLINE void paeth_step(uint8_t *to, const uint8_t *from, const uint8_t *above, size_t n,
                       unsigned step)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i left = zero, corner = zero;
    for (size_t i = 0; i < n; i += step) {
        const __m128i over = _mm_unpacklo_epi8(load(above + i, step), zero);
        const __m128i raw = _mm_unpacklo_epi8(load(from + i, step), zero);
        left = add_paeth(raw, left, over, corner);
        corner = over;
        store(to + i, _mm_packus_epi16(left, left), step);
    }
}

/* Two rows in one register, the lower one two pixels behind, so that what it needs of the upper one
 * has long been there: two pixels for the wait of one. Averages wait too little to gain by it. */
struct two {
    uint8_t *const *to;
    const uint8_t *const *from, *above;
    __m128i left, before, corner; /* of the pixels before; before: left, a turn ago */
};

/* The pixel at i of the upper row, the one two pixels before of the lower row, or both. */
INLINE void two_paeth_pixels(struct two *t, size_t i, unsigned step, bool upper, bool lower)
{
    const __m128i zero = _mm_setzero_si128();
    const size_t behind = i - 2 * (size_t)step;
    const __m128i raw_upper = upper ? load(t->from[0] + i, 4) : zero;
    const __m128i raw_lower = lower ? load(t->from[1] + behind, 4) : zero;
    const __m128i raw = _mm_unpacklo_epi8(_mm_unpacklo_epi32(raw_upper, raw_lower), zero);
    const __m128i top = _mm_unpacklo_epi8(upper ? load(t->above + i, 4) : zero, zero);
    const __m128i over = _mm_unpacklo_epi64(top, t->before);
    const __m128i made = add_paeth(raw, t->left, over, t->corner);
    const __m128i bytes = _mm_packus_epi16(made, made);
    if (upper) store(t->to[0] + i, bytes, 4);
    if (lower) store(t->to[1] + behind, _mm_srli_epi64(bytes, 32), 4);
    t->before = t->left;
    t->left =
        lower ? made : _mm_unpacklo_epi64(made, zero); /* it begins with nothing to its left */
    t->corner = over;
}

/* A row has at least one pixel. */
INLINE void two_paeth(uint8_t *const to[2], const uint8_t *const from[2], const uint8_t *above,
                      size_t n, unsigned step)
{
    const __m128i zero = _mm_setzero_si128();
    const size_t lag = 2 * (size_t)step;
    struct two t = {.to = to, .from = from, .above = above, zero, zero, zero};
    size_t i = 0;
    for (; i < lag; i += step)
        two_paeth_pixels(&t, i, step, i < n, false);
    for (; i < n; i += step)
        two_paeth_pixels(&t, i, step, true, true);
    for (; i < n + lag; i += step)
        two_paeth_pixels(&t, i, step, false, true);
}

/* False: no vector code for this filter and step. */
INLINE bool unfilter_step(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                          size_t n, unsigned step)
{
    if (filter == SUB)
        sub_step(to, from, n, step);
    else if (filter == AVERAGE)
        average_step(to, from, above, n, step);
    else if (filter == PAETH)
        paeth_step(to, from, above, n, step);
    else
        return false;
    return true;
}

static bool unfilter_vector(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                            size_t n, unsigned step)
{
    switch (step) {
    case 3:
        return unfilter_step(filter, to, from, above, n, 3);
    case 4:
        return unfilter_step(filter, to, from, above, n, 4);
    case 6:
        return unfilter_step(filter, to, from, above, n, 6);
    case 8:
        return unfilter_step(filter, to, from, above, n, 8);
    default:
        return false;
    }
}

bool th_png_unfilter_two(unsigned filter, uint8_t *const to[2], const uint8_t *const from[2],
                         const uint8_t *above, size_t n, unsigned step)
{
    if (filter != PAETH || (step != 3 && step != 4)) return false;
    if (step == 3)
        two_paeth(to, from, above, n, 3);
    else
        two_paeth(to, from, above, n, 4);
    return true;
}

#else

bool th_png_unfilter_two(unsigned filter, uint8_t *const to[2], const uint8_t *const from[2],
                         const uint8_t *above, size_t n, unsigned step)
{
    (void)filter, (void)to, (void)from, (void)above, (void)n, (void)step;
    return false;
}

static bool unfilter_vector(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                            size_t n, unsigned step)
{
    (void)filter, (void)to, (void)from, (void)above, (void)n, (void)step;
    return false;
}

#endif

bool th_png_unfilter(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                     size_t n, unsigned step)
{
    return unfilter_vector(filter, to, from, above, n, step) ||
           th_png_unfilter_plain(filter, to, from, above, n, step);
}

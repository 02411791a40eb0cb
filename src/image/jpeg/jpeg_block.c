/* SPDX-License-Identifier: MIT */
/*
 * Both passes of a transform are the same sums, so they are written once for each kind of machine:
 * `pass_N` takes rows of lanes, and between and after the passes rows become columns. Products are
 * of 16-bit numbers, sums of 32 bits, and what leaves a pass is cut to 16.
 */
#include "image/jpeg/jpeg_block.h"

#include <string.h>

/* Constants of the transforms, with 13 fractional bits. */
enum {
    ONE = 8192,
    /* 8 points; the names are those of the constants in the paper's figure 1 */
    F_0_298 = 2446,
    F_0_390 = 3196,
    F_0_541 = 4433,
    F_0_765 = 6270,
    F_0_899 = 7373,
    F_1_175 = 9633,
    F_1_501 = 12299,
    F_1_847 = 15137,
    F_1_961 = 16069,
    F_2_053 = 16819,
    F_2_562 = 20995,
    F_3_072 = 25172,
    /* 6 points, cK = sqrt(2) cos(K pi / 12) */
    C5 = 2998,    /* c5: 0.366 */
    C2 = 10033,   /* 1.225 */
    C4 = 5793,    /* 0.707 */
    SHIFT_1 = 11, /* two fractional bits are kept between the passes */
    SHIFT_2 = 13 + 2 + 3,
};

/* ---- for any CPU: eight lanes, one block ---- */

typedef int16_t lanes[8];

static inline int16_t cut(int32_t v)
{
    return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

/* Sums of wild values wrap around, which signed numbers must not. */
static inline int32_t sum2(int32_t a, int32_t ka, int32_t b, int32_t kb)
{
    return (int32_t)((uint32_t)(a * ka) + (uint32_t)(b * kb));
}

static inline int32_t plus(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t minus(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* What lies as far from the one end of a row as from the other: its even part, plus or minus its
 * odd part. */
static inline void ends(int16_t *near, int16_t *far, int32_t even, int32_t odd, unsigned shift)
{
    *near = cut(plus(even, odd) >> shift);
    *far = cut(minus(even, odd) >> shift);
}

static inline void pass_8(lanes x[8], unsigned shift)
{
    const int32_t half = 1 << (shift - 1);
    for (unsigned i = 0; i < 8; i++) {
        const int16_t x0 = x[0][i], x1 = x[1][i], x2 = x[2][i], x3 = x[3][i], x4 = x[4][i],
                      x5 = x[5][i], x6 = x[6][i], x7 = x[7][i];
        const int32_t even = plus(sum2(x0, ONE, x4, ONE), half),
                      odd = plus(sum2(x0, ONE, x4, -ONE), half),
                      t2 = sum2(x2, F_0_541, x6, F_0_541 - F_1_847),
                      t3 = sum2(x2, F_0_541 + F_0_765, x6, F_0_541);
        const int16_t z3 = (int16_t)(x7 + x3), z4 = (int16_t)(x5 + x1);
        const int32_t s3 = sum2(z3, F_1_175 - F_1_961, z4, F_1_175),
                      s4 = sum2(z3, F_1_175, z4, F_1_175 - F_0_390);
        const int32_t o0 = plus(sum2(x7, F_0_298 - F_0_899, x1, -F_0_899), s3),
                      o3 = plus(sum2(x7, -F_0_899, x1, F_1_501 - F_0_899), s4),
                      o1 = plus(sum2(x5, F_2_053 - F_2_562, x3, -F_2_562), s4),
                      o2 = plus(sum2(x5, -F_2_562, x3, F_3_072 - F_2_562), s3);
        const int32_t e0 = plus(even, t3), e3 = minus(even, t3), e1 = plus(odd, t2),
                      e2 = minus(odd, t2);
        ends(&x[0][i], &x[7][i], e0, o3, shift);
        ends(&x[1][i], &x[6][i], e1, o2, shift);
        ends(&x[2][i], &x[5][i], e2, o1, shift);
        ends(&x[3][i], &x[4][i], e3, o0, shift);
    }
}

static inline void pass_6(lanes x[8], unsigned shift)
{
    const int32_t half = 1 << (shift - 1);
    for (unsigned i = 0; i < 8; i++) {
        const int16_t x0 = x[0][i], x1 = x[1][i], x2 = x[2][i], x3 = x[3][i], x4 = x[4][i],
                      x5 = x[5][i];
        const int32_t even = plus(sum2(x0, ONE, x4, C4), half),
                      e1 = plus(sum2(x0, ONE, x4, -2 * C4), half), t2 = x2 * C2, t3 = x3 * ONE;
        const int32_t e0 = plus(even, t2), e2 = minus(even, t2),
                      o0 = plus(sum2(x1, ONE + C5, x5, C5), t3),
                      o1 = minus(sum2(x1, ONE, x5, -ONE), t3),
                      o2 = minus(sum2(x1, C5, x5, ONE + C5), t3);
        ends(&x[0][i], &x[5][i], e0, o0, shift);
        ends(&x[1][i], &x[4][i], e1, o1, shift);
        ends(&x[2][i], &x[3][i], e2, o2, shift);
    }
}

static inline __attribute__((always_inline)) void
block_plain(const int16_t *in, const int16_t *quant, unsigned n, uint8_t *out, size_t stride)
{
    lanes x[8], turned[8] = {{0}};
    for (unsigned y = 0; y < n; y++)
        for (unsigned i = 0; i < 8; i++)
            x[y][i] = (int16_t)((uint32_t)in[8 * y + i] * (uint32_t)quant[8 * y + i]);
    n == 8 ? pass_8(x, SHIFT_1) : pass_6(x, SHIFT_1);
    for (unsigned y = 0; y < n; y++)
        for (unsigned i = 0; i < n; i++)
            turned[i][y] = x[y][i];
    n == 8 ? pass_8(turned, SHIFT_2) : pass_6(turned, SHIFT_2);
    for (unsigned y = 0; y < n; y++)
        for (unsigned i = 0; i < n; i++) {
            const int v = turned[i][y] + 128;
            out[y * stride + i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
}

static void blocks_8_plain(const int16_t *a, const int16_t *b, const int16_t quant[64],
                           uint8_t *out, size_t stride)
{
    block_plain(a, quant, 8, out, stride);
    block_plain(b, quant, 8, out + 8, stride);
}

static void blocks_6_plain(const int16_t *a, const int16_t *b, const int16_t quant[64],
                           uint8_t *out, size_t stride)
{
    block_plain(a, quant, 6, out, stride);
    block_plain(b, quant, 6, out + 6, stride);
}

th_jpeg_block_fn *th_jpeg_block_plain(unsigned n)
{
    return n == 8 ? blocks_8_plain : blocks_6_plain;
}

/* ---- AVX2: eight lanes of two blocks ---- */

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2   __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline))

/* Eight sums of 32 bits: lanes 0 to 3, and 4 to 7, of both blocks. */
struct wide {
    __m256i low, high;
};

AVX2 INLINE __m256i factors(int a, int b)
{
    return _mm256_set1_epi32((int)((uint32_t)a & 0xFFFF) | (int)((uint32_t)b << 16));
}

/* a * ka + b * kb, a and b interleaved in `pair`. */
AVX2 INLINE struct wide dot(struct wide pair, int ka, int kb)
{
    const __m256i k = factors(ka, kb);
    return (struct wide){_mm256_madd_epi16(pair.low, k), _mm256_madd_epi16(pair.high, k)};
}

AVX2 INLINE struct wide pair_of(__m256i a, __m256i b)
{
    return (struct wide){_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)};
}

AVX2 INLINE struct wide add(struct wide a, struct wide b)
{
    return (struct wide){_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}

AVX2 INLINE struct wide sub(struct wide a, struct wide b)
{
    return (struct wide){_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)};
}

AVX2 INLINE struct wide add_half(struct wide a, int shift)
{
    const __m256i half = _mm256_set1_epi32(1 << (shift - 1));
    return add(a, (struct wide){half, half});
}

AVX2 INLINE __m256i cut_wide(struct wide a, int shift)
{
    return _mm256_packs_epi32(_mm256_srai_epi32(a.low, shift), _mm256_srai_epi32(a.high, shift));
}

AVX2 INLINE void ends_avx2(__m256i *near, __m256i *far, struct wide even, struct wide odd,
                           int shift)
{
    *near = cut_wide(add(even, odd), shift);
    *far = cut_wide(sub(even, odd), shift);
}

AVX2 INLINE void pass_8_avx2(__m256i x[8], int shift)
{
    const struct wide x04 = pair_of(x[0], x[4]), x26 = pair_of(x[2], x[6]),
                      x71 = pair_of(x[7], x[1]), x53 = pair_of(x[5], x[3]),
                      z = pair_of(_mm256_add_epi16(x[7], x[3]), _mm256_add_epi16(x[5], x[1]));
    const struct wide even = add_half(dot(x04, ONE, ONE), shift),
                      odd = add_half(dot(x04, ONE, -ONE), shift),
                      t2 = dot(x26, F_0_541, F_0_541 - F_1_847),
                      t3 = dot(x26, F_0_541 + F_0_765, F_0_541);
    const struct wide s3 = dot(z, F_1_175 - F_1_961, F_1_175),
                      s4 = dot(z, F_1_175, F_1_175 - F_0_390);
    const struct wide o0 = add(dot(x71, F_0_298 - F_0_899, -F_0_899), s3),
                      o3 = add(dot(x71, -F_0_899, F_1_501 - F_0_899), s4),
                      o1 = add(dot(x53, F_2_053 - F_2_562, -F_2_562), s4),
                      o2 = add(dot(x53, -F_2_562, F_3_072 - F_2_562), s3);
    const struct wide e0 = add(even, t3), e3 = sub(even, t3), e1 = add(odd, t2), e2 = sub(odd, t2);
    ends_avx2(&x[0], &x[7], e0, o3, shift);
    ends_avx2(&x[1], &x[6], e1, o2, shift);
    ends_avx2(&x[2], &x[5], e2, o1, shift);
    ends_avx2(&x[3], &x[4], e3, o0, shift);
}

AVX2 INLINE void pass_6_avx2(__m256i x[8], int shift)
{
    const struct wide x04 = pair_of(x[0], x[4]), x15 = pair_of(x[1], x[5]),
                      x23 = pair_of(x[2], x[3]);
    const struct wide even = add_half(dot(x04, ONE, C4), shift),
                      e1 = add_half(dot(x04, ONE, -2 * C4), shift), t2 = dot(x23, C2, 0),
                      t3 = dot(x23, 0, ONE);
    const struct wide e0 = add(even, t2), e2 = sub(even, t2), o0 = add(dot(x15, ONE + C5, C5), t3),
                      o1 = sub(dot(x15, ONE, -ONE), t3), o2 = sub(dot(x15, C5, ONE + C5), t3);
    ends_avx2(&x[0], &x[5], e0, o0, shift);
    ends_avx2(&x[1], &x[4], e1, o1, shift);
    ends_avx2(&x[2], &x[3], e2, o2, shift);
}

/* Rows to columns, 8 x 8 numbers of 16 bits in each half of the registers. */
AVX2 INLINE void turn(__m256i x[8])
{
    __m256i a[8], b[8];
    for (unsigned i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_epi16(x[2 * i], x[2 * i + 1]);
        a[2 * i + 1] = _mm256_unpackhi_epi16(x[2 * i], x[2 * i + 1]);
    }
    for (unsigned i = 0; i < 2; i++) {
        b[4 * i] = _mm256_unpacklo_epi32(a[4 * i], a[4 * i + 2]);
        b[4 * i + 1] = _mm256_unpackhi_epi32(a[4 * i], a[4 * i + 2]);
        b[4 * i + 2] = _mm256_unpacklo_epi32(a[4 * i + 1], a[4 * i + 3]);
        b[4 * i + 3] = _mm256_unpackhi_epi32(a[4 * i + 1], a[4 * i + 3]);
    }
    for (unsigned i = 0; i < 4; i++) {
        x[2 * i] = _mm256_unpacklo_epi64(b[i], b[4 + i]);
        x[2 * i + 1] = _mm256_unpackhi_epi64(b[i], b[4 + i]);
    }
}

/* Columns to rows of bytes: rows 2 i and 2 i + 1 of a block in each half of rows[i]. */
AVX2 INLINE void turn_to_bytes(const __m256i x[8], __m256i rows[4])
{
    const __m256i c04 = _mm256_packs_epi16(x[0], x[4]), c15 = _mm256_packs_epi16(x[1], x[5]),
                  c26 = _mm256_packs_epi16(x[2], x[6]), c37 = _mm256_packs_epi16(x[3], x[7]);
    const __m256i c01 = _mm256_unpacklo_epi8(c04, c15), c45 = _mm256_unpackhi_epi8(c04, c15),
                  c23 = _mm256_unpacklo_epi8(c26, c37), c67 = _mm256_unpackhi_epi8(c26, c37);
    const __m256i top_left = _mm256_unpacklo_epi16(c01, c23),
                  bottom_left = _mm256_unpackhi_epi16(c01, c23),
                  top_right = _mm256_unpacklo_epi16(c45, c67),
                  bottom_right = _mm256_unpackhi_epi16(c45, c67);
    const __m256i centre = _mm256_set1_epi8((char)0x80);
    rows[0] = _mm256_xor_si256(_mm256_unpacklo_epi32(top_left, top_right), centre);
    rows[1] = _mm256_xor_si256(_mm256_unpackhi_epi32(top_left, top_right), centre);
    rows[2] = _mm256_xor_si256(_mm256_unpacklo_epi32(bottom_left, bottom_right), centre);
    rows[3] = _mm256_xor_si256(_mm256_unpackhi_epi32(bottom_left, bottom_right), centre);
}

AVX2 INLINE void load(const int16_t *a, const int16_t *b, const int16_t *quant, unsigned n,
                      __m256i x[8])
{
    for (unsigned y = 0; y < n; y++) {
        const __m128i in_a = _mm_loadu_si128((const void *)(a + 8 * (size_t)y)),
                      in_b = _mm_loadu_si128((const void *)(b + 8 * (size_t)y)),
                      q = _mm_loadu_si128((const void *)(quant + 8 * (size_t)y));
        x[y] = _mm256_mullo_epi16(_mm256_inserti128_si256(_mm256_castsi128_si256(in_a), in_b, 1),
                                  _mm256_broadcastsi128_si256(q));
    }
}

AVX2 static void blocks_8_avx2(const int16_t *a, const int16_t *b, const int16_t quant[64],
                               uint8_t *out, size_t stride)
{
    __m256i x[8], rows[4];
    load(a, b, quant, 8, x);
    pass_8_avx2(x, SHIFT_1);
    turn(x);
    pass_8_avx2(x, SHIFT_2);
    turn_to_bytes(x, rows);
    for (unsigned i = 0; i < 4; i++, out += 2 * stride) {
        const __m256i beside = _mm256_permute4x64_epi64(rows[i], 0xD8);
        _mm_storeu_si128((void *)out, _mm256_castsi256_si128(beside));
        _mm_storeu_si128((void *)(out + stride), _mm256_extracti128_si256(beside, 1));
    }
}

AVX2 static void blocks_6_avx2(const int16_t *a, const int16_t *b, const int16_t quant[64],
                               uint8_t *out, size_t stride)
{
    __m256i x[8], rows[4];
    load(a, b, quant, 6, x);
    x[6] = x[7] = _mm256_setzero_si256();
    pass_6_avx2(x, SHIFT_1);
    turn(x);
    pass_6_avx2(x, SHIFT_2);
    turn_to_bytes(x, rows);
    for (unsigned i = 0; i < 3; i++, out += 2 * stride) {
        const __m128i of_a = _mm256_castsi256_si128(rows[i]),
                      of_b = _mm256_extracti128_si256(rows[i], 1);
        _mm_storel_epi64((void *)out, of_a);
        _mm_storel_epi64((void *)(out + 6), of_b);
        _mm_storel_epi64((void *)(out + stride), _mm_unpackhi_epi64(of_a, of_a));
        _mm_storel_epi64((void *)(out + stride + 6), _mm_unpackhi_epi64(of_b, of_b));
    }
}
#endif

th_jpeg_block_fn *th_jpeg_block_pick(unsigned n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return n == 8 ? blocks_8_avx2 : blocks_6_avx2;
#endif
    return th_jpeg_block_plain(n);
}

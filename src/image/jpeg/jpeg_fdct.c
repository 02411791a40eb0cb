/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_fdct.h"

#include "image/jpeg/jpeg_zigzag.h"

/* Sanitizers cannot run before the dynamic linker has chosen. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("default", "avx2"), optimize("O3")))
#else
#define CLONES
#endif

#define BLOCKS     TH_JPEG_FDCT_BLOCKS
#define CONST_BITS 13
#define PASS1_BITS 2 /* fractional bits between the passes */
#define FIX(x)     ((int32_t)((x) * (1 << CONST_BITS) + 0.5))

void th_jpeg_fdct_init(struct th_jpeg_fdct *f, const uint8_t *quantisers)
{
    for (unsigned k = 0; k < 64; k++)
        f->inverse[th_jpeg_zigzag[k]] = 1.0f / (8.0f * (float)quantisers[k]);
}

static inline int32_t round_off(int32_t v, unsigned bits)
{
    return (v + (1 << (bits - 1))) >> bits;
}

/* Eight values to eight coefficients, times sqrt(8), in place. Products with constants lose `drop`
 * fractional bits; the two coefficients without are shifted left by `level`, or right if it is
 * negative. */
static inline __attribute__((always_inline)) void transform_8(int32_t v[8], unsigned drop,
                                                              int level)
{
    const int32_t s0 = v[0] + v[7], s1 = v[1] + v[6], s2 = v[2] + v[5], s3 = v[3] + v[4];
    const int32_t d0 = v[0] - v[7], d1 = v[1] - v[6], d2 = v[2] - v[5], d3 = v[3] - v[4];
    const int32_t outer = s0 + s3, inner = s1 + s2, outer_slope = s0 - s3, inner_slope = s1 - s2;
    const int32_t sum = outer + inner, difference = outer - inner;
    v[0] = level > 0 ? sum * (1 << level) : round_off(sum, (unsigned)-level);
    v[4] = level > 0 ? difference * (1 << level) : round_off(difference, (unsigned)-level);

    const int32_t turned = (inner_slope + outer_slope) * FIX(0.541196100);
    v[2] = round_off(turned + outer_slope * FIX(0.765366865), drop);
    v[6] = round_off(turned - inner_slope * FIX(1.847759065), drop);

    const int32_t both = (d3 + d1 + d2 + d0) * FIX(1.175875602);
    const int32_t near = (d3 + d0) * -FIX(0.899976223), far = (d2 + d1) * -FIX(2.562915447);
    const int32_t odd = both - (d3 + d1) * FIX(1.961570560),
                  even = both - (d2 + d0) * FIX(0.390180644);
    v[7] = round_off(d3 * FIX(0.298631336) + near + odd, drop);
    v[5] = round_off(d2 * FIX(2.053119869) + far + even, drop);
    v[3] = round_off(d1 * FIX(3.072711026) + far + odd, drop);
    v[1] = round_off(d0 * FIX(1.501321110) + near + even, drop);
}

CLONES static void transform_rows(struct th_jpeg_fdct *restrict f, uint32_t n)
{
    for (unsigned y = 0; y < 64; y += 8) {
        for (uint32_t i = 0; i < n; i++) {
            int32_t v[8];
            for (unsigned x = 0; x < 8; x++)
                v[x] = f->samples[y + x][i];
            transform_8(v, CONST_BITS - PASS1_BITS, PASS1_BITS);
            for (unsigned x = 0; x < 8; x++)
                f->rows[y + x][i] = v[x];
        }
    }
}

/* Eight times the coefficient, to the nearest multiple of the quantiser, halves away from 0. With
 * half a unit added no quotient comes so near to an integer that a float could not tell. */
static inline int16_t quantise(int32_t v, float inverse)
{
    const int32_t magnitude = v < 0 ? -v : v;
    const int32_t q = (int32_t)(((float)magnitude + 0.5f) * inverse + 0.5f);
    return (int16_t)(v < 0 ? -q : q);
}

CLONES static void transform_columns(struct th_jpeg_fdct *restrict f, uint32_t n)
{
    for (unsigned x = 0; x < 8; x++) {
        for (uint32_t i = 0; i < n; i++) {
            int32_t v[8];
            for (unsigned y = 0; y < 8; y++)
                v[y] = f->rows[8 * y + x][i];
            transform_8(v, CONST_BITS + PASS1_BITS, -PASS1_BITS);
            for (unsigned y = 0; y < 8; y++)
                f->rows[8 * y + x][i] = v[y];
        }
    }
}

CLONES static void quantise_all(struct th_jpeg_fdct *restrict f, uint32_t n)
{
    uint32_t low[BLOCKS] = {0}, high[BLOCKS] = {0};
    for (unsigned k = 0; k < 64; k++) {
        const unsigned at = th_jpeg_zigzag[k];
        const float inverse = f->inverse[at];
        uint32_t *restrict half = k < 32 ? low : high;
        for (uint32_t i = 0; i < n; i++) {
            const int16_t q = quantise(f->rows[at][i], inverse);
            f->coefficients[k][i] = q;
            half[i] |= (uint32_t)(q != 0) << (k & 31);
        }
    }
    for (uint32_t i = 0; i < n; i++)
        f->set[i] = (uint64_t)high[i] << 32 | low[i];
}

void th_jpeg_fdct_run(struct th_jpeg_fdct *f, uint32_t n)
{
    transform_rows(f, n);
    transform_columns(f, n);
    quantise_all(f, n);
}

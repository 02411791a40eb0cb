/* SPDX-License-Identifier: MIT */
/* Transforms of whole blocks: the same on every CPU, and what the definition says. (That 8/8 is
 * libjpeg-turbo's is tested with files, in test_jpeg.c.) */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/jpeg/jpeg_block.h"

enum { SPILL_TO = 2 * 8 + TH_JPEG_BLOCK_SPILL, N_BLOCKS = 20000 };

static const unsigned sizes[] = {6, 8};

static uint32_t state = 1;

static int32_t any(int32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (int32_t)(state >> 8) % below;
}

/* Mostly zeros, as in pictures, or numbers that no picture has. */
static void make_block(int16_t block[64], bool wild)
{
    const int32_t most = wild ? 32767 : 200;
    for (unsigned i = 0; i < 64; i++)
        block[i] = (int16_t)(wild || any(4) == 0 ? any(2 * most + 1) - most : 0);
}

static void compare_variants(bool wild)
{
    for (unsigned i = 0; i < N_BLOCKS; i++) {
        int16_t a[64], b[64], quant[64];
        make_block(a, wild);
        make_block(b, wild);
        for (unsigned k = 0; k < 64; k++)
            quant[k] = (int16_t)(1 + any(wild ? 32767 : 40));
        const unsigned n = sizes[i % 2];
        uint8_t fast[8][SPILL_TO], plain[8][SPILL_TO];
        th_jpeg_block_pick(n)(a, b, quant, fast[0], SPILL_TO);
        th_jpeg_block_plain(n)(a, b, quant, plain[0], SPILL_TO);
        for (unsigned y = 0; y < n; y++)
            cr_assert_arr_eq(fast[y], plain[y], 2 * n, "block %u, row %u of %u", i, y, n);
    }
}

Test(jpeg_block, variants_agree)
{
    compare_variants(false);
}

Test(jpeg_block, variants_agree_on_wild_values)
{
    compare_variants(true);
}

/* n points of the inverse DCT in floating point, scaled as a block of 8 x 8 is. */
static void exact(const int16_t block[64], unsigned n, double out[8][8])
{
    const double pi = acos(-1);
    for (unsigned y = 0; y < n; y++)
        for (unsigned x = 0; x < n; x++) {
            double sum = 0;
            for (unsigned v = 0; v < n; v++)
                for (unsigned u = 0; u < n; u++)
                    sum += block[8 * v + u] * (u ? sqrt(2) : 1) * (v ? sqrt(2) : 1) *
                           cos((2 * x + 1) * u * pi / (2 * n)) *
                           cos((2 * y + 1) * v * pi / (2 * n));
            out[y][x] = fmin(fmax(sum / 8 + 128, 0), 255);
        }
}

Test(jpeg_block, is_the_inverse_dct)
{
    int16_t one[64];
    double worst = 0;
    for (unsigned k = 0; k < 64; k++)
        one[k] = 1;
    for (unsigned i = 0; i < 2000; i++) {
        int16_t block[64];
        const unsigned n = sizes[i % 2];
        uint8_t out[8][SPILL_TO];
        double want[8][8];
        make_block(block, false);
        exact(block, n, want);
        th_jpeg_block_plain(n)(block, block, one, out[0], SPILL_TO);
        for (unsigned y = 0; y < n; y++)
            for (unsigned x = 0; x < 2 * n; x++)
                worst = fmax(worst, fabs(out[y][x] - want[y][x % n]));
    }
    cr_expect_lt(worst, 1);
}

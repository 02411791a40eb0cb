/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_dc.h"

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t difference(int16_t now, int16_t before)
{
    return (uint32_t)(int16_t)(now - before);
}

INLINE void mcus(struct th_jpeg_dc *dc, const int16_t *sums, uint32_t n_mcus, unsigned n_luma,
                 bool chroma)
{
    const int32_t q0 = dc->quant[0], q1 = dc->quant[1], q2 = dc->quant[2];
    const unsigned step = dc->luma_step, n = n_luma + (chroma ? 2 : 0);
    uint32_t y = dc->predictions[0], cb = dc->predictions[1], cr = dc->predictions[2];
    int16_t before = dc->before;
    for (uint32_t m = 0; m < n_mcus; m++, sums += n) {
        for (unsigned i = 0; i < n_luma; i++) {
            y += difference(sums[i], before);
            before = sums[i];
            dc->out[i][m * (uintptr_t)step] = th_jpeg_dc_sample((int16_t)y, q0);
        }
        if (!chroma) continue;
        cb += difference(sums[n_luma], before);
        cr += difference(sums[n_luma + 1], sums[n_luma]);
        before = sums[n_luma + 1];
        dc->out[n_luma][m] = th_jpeg_dc_sample((int16_t)cb, q1);
        dc->out[n_luma + 1][m] = th_jpeg_dc_sample((int16_t)cr, q2);
    }
    dc->predictions[0] = y;
    dc->predictions[1] = cb;
    dc->predictions[2] = cr;
    dc->before = before;
    for (unsigned i = 0; i < n; i++)
        dc->out[i] += i < n_luma ? n_mcus * (uintptr_t)step : n_mcus;
}

bool th_jpeg_dc_takes(unsigned n_blocks)
{
    return n_blocks == 1 || n_blocks == 3 || n_blocks == 4 || n_blocks == 6;
}

void th_jpeg_dc_mcus(struct th_jpeg_dc *dc, const int16_t *sums, uint32_t n_mcus)
{
    switch (dc->n_blocks) {
    case 1:
        mcus(dc, sums, n_mcus, 1, false);
        break;
    case 3:
        mcus(dc, sums, n_mcus, 1, true);
        break;
    case 4:
        mcus(dc, sums, n_mcus, 2, true);
        break;
    default:
        mcus(dc, sums, n_mcus, 4, true);
        break;
    }
}

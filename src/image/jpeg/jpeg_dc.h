/* SPDX-License-Identifier: MIT */
/*
 * jpeg_dc.h - from DC coefficients straight to samples at 1/8, of MCUs of the usual samplings.
 *
 * At 1/8 a block is one sample, so taking differences apart, adding them up and transforming them
 * is a handful of operations, which are best done at once. Samples are those of th_jpeg_idct().
 * Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_JPEG_DC_H
#define TH_IMAGE_JPEG_DC_H

#include <stdbool.h>
#include <stdint.h>

/* The sample of a block at 1/8, with the wrap-around of wild values that libjpeg's table of limits
 * has. */
static inline uint8_t th_jpeg_dc_sample(int16_t dc, int32_t quant)
{
    const uint32_t v = (uint32_t)((dc * quant + 4) >> 3);
    const int32_t level = ((int32_t)(v << 22) >> 22) + 128;
    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

enum { TH_JPEG_DC_COMPONENTS = 3, TH_JPEG_DC_BLOCKS = 6 };

struct th_jpeg_dc {
    unsigned n_blocks;               /* of an MCU: 1, or those of luma and one of each chroma */
    uint8_t *out[TH_JPEG_DC_BLOCKS]; /* where the sample of each goes in the next MCU */
    uint8_t luma_step;               /* from there to the one behind that; chroma: 1 */
    uint16_t quant[TH_JPEG_DC_COMPONENTS];
    uint32_t predictions[TH_JPEG_DC_COMPONENTS]; /* moved on */
    int16_t before;                              /* the sum in front of the next; moved on */
};

/* Can MCUs of so many blocks be taken, the last two of which are of chroma if there is any? */
bool th_jpeg_dc_takes(unsigned n_blocks);

/* n_mcus of them, given as sums of all differences so far, of all components, modulo 2^16. */
void th_jpeg_dc_mcus(struct th_jpeg_dc *dc, const int16_t *sums, uint32_t n_mcus);

#endif

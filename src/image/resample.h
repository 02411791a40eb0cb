/* SPDX-License-Identifier: MIT */
/*
 * resample.h - one plane of 8-bit samples to another size: separable Lanczos-3, vertical first.
 *
 * Sample j covers [j, j+1) of its plane; a plane may be looked at through any window, which is how
 * cut pictures, rounded-up planes and chroma sampling are placed exactly. Beyond the edge the edge
 * repeats. Fixed-point throughout, so results do not depend on the CPU. Thread-safe on different
 * workspaces.
 */
#ifndef TH_IMAGE_RESAMPLE_H
#define TH_IMAGE_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One axis: sample i of the output is centred at origin + (i + 0.5) * scale of the input. */
struct th_resample_axis {
    uint32_t in, out; /* samples, neither 0 */
    double origin, scale;
    /* The filter is sharpened by [-droop, 1 + 2 droop, -droop] on the input, which wins back what
     * the step before it took from the high frequencies: 1/24 undoes a box average to second order.
     * 0: plain. */
    double droop;
    /* Of the axis across: samples come out as gain * s + offset, rounded once. gain 0: as they
     * are. */
    double gain, offset;
};

/* Weights and rows kept between calls; zero-initialise. One thread at a time. */
struct th_resample {
    double *kernel; /* half of the filter, finely sampled */
    void *weights[2];
    size_t weights_cap[2];
    struct th_resample_axis axes[2]; /* that the weights are for; in 0: none */
    int16_t *row;
    size_t row_cap;
    uint8_t *averaged;
    size_t averaged_cap;
};
void th_resample_finish(struct th_resample *r); /* back to zero; zeroed is fine */

/* Resample `in` (y->in rows of x->in samples) to `out` (y->out rows of x->out). False: no memory,
 * or a scale beyond 2^17. */
bool th_resample_plane(struct th_resample *r, const uint8_t *in, size_t in_stride,
                       const struct th_resample_axis *x, const struct th_resample_axis *y,
                       uint8_t *out, size_t out_stride);

/* Average 2x2 samples to one: `width` x `height` to half of it, rounded up (the edge repeats). The
 * planes must not overlap. */
void th_resample_halve(const uint8_t *in, size_t in_stride, uint32_t width, uint32_t height,
                       uint8_t *out, size_t out_stride);

#endif

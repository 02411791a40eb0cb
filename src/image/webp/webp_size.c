/* SPDX-License-Identifier: MIT */
#include "image/webp/webp_size.h"

#include "base/num.h"

/* Of a picture without loss while it is decoded, and of a plane of alpha, which is one inside. */
#define LOSSLESS_PIXEL_BYTES 4
#define ALPHA_PIXEL_BYTES    5
/* libwebp's caches, for a column; contexts and tables of codes. */
#define COLUMN_BYTES 128
#define REST_BYTES   ((uint64_t)1 << 20)

/* libwebp is given its data piece by piece, so that rows can be taken and the clock looked at. Each
 * piece that ends in the middle of something costs a little. */
#define MOST_STEP   ((size_t)256 << 10)
#define MOST_STEPS  32u
#define STEP_PIXELS 4e6

bool th_webp_has_alpha(const struct th_webp *w)
{
    return w->alpha || !th_webp_is_covered(w);
}

/* libwebp reduces exactly, by means over areas, at about the cost of handing over what it reduces;
 * it saves the memory. But colours of a lossy picture it mixes as if all were seen, so one with
 * alpha is left as it is, as is one that lies somewhere on its canvas. */
struct th_webp_plan th_webp_plan(const struct th_webp *w, uint32_t most_shrink)
{
    const bool placed =
        !th_webp_is_covered(w) || w->frame_width != w->width || w->frame_height != w->height;
    const bool reduces = !placed && (w->lossless || !w->alpha) && most_shrink > 1;
    struct th_webp_plan p = {.shrink = reduces ? most_shrink : 1,
                             .bands = th_webp_has_alpha(w) ? 4 : 3};
    p.placed = placed;
    p.frame_width = (uint32_t)th_ceil_div(w->frame_width, p.shrink);
    p.frame_height = (uint32_t)th_ceil_div(w->frame_height, p.shrink);
    p.width = placed ? w->width : p.frame_width;
    p.height = placed ? w->height : p.frame_height;
    return p;
}

uint64_t th_webp_decoder_size(const struct th_webp *w, const struct th_webp_plan *p)
{
    const uint64_t pixels = th_mul_sat(w->frame_width, w->frame_height);
    uint64_t sum =
        REST_BYTES + (uint64_t)w->frame_width * COLUMN_BYTES + (uint64_t)p->width * p->bands;
    sum = th_add_sat(sum, th_mul3_sat(p->frame_width, p->frame_height, p->bands));
    if (w->lossless) return th_add_sat(sum, th_mul_sat(pixels, LOSSLESS_PIXEL_BYTES));
    return w->alpha ? th_add_sat(sum, th_mul_sat(pixels, ALPHA_PIXEL_BYTES)) : sum;
}

size_t th_webp_step(const struct th_webp *w)
{
    const double pixels = (double)w->frame_width * w->frame_height, len = (double)w->pixels.len;
    double step = len * (STEP_PIXELS / pixels);
    if (step > MOST_STEP) step = MOST_STEP;
    if (step < len / MOST_STEPS) step = len / MOST_STEPS;
    return (size_t)step + 1;
}

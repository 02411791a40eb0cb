/* SPDX-License-Identifier: MIT */
/* WebP (RFC 9649), as webp_hot.c decodes it; where that is not built in, as libwebp does for
 * libvips, which lays a frame on a canvas. */
#include "image/estimate/estimators.h"
#include "image/webp/webp_size.h"

/* The canvas of libvips, RGBA. */
#define CANVAS_PIXEL_BYTES 4
/* Profile and metadata: copied by libvips, by us, by lcms. */
#define METADATA_COPIES 5

/* Without our own decoder: the canvas, and the chunks of the first frame, copied (webp_first.h). */
static void add_libvips(const struct th_webp *w, struct th_view v, struct th_estimate *out)
{
#ifndef THUMBS_WITH_WEBP
    const uint64_t pixels = th_mul_sat(w->width / out->shrink + 1, w->height / out->shrink + 1);
    out->direct = false;
    out->decoder = th_add_sat(out->decoder, th_mul_sat(pixels, 2 * (uint64_t)CANVAS_PIXEL_BYTES));
    out->held = th_add_sat(out->held, METADATA_COPIES * (uint64_t)v.len);
#else
    (void)w, (void)v, (void)out;
#endif
}

/* The least bytes of a frame: its head and an empty picture. */
#define LEAST_FRAME_LEN 32
/* Composed: the canvas, a frame as large, and what libwebp holds for that, without loss at worst.
 */
#define MOTION_PIXEL_BYTES (4 + 4 + 5)

static void add_frames(const struct th_webp *w, struct th_view v, struct th_estimate *out)
{
    struct th_webp_motion motion;
    th_webp_motion(v, UINT64_MAX, &motion);
    out->n_frames = motion.n_frames + motion.left / LEAST_FRAME_LEN;
    out->motion =
        th_add_sat((uint64_t)1 << 20, th_mul3_sat(w->width, w->height, MOTION_PIXEL_BYTES));
}

bool th_estimate_webp(struct th_view v, const struct thumbs_image_options *options,
                      struct th_estimate *out)
{
    struct th_webp w;
    if (!th_webp_parse(v, &w)) return false;
    const struct th_webp_plan plan =
        th_webp_plan(&w, th_estimate_shrink(w.width, w.height, options));
    out->width = w.width;
    out->height = w.height;
    out->shrink = plan.shrink;
    out->bands = plan.bands;
    out->direct = true;
    out->decoder = th_webp_decoder_size(&w, &plan);
    out->held = METADATA_COPIES * (uint64_t)w.icc.len;
    add_libvips(&w, v, out);
    if (options->pages == THUMBS_PAGES_ALL) add_frames(&w, v, out);
    return true;
}

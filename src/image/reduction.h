/* SPDX-License-Identifier: MIT */
/*
 * reduction.h - what a source becomes at each size, and how far a decoder may reduce on the way.
 *
 * A decoder that reduces while it decodes is fast, but what it does is coarser than the filter that
 * follows. So the filter keeps a part of the reduction to every size, on both axes. That is told by
 * the part of the source that a size shows, which is not the whole where a picture is cut. This is
 * the one place where that is decided, for decoders and for estimates of their memory.
 *
 * Pure functions of numbers, thread-safe.
 */
#ifndef TH_IMAGE_REDUCTION_H
#define TH_IMAGE_REDUCTION_H

#include "image/geometry.h"

/* One for each size, and one for the placeholder. */
#define TH_MAX_TARGETS (THUMBS_MAX_SIZES + 1)

/* What becomes of one source: its geometry for each size, as stored (before orientation). The sizes
 * at which it is shown whole and as large as it is have one target together, where the first of
 * them stands. */
struct th_targets {
    uint32_t n;
    bool placeholder; /* the last is the whole picture, small, for its placeholder */
    struct th_geometry sizes[TH_MAX_TARGETS];
    /* Which of options->sizes each is for, as bits; 0: the placeholder. */
    uint32_t stands_for[TH_MAX_TARGETS];
};
static inline uint32_t th_targets_outputs(const struct th_targets *targets)
{
    return targets->n - targets->placeholder;
}

/* Fit a source of width x height as stored, neither 0, into all sizes; `orientation`: as in EXIF.
 * With `enlarge` each size has a target of its own. Boxes, gravity and padding are those of the
 * upright picture. At most THUMBS_MAX_SIZES count. A placeholder asks for no more pixels than the
 * sizes do, so it changes nothing about them. */
void th_targets_fit(struct th_targets *out, uint32_t width, uint32_t height, unsigned orientation,
                    const struct thumbs_image_options *options, bool enlarge);

/* The part of a stored source of width x height that is needed: what any target shows of it, and
 * what the filters see around that. */
struct th_window {
    uint32_t x, y, width, height;
};
struct th_window th_targets_window(const struct th_targets *targets, uint32_t width,
                                   uint32_t height);

/* The reduction that is left to the filter at least: measured, see docs/design/jpeg-hot-path.md. */
double th_reduction_residual(bool fast);

/* How many samples become one pixel of a target, on the axis where they are fewer. across, down:
 * samples for one pixel of the source, 1 unless it is a plane of fewer. */
double th_reduction_factor(const struct th_geometry *g, double across, double down);

/* The same for the target where it is least; infinite if there is none. */
double th_reduction_least(const struct th_targets *targets, double across, double down);

/* The largest whole number by which a decoder may divide both sides; at least 1. */
uint32_t th_reduction_most(const struct th_targets *targets, bool fast);

/* Would a picture of width x height be shown larger at some size than a smaller copy of it can be
 * without being enlarged? Both upright; the copy's sides may be too small by that part of them. */
bool th_targets_outgrow(const struct thumbs_image_options *options, uint32_t width, uint32_t height,
                        uint32_t copy_width, uint32_t copy_height, double slack);

/* The scale at which a source that is drawn is large enough for every target; the drawing is never
 * more than max_pixels, of which a source of width x height has as many at scale 1. */
double th_reduction_draw_scale(const struct th_targets *targets, uint32_t width, uint32_t height,
                               uint64_t max_pixels);

#endif

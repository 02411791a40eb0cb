/* SPDX-License-Identifier: MIT */
/*
 * estimate.h - the memory that a picture will need, told before it is decoded.
 */
#ifndef TH_IMAGE_ESTIMATE_H
#define TH_IMAGE_ESTIMATE_H

#include "thumbs/thumbs.h"

/* How much private memory th_image_make() will need at most for this source and these options,
 * beyond what the process holds between pictures with its libraries loaded; the source's own bytes
 * are not counted. From headers alone: nothing is decoded, nothing allocated, libvips not loaded;
 * chunks, boxes and directories are walked in bounded steps, which takes microseconds, of a hostile
 * file or a GIF of many MB a millisecond, of hundreds of MB ten at most. For AVIF also the CPUs
 * count that the calling thread may use, since its decoder makes a thread for each. A source that
 * th_image_make() refuses at its header (too many pixels, a format that is not enabled, no image)
 * needs next to nothing, and so does what it cannot read. Only for SVG it is a guess. Numbers that
 * overflow end at UINT64_MAX. Returns whether the size of the picture was found; *bytes is set
 * either way. Input is hostile; thread-safe. */
bool th_image_estimate(const uint8_t *data, size_t len, const struct thumbs_image_options *options,
                       uint64_t *bytes);

#endif

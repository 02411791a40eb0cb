/* SPDX-License-Identifier: MIT */
/*
 * heif_hot.h - the way from HEIC and AVIF to thumbnails: tiles are reduced as they are decoded, and
 * colours are converted at the thumbnail's size. See docs/design/heif.md.
 *
 * Declines what the reader of the container does not take (image sequences, derived pictures other
 * than grids), before anything is written.
 */
#ifndef TH_IMAGE_HEIF_HOT_H
#define TH_IMAGE_HEIF_HOT_H

#include "image/backend.h"

extern const struct th_backend th_backend_heif;

#endif

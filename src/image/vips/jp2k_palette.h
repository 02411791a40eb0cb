/* SPDX-License-Identifier: MIT */
/*
 * jp2k_palette.h - JPEG 2000 files (ISO/IEC 15444-1, annex I) whose samples are places in a
 * palette.
 *
 * libvips (8.14) makes room for the samples as they are coded, and OpenJPEG writes one for each
 * column of the palette: memory is overwritten. So such a file must not be opened.
 */
#ifndef TH_IMAGE_VIPS_JP2K_PALETTE_H
#define TH_IMAGE_VIPS_JP2K_PALETTE_H

#include "base/view.h"

/* Is there a box 'pclr' among its header boxes? Hostile data. Pure. */
bool th_jp2k_has_palette(struct th_view file);

#endif

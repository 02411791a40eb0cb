/* SPDX-License-Identifier: MIT */
/* sharpen.h - a mild unsharp mask over three by three pixels, of brightness alone. */
#ifndef TH_IMAGE_SHARPEN_H
#define TH_IMAGE_SHARPEN_H

#include "image/pixels.h"

/* Add `hundredths` / 100 of how much each pixel differs in brightness from those around it to all
 * of its colours; what cannot be seen does not count. In integers, so the same on every CPU. Not
 * for CMYK. False: no memory, *p untouched. */
bool th_sharpen(struct th_pixels *p, uint32_t hundredths);

#endif

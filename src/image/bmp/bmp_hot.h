/* SPDX-License-Identifier: MIT */
/* bmp_hot.h - bitmaps to a row feed. (th_backend_bmp, of backend.h, is for files.) */
#ifndef TH_IMAGE_BMP_HOT_H
#define TH_IMAGE_BMP_HOT_H

#include "image/backend.h"

/* For a bitmap inside an icon. */
extern const struct th_row_decoder th_bmp_icon_decoder;

#endif

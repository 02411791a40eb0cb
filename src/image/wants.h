/* SPDX-License-Identifier: MIT */
/* wants.h - libraries that are loaded only when they are needed. */
#ifndef TH_IMAGE_WANTS_H
#define TH_IMAGE_WANTS_H

enum th_wants {
    TH_WANTS_NOTHING = 0,
    TH_WANTS_VIPS = 1,
    TH_WANTS_HEVC = 2,
    TH_WANTS_AVIF = 4, /* to write it */
    TH_WANTS_JXL = 8,  /* to write it */
    TH_WANTS_RAW = 16,
    TH_WANTS_AV1 = 32,
    TH_WANTS_ALL = 63,
    TH_WANTS_CODECS = TH_WANTS_HEVC | TH_WANTS_AV1 /* what may lie in a HEIF file */
};

#endif

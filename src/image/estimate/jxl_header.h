/* SPDX-License-Identifier: MIT */
/*
 * jxl_header.h - the header of a JPEG XL (ISO/IEC 18181-1, annex D), as far as its samples.
 */
#ifndef TH_IMAGE_JXL_HEADER_H
#define TH_IMAGE_JXL_HEADER_H

#include <stdbool.h>

#include "base/view.h"

struct th_jxl_header {
    uint32_t width, height; /* as coded */
    unsigned bits;          /* of a sample */
    bool floating, moves;
    bool colours_alone; /* no channel besides, such as alpha */
};

/* From the code; what lies behind its end is taken for zeros. False: it does not begin with the
 * signature. Hostile data. Pure. */
bool th_jxl_header_read(struct th_view code, struct th_jxl_header *out);

/* The code in a file, in boxes or not; empty if there is none. Pure. */
struct th_view th_jxl_code(struct th_view file);

#endif

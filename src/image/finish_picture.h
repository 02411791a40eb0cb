/* SPDX-License-Identifier: MIT */
/*
 * finish_picture.h - what is done to a reduced picture before it is encoded: it is turned upright,
 * the part that its gravity chooses is cut out, it is sharpened and laid on its canvas.
 */
#ifndef TH_IMAGE_FINISH_PICTURE_H
#define TH_IMAGE_FINISH_PICTURE_H

#include "image/pixels.h"
#include "image/steps.h"

/* Where the part that was chosen lies, for pictures that belong together: chosen in the first, it
 * is cut out of all. Zero-initialise. */
struct th_finish_part {
    bool chosen;
    uint32_t x, y;
};

/* *p is as stored, in sRGB, of the target's scaled size; it becomes upright and of the size of its
 * canvas. part: NULL for a picture that stands alone. MEMORY; UNSUPPORTED or STOPPED where libvips
 * is needed and cannot be had; stage resize.
 */
enum thumbs_code th_finish_picture(const struct th_make *make, const struct th_geometry *target,
                                   unsigned orientation, struct th_finish_part *part,
                                   struct th_pixels *p, struct thumbs_error *err);

/* Is it to be sharpened? Only what was reduced is. */
bool th_finish_sharpens(const struct th_make *make, const struct th_geometry *target);

#endif

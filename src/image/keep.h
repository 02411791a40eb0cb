/* SPDX-License-Identifier: MIT */
/* keep.h - what outputs are to keep of the picture that is being made. */
#ifndef TH_IMAGE_KEEP_H
#define TH_IMAGE_KEEP_H

#include "image/icc.h"
#include "image/steps.h"

/* Is this profile, of a picture of so many bands, to be kept? Then its colours are not converted.
 * That goes for RGB: whatever else comes to outputs is in sRGB. */
bool th_keep_profile(const struct th_make *make, const struct th_icc *icc, size_t icc_len,
                     uint32_t bands);

/* Read what make->options want to be kept from make->data (or from what that is a copy of), and the
 * profile (len 0: none), into make->kept. MEMORY, stage decode. */
enum thumbs_code th_keep(struct th_make *make, struct th_view icc, struct thumbs_error *err);

/* From the profile that outputs keep, if there is one, to sRGB, in place. False: no memory. */
bool th_kept_to_srgb(const struct th_make *make, struct th_pixels *p);
/* A copy of p in sRGB. False: no memory. */
bool th_kept_in_srgb(const struct th_make *make, const struct th_pixels *p, struct th_pixels *out);

#endif

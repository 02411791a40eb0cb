/* SPDX-License-Identifier: MIT */
/*
 * embedded.h - small copies of a picture in its file, used in place of the picture.
 *
 * Only where options->embedded says so, and only a copy that is the same picture as far as can be
 * told without decoding: of the same shape within rounding, turned the same way, with the same
 * colours, and at least as large as every thumbnail. The rest of the file is then not looked at.
 */
#ifndef TH_IMAGE_EMBEDDED_H
#define TH_IMAGE_EMBEDDED_H

#include "image/steps.h"

#define TH_EMBEDDED_MOST 16 /* copies that are looked at in one file */

/* Can the copy stand for a picture of these sides, both as stored, and give thumbnails of the very
 * same sides? */
bool th_embedded_fits(const struct th_make *make, const struct th_make_source *whole,
                      uint32_t copy_width, uint32_t copy_height);

/* What a copy has failed with: is the whole to be asked then, as if there had been no copy? */
bool th_embedded_falls_back(enum thumbs_code code);

/* Make the outputs of a copy, if there is one that fits. False: the whole is to be asked; nothing
 * has changed. Else *code says how it went. */
bool th_embedded_make(struct th_make *make, enum thumbs_code *code, struct thumbs_error *err);

#endif

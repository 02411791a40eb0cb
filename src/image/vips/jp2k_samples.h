/* SPDX-License-Identifier: MIT */
/*
 * jp2k_samples.h - samples of JPEG 2000 (ISO/IEC 15444-1, A.5.1 and I.5.3.3) that libvips (8.14)
 * takes for what they are not.
 *
 * Of samples with a sign it loses those below 0. Where all components have a sample for so many
 * columns and rows of the reference grid, it shows the first part of the picture for all of it.
 * sYCC it takes for RGB, unless its colours are coarser than its luma both ways. All that stands in
 * the header, so a copy of the file can be made plain: without the sign, decoders add half of the
 * range, which is what viewers do; the grid can be made as coarse as the samples are; and what is
 * said to be RGB can be converted by us.
 *
 * Where the picture does not begin at the corner of the grid, libvips reads beyond what was
 * decoded: that cannot be put right.
 */
#ifndef TH_IMAGE_VIPS_JP2K_SAMPLES_H
#define TH_IMAGE_VIPS_JP2K_SAMPLES_H

#include "base/view.h"

enum th_jp2k_model {
    TH_JP2K_SIMPLE, /* grey, RGB, ink, or what a profile says */
    TH_JP2K_SYCC,   /* left as it is by libvips, of a file that was made plain */
    TH_JP2K_UNKNOWN /* libvips would take it for RGB */
};

/* What the file says. Hostile data. Pure, as the next two are. */
enum th_jp2k_model th_jp2k_model(struct th_view file);

/* Are samples what libvips takes them for? True where that cannot be told. */
bool th_jp2k_is_plain(struct th_view file);

/* Bits of a sample; 0 where that cannot be told. */
unsigned th_jp2k_bits(struct th_view file);

/* Make the samples of a file plain, in place. False if they cannot be: the bytes are then
 * undefined. */
bool th_jp2k_make_plain(uint8_t *data, size_t len);

#endif

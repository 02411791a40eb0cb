/* SPDX-License-Identifier: MIT */
/*
 * heif_sps.h - the size that a sequence parameter set of HEVC states (ITU-T H.265, 7.3.2.2).
 *
 * libde265 makes tables for the size of a picture as soon as it has read its parameter sets, long
 * before it asks for the picture's memory: gigabytes for the largest sizes. So the size is looked
 * at before libde265 sees the set. A pure function of hostile bytes.
 */
#ifndef TH_IMAGE_HEIF_SPS_H
#define TH_IMAGE_HEIF_SPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is this NAL unit, its header included, a sequence parameter set? */
bool th_heif_is_sps(const uint8_t *nal, size_t len);

/* Its size in samples of luma. False: it ends before, or has a number that is none. */
bool th_heif_sps_size(const uint8_t *nal, size_t len, uint32_t *width, uint32_t *height);

#endif

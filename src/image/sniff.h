/* SPDX-License-Identifier: MIT */
/*
 * sniff.h - formats that no single magic number tells: a closer look at the first bytes.
 *
 * Each looks at the first `len` bytes of a file, and never past them. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_SNIFF_H
#define TH_IMAGE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef bool th_sniff_fn(const uint8_t *data, size_t len);

th_sniff_fn th_sniff_webp, th_sniff_avif, th_sniff_heif, th_sniff_bmp, th_sniff_ico, th_sniff_pnm;
/* Raw files of cameras, but for those that are TIFF in all but their directories. */
th_sniff_fn th_sniff_raw;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * raw_names.h - cameras' raw files, told by what they hold.
 *
 * Hostile data: nothing past `len` is read. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_RAW_NAMES_H
#define TH_IMAGE_RAW_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Which kind of raw file it is by its first bytes: "Fujifilm RAF"; NULL: none, or a TIFF whose
 * directories have to be asked. */
const char *th_raw_name(const uint8_t *data, size_t len);
/* The same for TIFF containers, whose directories tell: those that lie within `len` bytes. */
const char *th_raw_in_tiff(const uint8_t *data, size_t len);

#endif

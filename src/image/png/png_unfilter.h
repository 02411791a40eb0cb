/* SPDX-License-Identifier: MIT */
/*
 * png_unfilter.h - the filters of PNG (ISO/IEC 15948, 9) undone, a row at a time.
 *
 * Vector code for x86-64 beside plain C; both give the same bytes. Pure functions, thread-safe.
 */
#ifndef TH_IMAGE_PNG_UNFILTER_H
#define TH_IMAGE_PNG_UNFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many bytes behind each row may be read and, behind `to`, written. */
#define TH_PNG_SLACK 16

#define TH_PNG_N_FILTERS 5 /* 0 (none) to 4 */

/* to = the filtered row `from` of n bytes, `step` bytes to a pixel (1 for less), below the row
 * `above`, which is zeros for a first row. to is apart from both. False, `to` untouched: there is
 * no such filter. */
bool th_png_unfilter(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                     size_t n, unsigned step);

/* Two rows on top of each other, both of this filter, the upper one below `above`: faster than one
 * after the other. False, nothing touched: there is no code for two of this filter and step. */
bool th_png_unfilter_two(unsigned filter, uint8_t *const to[2], const uint8_t *const from[2],
                         const uint8_t *above, size_t n, unsigned step);

/* One row in plain C, for tests. */
bool th_png_unfilter_plain(unsigned filter, uint8_t *to, const uint8_t *from, const uint8_t *above,
                           size_t n, unsigned step);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * limits.h - numbers that two rooms must agree on, where neither may ask the other.
 */
#ifndef TH_BASE_LIMITS_H
#define TH_BASE_LIMITS_H

/* The first bytes of a file: as many as are read before all of it is, and as many as tell its
 * format. */
#define TH_FIRST_BYTES 512

/* What the mark of its maker adds to an output at most, when that is written. */
#define TH_MOST_MARK_LEN 32

#endif

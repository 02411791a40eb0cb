/* SPDX-License-Identifier: MIT */
/* figures.h - what a benchmark writes by name. A name is not trusted: it may be that of a picture.
 */
#ifndef BENCHMARKS_FIGURES_H
#define BENCHMARKS_FIGURES_H

#include "base/bytes.h"
#include "report/outfile.h"

/* Look whether `name` (NULL: not wanted) can be written, before time is spent; false: the user has
 * been shown why. Finish *file in any case. */
bool figures_plan(struct th_outfile *file, const char *name, const char *what,
                  bool (*is_ours)(const char *head, size_t len),
                  const struct th_outfile_guard *guard);
/* Write it; false: the user has been shown why. */
bool figures_write(struct th_outfile *file, const struct th_bytes *text);

#endif

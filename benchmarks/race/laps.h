/* SPDX-License-Identifier: MIT */
/* laps.h - the runs of all programs, in turn. */
#ifndef BENCHMARKS_LAPS_H
#define BENCHMARKS_LAPS_H

#include "race/race.h"

/* False: the race cannot go on, or was asked to end. */
bool run_all(struct race *race);

#endif

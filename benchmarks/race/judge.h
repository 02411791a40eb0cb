/* SPDX-License-Identifier: MIT */
/* judge.h - do the outputs of a run count? bench_quality says. */
#ifndef BENCHMARKS_JUDGE_H
#define BENCHMARKS_JUDGE_H

#include "race/race.h"

/* Judge the outputs. Those with the same bytes as outputs that were judged before need no second
 * look. */
bool judge_outputs(struct race *race, struct peer *peer, bool timed);

/* After the first round: take them out for all. */
bool drop_unfit(struct race *race);

#endif

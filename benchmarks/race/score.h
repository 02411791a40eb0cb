/* SPDX-License-Identifier: MIT */
/* score.h - what the runs say: a table, JSON, a chart. */
#ifndef BENCHMARKS_SCORE_H
#define BENCHMARKS_SCORE_H

#include "race/race.h"

/* Before the race, which takes minutes: may all that is to be written be written? */
bool plan_figures(struct race *race);

/* Medians and spreads of all programs. */
void summarise(struct race *race);

/* The first program that has a run that counts, or NULL. */
const struct peer *first_ok(const struct race *race);

void print_table(const struct race *race);
bool write_figures(struct race *race);

#endif

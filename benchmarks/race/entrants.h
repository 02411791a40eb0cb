/* SPDX-License-Identifier: MIT */
/* entrants.h - the programs that race, and how their users call them. */
#ifndef BENCHMARKS_ENTRANTS_H
#define BENCHMARKS_ENTRANTS_H

#include "race/race.h"

/* Fill race->peers with those that are wanted; each knows whether it is there, and its version. */
void find_peers(struct race *race);

/* The command line of a peer as one owned array of borrowed words, which live in *words and in the
 * race; NULL: no memory. */
char **make_command(const struct race *race, const struct peer *peer, struct words *words);

#endif

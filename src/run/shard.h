/* SPDX-License-Identifier: MIT */
/*
 * shard.h - which part of a job a source belongs to.
 *
 * A part is the hash of the path as reports have it (th_hash64(), SipHash-1-3 with a fixed key)
 * modulo the number of parts. It depends on nothing else: not on the machine, the order of a
 * folder, or what other parts do. So parts are disjoint and together whole without a word between
 * the machines, and they stay so in every version of the program.
 */
#ifndef TH_RUN_SHARD_H
#define TH_RUN_SHARD_H

#include "thumbs/thumbs.h"
#include "walk/entry.h"

/* The part, from 0, of n (at least 1) that a path of len bytes belongs to. */
uint32_t th_shard_of(const char *path, size_t len, uint32_t n);

/* Is what the walk has found for this run to report? What could not be read (a folder that does
 * not open) is reported by every part, since each of them may have missed sources there. */
bool th_shard_takes(const struct thumbs_options *options, const struct th_walk_entry *entry);

/* The same for a source by its folder and its name. */
bool th_shard_takes_name(const struct thumbs_options *options, const char *dir, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* claim.h - the claim of a source to the names of its outputs, where names must be claimed (see
 * naming/claims.h). */
#ifndef TH_RUN_CLAIM_H
#define TH_RUN_CLAIM_H

#include "run/state.h"

/* Why a source does not get a name, in one clause. */
const char *th_claim_refusal(const struct thumbs_batch *batch);

/* Sources of the same content may have one output where its name tells content: to those the name
 * belongs together. NAME_CLASH: another got it before; MEMORY. What was claimed meanwhile stays
 * claimed. Any thread. */
enum thumbs_code th_claim_outputs(const struct thumbs_batch *batch,
                                  const struct th_walk_entry *entry, uint64_t content,
                                  const struct thumbs_output *outputs, size_t n_outputs,
                                  struct thumbs_error *err);

#endif

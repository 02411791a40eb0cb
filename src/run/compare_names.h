/* SPDX-License-Identifier: MIT */
/*
 * compare_names.h - a walk before the run, for templates under which sources of different folders
 * may get one output name.
 *
 * It notes the names that are wanted more than once, so that all who want one fail, whatever the
 * order. Under other templates there is nothing to compare.
 */
#ifndef TH_RUN_COMPARE_NAMES_H
#define TH_RUN_COMPARE_NAMES_H

#include "run/state.h"

/* Fills batch->clashes and, where names depend on content, batch->claims. */
enum thumbs_code th_compare_names(struct thumbs_batch *batch, struct thumbs_error *err);

#endif

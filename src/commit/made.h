/* SPDX-License-Identifier: MIT */
/*
 * made.h - the outputs of a source as the manifest tells them: what is needed to report a source
 * that is up to date, without opening it or them.
 */
#ifndef TH_COMMIT_MADE_H
#define TH_COMMIT_MADE_H

#include "base/bytes.h"
#include "commit/source_id.h"

struct th_output_folder;

struct th_made {
    struct th_source_id id; /* of the source when it was read; what is not known is 0 */
    struct thumbs_output outputs[THUMBS_MAX_OUTPUTS]; /* paths point into `paths` */
    size_t n_outputs;
    struct th_bytes paths;
};

/* What was made of this source under the options of DEST's fingerprint, as the manifest was when
 * the output folder was created. Whether it still stands is th_history_lookup()'s to say. False:
 * nothing is on record, or no memory. *out needs th_made_finish() in any case; it may be
 * uninitialised before. Any thread. */
bool th_made_find(const struct th_output_folder *folder, const char *name, struct th_made *out);
void th_made_finish(struct th_made *made);

#endif

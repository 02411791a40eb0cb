/* SPDX-License-Identifier: MIT */
/* serve_twin.h - a source that was renamed, moved or copied since its thumbnails were made gets
 * them as they are, without being decoded. */
#ifndef TH_RUN_SERVE_TWIN_H
#define TH_RUN_SERVE_TWIN_H

#include "run/state.h"

/* A file that is loaded and would go to a worker. True: it was committed, reported and destroyed.
 */
bool th_serve_twin(struct thumbs_batch *batch, struct th_file *file);

#endif

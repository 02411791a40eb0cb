/* SPDX-License-Identifier: MIT */
/* uring_feed.h - walk and load in one thread, the reads done by the kernel: what run does around
 * load/uring.h. */
#ifndef TH_RUN_URING_FEED_H
#define TH_RUN_URING_FEED_H

#include "run/state.h"

/* What the walker thread and the I/O threads do, in the calling thread alone and with batch->uring:
 * all files of the walk to `loaded`, which is then closed. */
void th_uring_feed(struct thumbs_batch *batch);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * av1_file.h - grey AV1 pictures written bit by bit (AV1 Bitstream Specification, 5.5 to 5.11),
 * with as many hidden frames before the one that is shown as a test wants. Needs nothing of thumbs.
 */
#ifndef TEST_SUPPORT_AV1_FILE_H
#define TEST_SUPPORT_AV1_FILE_H

#include "heif_file.h"

struct av1_shape {
    /* At most 4096 and 64: one row of superblocks. Behind each, dav1d sees that the data has run
     * out, which is short on purpose. */
    unsigned width, height;
    unsigned n_hidden; /* key frames that are decoded but not shown */
};

/* The body of an av1C, and the data of an item that goes with it; the caller frees both. */
struct heif_bytes av1_config(void);
struct heif_bytes av1_item(const struct av1_shape *shape);

#endif

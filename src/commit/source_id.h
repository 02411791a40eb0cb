/* SPDX-License-Identifier: MIT */
/* source_id.h - what a source is known again by. */
#ifndef TH_COMMIT_SOURCE_ID_H
#define TH_COMMIT_SOURCE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "thumbs/thumbs.h"

/* What a source file was when it was read. Tools that keep size and mtime change the ctime, or put
 * another file (inode) in its folder. */
struct th_source_id {
    uint64_t size;
    int64_t mtime_sec, ctime_sec;
    int32_t mtime_nsec, ctime_nsec;
    uint64_t inode;   /* 0 where the file system does not keep it */
    uint64_t content; /* th_content_hash() of its bytes; 0: not known */
    /* What it turned out to be: told again, never compared. */
    enum thumbs_format format;
    uint32_t width, height; /* upright; 0: not known */
    struct thumbs_placeholder placeholder;
    bool damaged; /* it was decoded with errors */
};

#endif

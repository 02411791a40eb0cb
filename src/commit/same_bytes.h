/* SPDX-License-Identifier: MIT */
/*
 * same_bytes.h - an output whose name contains its hash may exist already: made of another
 * source of the same content, or before DEST/.thumbs was lost. It is left as it is, so that
 * its maker does not find it changed.
 */
#ifndef TH_COMMIT_SAME_BYTES_H
#define TH_COMMIT_SAME_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What was found to stand there as it would be made. */
struct th_stood {
    bool stood;
    struct timespec time; /* that it bears */
};

/* Is the file `name` in folder_fd as long as this, with this th_content_hash() of all its bytes?
 * Then *out says so; else it stays. Reads it. Thread-safe. */
void th_same_bytes_look(int folder_fd, const char *name, uint64_t len, uint64_t content,
                        struct th_stood *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * taken.h - the outputs of one file, copied out of the memory that a worker can still write to.
 *
 * What is checked and what is committed is the copy: by the time of the commit the worker is at
 * another file, which may be one that takes it over.
 */
#ifndef TH_WORK_TAKEN_H
#define TH_WORK_TAKEN_H

#include "image/image.h"

struct th_taken {
    uint8_t *data;
    size_t cap;
};

/* Copy `len` bytes. False: no memory. */
bool th_taken_copy(struct th_taken *taken, const uint8_t *sink, size_t len);

/* Does each output begin as a file of its format does? */
bool th_taken_fits(const struct th_taken *taken, const struct th_image_result *result);

/* The outputs have been committed: a large copy is not kept. */
void th_taken_trim(struct th_taken *taken);
void th_taken_finish(struct th_taken *taken);

#endif

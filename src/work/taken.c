/* SPDX-License-Identifier: MIT */
#include "work/taken.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum { LEAST_BYTES = 64 << 10, KEEP_BYTES = 1 << 20 };

bool th_taken_copy(struct th_taken *taken, const uint8_t *sink, size_t len)
{
    if (len > taken->cap) {
        th_taken_finish(taken);
        size_t cap = len < LEAST_BYTES ? LEAST_BYTES : len;
        taken->data = th_alloc(cap);
        if (!taken->data) return false;
        taken->cap = cap;
    }
    if (len) memcpy(taken->data, sink, len);
    return true;
}

bool th_taken_fits(const struct th_taken *taken, const struct th_image_result *result)
{
    for (uint32_t i = 0; i < result->n_outputs; i++) {
        const struct th_image_output *o = &result->outputs[i];
        if (th_image_sniff(taken->data + o->offset, (size_t)o->len) != o->format) return false;
    }
    return true;
}

void th_taken_trim(struct th_taken *taken)
{
    if (taken->cap > KEEP_BYTES) th_taken_finish(taken);
}

void th_taken_finish(struct th_taken *taken)
{
    free(taken->data);
    *taken = (struct th_taken){0};
}

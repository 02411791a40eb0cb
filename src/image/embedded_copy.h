/* SPDX-License-Identifier: MIT */
/* embedded_copy.h - a small copy of a picture in its file, as the reader of a format finds it. */
#ifndef TH_IMAGE_EMBEDDED_COPY_H
#define TH_IMAGE_EMBEDDED_COPY_H

#include "base/view.h"

/* A JPEG file in another file. */
struct th_embedded_copy {
    struct th_view data;
    unsigned orientation; /* that the file tells of it, 0: none */
};

/* Find them: how many, `most` at most. Hostile data. */
typedef size_t th_embedded_fn(struct th_view file, struct th_embedded_copy *out, size_t most);

#endif

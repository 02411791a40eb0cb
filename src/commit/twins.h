/* SPDX-License-Identifier: MIT */
/*
 * twins.h - what was made before of the very bytes that a source has: under another name, from
 * which it was renamed, moved or copied.
 *
 *   th_twins_create()
 *   th_twins_find(), then th_twin_finish()      any thread
 *   th_twins_destroy()                          before DEST
 *
 * All manifests are read once, when first asked: 16 to 32 bytes for each content on record, and no
 * more than TH_TWINS_MOST of them are kept in mind. What is found is no more than a hint; what
 * comes out has been read and compared with the hashes on record.
 */
#ifndef TH_COMMIT_TWINS_H
#define TH_COMMIT_TWINS_H

#include "base/bytes.h"
#include "commit/source_id.h"

#define TH_TWINS_MOST (UINT32_C(1) << 20)

struct th_dest;
struct th_twins;

struct th_twin_output {
    enum thumbs_format format;
    uint32_t width, height;
    uint32_t sizes;     /* as in struct thumbs_output */
    size_t offset, len; /* in `data`: the output without the mark of thumbs */
};
struct th_twin {
    struct th_source_id id; /* of the source that was made */
    struct th_twin_output outputs[THUMBS_MAX_OUTPUTS];
    size_t n_outputs;
    struct th_bytes data;
};

struct th_twins *th_twins_create(struct th_dest *dest); /* borrowed; NULL: no memory */
void th_twins_destroy(struct th_twins *twins);          /* NULL is fine */

/* A source of this length and th_content_hash() that was made under the options of DEST's
 * fingerprint, and its outputs, which stand as they were made. False: none is known. *out needs
 * th_twin_finish() in any case. Holds a lock while it reads. */
bool th_twins_find(struct th_twins *twins, uint64_t size, uint64_t content, struct th_twin *out);
void th_twin_finish(struct th_twin *twin);

#endif

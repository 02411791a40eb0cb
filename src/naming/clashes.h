/* SPDX-License-Identifier: MIT */
/*
 * clashes.h - output names that more than one source wants, under templates by which sources of
 * different folders may get one name.
 *
 *   struct th_clashes clashes = {0};
 *   th_clashes_add(...) for each source there is, then th_clashes_settle(), then th_clashes_want()
 *
 * All who want such a name fail, whatever the order they come in. Memory: 8 bytes a name at first,
 * afterwards 8 bytes a clash. Names are told apart by a hash of 64 bits.
 */
#ifndef TH_NAMING_CLASHES_H
#define TH_NAMING_CLASHES_H

#include "naming/naming.h"

struct th_clashes {
    uint64_t *hashes; /* sorted once it is settled */
    size_t n, cap;
};

/* The names that this source is predicted to want. False: no memory. */
bool th_clashes_add(struct th_clashes *clashes, const struct th_naming *naming,
                    const struct th_naming_source *source);
/* All were added: keep only the names that are wanted more than once. */
void th_clashes_settle(struct th_clashes *clashes);
/* Does this source want one of those? Any thread. */
bool th_clashes_want(const struct th_clashes *clashes, const struct th_naming *naming,
                     const struct th_naming_source *source);
void th_clashes_finish(struct th_clashes *clashes); /* zeroes; zeroed is fine */

#endif

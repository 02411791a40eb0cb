/* SPDX-License-Identifier: MIT */
/*
 * claims.h - output names that a run has given out.
 *
 * Under templates by which sources of different folders may get one name, names may also depend on
 * what is inside a picture ({width}): "a1" at width 2 is "a" at width 12. No walk can foresee that;
 * so each name is claimed before it is written, and the second to claim it fails instead of
 * replacing the first.
 */
#ifndef TH_NAMING_CLAIMS_H
#define TH_NAMING_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

struct th_claims;
struct th_claims *th_claims_create(void); /* NULL: no memory */
void th_claims_destroy(struct th_claims *claims);
/* owner: a hash of the source, which may claim a name again (a list may name it twice). False:
 * taken by another source, or no memory to remember it. Any thread. */
bool th_claims_add(struct th_claims *claims, const char *path, uint64_t owner);

#endif

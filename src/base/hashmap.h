/* SPDX-License-Identifier: MIT */
/*
 * hashmap.h - from hashes of 64 bits to numbers of 64 bits, some 32 bytes an entry.
 *
 *   struct th_hashmap map = {0};
 *   th_hashmap_put(&map, key, value, &is_new);
 *   th_hashmap_find(&map, key);
 *   th_hashmap_finish(&map);
 *
 * Keys are hashes already (th_hash64()). Where names come from outside, a random seed keeps others
 * from preparing keys that collide. One owner, not thread-safe.
 */
#ifndef TH_BASE_HASHMAP_H
#define TH_BASE_HASHMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct th_hashmap_cell {
    uint64_t key; /* 0: free */
    uint64_t value;
};
struct th_hashmap {
    struct th_hashmap_cell *cells; /* open addressing; at most half full */
    size_t n, cap;                 /* cap: a power of two, or 0 */
};

/* The value of a key: that of before, or the new one. Valid until the next put. *is_new may be
 * NULL. NULL: no memory. */
uint64_t *th_hashmap_put(struct th_hashmap *map, uint64_t key, uint64_t value, bool *is_new);
/* NULL: there is none. */
uint64_t *th_hashmap_find(const struct th_hashmap *map, uint64_t key);
void th_hashmap_clear(struct th_hashmap *map);  /* no entry; keeps the memory */
void th_hashmap_finish(struct th_hashmap *map); /* zeroes; zeroed is fine */

#endif

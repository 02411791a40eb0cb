/* SPDX-License-Identifier: MIT */
#include "naming/claims.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hashmap.h"
#include "base/sys.h"

struct th_claims {
    pthread_mutex_t lock;
    struct th_hashmap owners; /* by hashes of names */
};

struct th_claims *th_claims_create(void)
{
    struct th_claims *c = th_calloc(1, sizeof *c);
    if (c) pthread_mutex_init(&c->lock, NULL);
    return c;
}

void th_claims_destroy(struct th_claims *c)
{
    if (!c) return;
    pthread_mutex_destroy(&c->lock);
    th_hashmap_finish(&c->owners);
    free(c);
}

bool th_claims_add(struct th_claims *c, const char *path, uint64_t owner)
{
    const uint64_t hash = th_hash64(path, strlen(path), 2);
    pthread_mutex_lock(&c->lock);
    const uint64_t *first = th_hashmap_put(&c->owners, hash, owner, NULL);
    bool granted = first && *first == owner;
    pthread_mutex_unlock(&c->lock);
    return granted;
}

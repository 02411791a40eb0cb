/* SPDX-License-Identifier: MIT */
#include "naming/claims.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sys.h"

struct claim {
    uint64_t name; /* 0: free */
    uint64_t owner;
};

struct th_claims {
    pthread_mutex_t lock;
    struct claim *cells; /* open addressing; at most half full */
    size_t n, cap;       /* cap: a power of two */
};

/* The claim to the same name, or the new one. */
static const struct claim *insert(struct claim *cells, size_t cap, const struct claim *claim,
                                  bool *is_new)
{
    size_t i = claim->name & (cap - 1);
    while (cells[i].name != 0 && cells[i].name != claim->name)
        i = (i + 1) & (cap - 1);
    *is_new = cells[i].name == 0;
    if (*is_new) cells[i] = *claim;
    return &cells[i];
}

static bool make_room(struct th_claims *c)
{
    size_t cap = c->cap ? c->cap * 2 : 1024;
    if (c->n * 2 < c->cap) return true;
    struct claim *cells = th_calloc(cap, sizeof *cells);
    if (!cells) return false;
    for (size_t i = 0; i < c->cap; i++) {
        bool is_new;
        if (c->cells[i].name) insert(cells, cap, &c->cells[i], &is_new);
    }
    free(c->cells);
    c->cells = cells;
    c->cap = cap;
    return true;
}

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
    free(c->cells);
    free(c);
}

bool th_claims_add(struct th_claims *c, const char *path, uint64_t owner)
{
    uint64_t hash = th_hash64(path, strlen(path), 2);
    const struct claim claim = {.name = hash ? hash : 1, .owner = owner};
    pthread_mutex_lock(&c->lock);
    bool is_new = false,
         granted = make_room(c) && insert(c->cells, c->cap, &claim, &is_new)->owner == owner;
    if (is_new) c->n++;
    pthread_mutex_unlock(&c->lock);
    return granted;
}

/* SPDX-License-Identifier: MIT */
#include "naming/clashes.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/sys.h"
#include "naming/outputs.h"

static bool add(struct th_clashes *c, uint64_t hash)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap : 512, size;
        if (!th_mul_size(cap, 2, &cap) || !th_mul_size(cap, sizeof *c->hashes, &size)) return false;
        uint64_t *hashes = th_realloc(c->hashes, size);
        if (!hashes) return false;
        c->hashes = hashes;
        c->cap = cap;
    }
    c->hashes[c->n++] = hash;
    return true;
}

static bool has_since(const struct th_clashes *c, size_t first, uint64_t hash)
{
    for (size_t i = first; i < c->n; i++)
        if (c->hashes[i] == hash) return true;
    return false;
}

bool th_clashes_add(struct th_clashes *c, const struct th_naming *naming,
                    const struct th_naming_source *source)
{
    const size_t first = c->n;
    uint64_t hash;
    for (uint32_t i = 0; i < th_outputs_count(naming); i++) {
        if (!th_outputs_predict_hash(naming, source, i, &hash)) return false;
        /* jpeg and keep of one JPEG get one name, as do all sizes of a format by a template with
         * {width}, which is not known yet. That is no clash. */
        if (!has_since(c, first, hash) && !add(c, hash)) return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorted hashes in, those that stand more than once out, each once. */
static size_t keep_repeated(uint64_t *data, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && data[end] == data[i])
            end++;
        if (end - i > 1) data[kept++] = data[i];
        i = end;
    }
    return kept;
}

void th_clashes_settle(struct th_clashes *c)
{
    if (c->n) qsort(c->hashes, c->n, sizeof *c->hashes, compare);
    c->n = keep_repeated(c->hashes, c->n);
}

bool th_clashes_want(const struct th_clashes *c, const struct th_naming *naming,
                     const struct th_naming_source *source)
{
    uint64_t hash;
    if (c->n == 0) return false;
    for (uint32_t i = 0; i < th_outputs_count(naming); i++) {
        if (th_outputs_predict_hash(naming, source, i, &hash) &&
            bsearch(&hash, c->hashes, c->n, sizeof hash, compare))
            return true;
    }
    return false;
}

void th_clashes_finish(struct th_clashes *c)
{
    free(c->hashes);
    *c = (struct th_clashes){0};
}

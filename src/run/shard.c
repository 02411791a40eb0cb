/* SPDX-License-Identifier: MIT */
#include "run/shard.h"

#include "base/bytes.h"
#include "base/sys.h"
#include "run/found.h"

uint32_t th_shard_of(const char *path, size_t len, uint32_t n)
{
    return (uint32_t)(th_hash64(path, len, 0) % n);
}

bool th_shard_takes(const struct thumbs_options *options, const struct th_walk_entry *entry)
{
    if (options->n_shards <= 1 || entry->kind == TH_WALK_FAILED) return true;
    struct th_bytes path = {0};
    th_found_add_path(&path, entry);
    /* Without memory for its name two parts may take it, but none leaves it out. */
    bool takes = th_bytes_failed(&path) ||
                 th_shard_of(path.data, path.len, options->n_shards) == options->shard;
    th_bytes_finish(&path);
    return takes;
}

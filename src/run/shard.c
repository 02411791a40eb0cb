/* SPDX-License-Identifier: MIT */
#include "run/shard.h"

#include "base/bytes.h"
#include "base/sys.h"
#include "run/found.h"

uint32_t th_shard_of(const char *path, size_t len, uint32_t n)
{
    return (uint32_t)(th_hash64(path, len, 0) % n);
}

/* Without memory for its name two parts may take it, but none leaves it out. */
static bool is_ours(const struct thumbs_options *options, struct th_bytes *path)
{
    bool is = th_bytes_failed(path) ||
              th_shard_of(th_bytes_str(path), path->len, options->n_shards) == options->shard;
    th_bytes_finish(path);
    return is;
}

bool th_shard_takes(const struct thumbs_options *options, const struct th_walk_entry *entry)
{
    struct th_bytes path = {0};
    if (options->n_shards <= 1 || entry->kind == TH_WALK_FAILED) return true;
    th_found_add_path(&path, entry);
    return is_ours(options, &path);
}

bool th_shard_takes_name(const struct thumbs_options *options, const char *dir, const char *name)
{
    struct th_bytes path = {0};
    if (options->n_shards <= 1) return true;
    th_found_add(&path, dir, name);
    return is_ours(options, &path);
}

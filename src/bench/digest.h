/* SPDX-License-Identifier: MIT */
/* digest.h - trees of outputs: one number for all their bytes, what differs, and getting rid of
 * them. Thread-safe. */
#ifndef TH_BENCH_DIGEST_H
#define TH_BENCH_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

/* Equal for two trees that have the same files: same paths, same bytes. Does not depend on the
 * order in which a folder gives its names, so it takes no memory that grows with the tree. */
struct th_digest {
    uint64_t sum[2]; /* 128 bits of SipHash of each path with its bytes, added up */
    uint64_t n_files, bytes;
};
bool th_bench_digests_equal(const struct th_digest *a, const struct th_digest *b);

/* Of all regular files below `path`, without what thumbs remembers in .thumbs. 0, or -1 with
 * errno. */
int th_bench_digest_tree(const char *path, struct th_digest *out);

/* The first path, in byte order, that is not the same file in both trees; NULL: there is none, or
 * errno is not 0. The caller frees it. */
char *th_bench_first_difference(const char *a, const char *b);

#endif

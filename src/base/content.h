/* SPDX-License-Identifier: MIT */
/*
 * content.h - the hash that identifies file contents: XXH3, 64 bits.
 *
 * Measured here against th_hash64() (SipHash-1-3): ten times as fast, 20 GB/s. So a photo
 * of 4 MB takes 0.2 ms, where the fastest way to decode it takes 6. It is not
 * cryptographic: anyone can make two files with one hash, and then gets, for the second, the
 * thumbnail of the first.
 */
#ifndef TH_BASE_CONTENT_H
#define TH_BASE_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#define TH_CONTENT_STATE 1024

/* A hash of bytes that come in parts. Needs no clean-up. */
struct th_content {
    _Alignas(64) unsigned char state[TH_CONTENT_STATE];
};
void th_content_begin(struct th_content *content);
void th_content_add(struct th_content *content, const void *data, size_t len);
/* Never 0, which stands for "not known" everywhere. */
uint64_t th_content_end(const struct th_content *content);

/* All at once. */
uint64_t th_content_hash(const void *data, size_t len);

#endif

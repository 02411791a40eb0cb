/* SPDX-License-Identifier: MIT */
/*
 * spool.h - texts in the order of their keys, however many there are, in bounded memory.
 *
 *     spool = th_spool_create(folder_fd, 0);
 *     th_spool_add(spool, key, key_len, text, text_len, err);      any thread, in any order
 *     th_spool_each(spool, on_text, user, err);                    then, once: in order
 *     th_spool_destroy(spool);
 *
 * Texts are collected up to a bound, sorted, and written to a temporary as one run. Sixteen runs of
 * one size become one of the next, so the runs to be merged at the end grow with the logarithm of
 * the number of texts. The temporary has no name, so nothing is left behind whatever happens.
 */
#ifndef TH_REPORT_SPOOL_H
#define TH_REPORT_SPOOL_H

#include "thumbs/thumbs.h"

struct th_spool;

/* The temporary is made in this folder (borrowed; -1: that of temporaries), and only if it is
 * needed. memory_bytes: of texts in memory; 0: 4 MiB. NULL: no memory. */
struct th_spool *th_spool_create(int folder_fd, size_t memory_bytes);
void th_spool_destroy(struct th_spool *spool); /* NULL is fine */

/* Add a text. MEMORY, NO_SPACE, NOT_WRITABLE: it is lost, and so is the order of all. Thread-safe.
 */
enum thumbs_code th_spool_add(struct th_spool *spool, const char *key, size_t key_len,
                              const char *text, size_t text_len, struct thumbs_error *err);

/* A text could not be made for lack of memory, and counts as one that could not be added.
 * Thread-safe. */
void th_spool_lose(struct th_spool *spool);

/* Take a text, borrowed until return. */
typedef void th_spool_text_fn(void *user, const char *text, size_t len);
/* All texts, by the bytes of their keys; of those with one key only the first that was added. The
 * codes of th_spool_add(). Nothing can be added after it. */
enum thumbs_code th_spool_each(struct th_spool *spool, th_spool_text_fn *on_text, void *user,
                               struct thumbs_error *err);

#endif

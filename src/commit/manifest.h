/* SPDX-License-Identifier: MIT */
/*
 * manifest.h - what was made from the files of one source folder, in a file:
 * DEST/.thumbs/made/<th_hash64 of the folder, 16 hex digits>.
 *
 * Its lines are described in manifest_words.h.
 *
 * Lines are only ever appended, each by one write to an O_APPEND descriptor, so several runs may
 * share the file; now and then it is replaced as a whole by one without outdated lines. Whatever in
 * it cannot be understood is as if it were not there: it is a memory, not a truth.
 *
 * Reading (find) may be done by any threads at the same time, appending too.
 */
#ifndef TH_COMMIT_MANIFEST_H
#define TH_COMMIT_MANIFEST_H

#include <pthread.h>
#include <stdatomic.h>

#include "commit/manifest_words.h"

struct th_dest;

#define TH_MANIFEST_RECIPES 16
#define TH_MANIFEST_MAX                                                                            \
    (INT32_C(1) << 30) /* bytes; some six million lines, and offsets fit 32 bits */

/* ---- a manifest in memory (manifest_index.c) ---- */

struct th_manifest_slot {
    uint32_t tag;    /* upper half of the hash of the key */
    uint32_t offset; /* of the line, plus 1; 0: free */
};
struct th_manifest_table { /* open addressing */
    struct th_manifest_slot *slots;
    size_t n; /* a power of two, or 0 */
};

/* Zero-initialise, then th_manifest_init(). */
struct th_manifest {
    char file[17];
    struct th_bytes header; /* the first line, newline included */
    uint64_t seed;          /* of checks */

    /* As loaded; constant afterwards. */
    char *data;
    size_t len;
    struct th_manifest_table records; /* by name and key: the last line */
    struct th_manifest_table names;   /* by name: the last line of status 'm' */
    struct th_manifest_table
        outputs; /* by word of an output: the last line of status 'm' with it */
    uint64_t hash_seed;
    char recipes[TH_MANIFEST_RECIPES][20]; /* keys whose lines are kept; "" behind the last */
    size_t n_lines, n_live;                /* lines but the header; those that tell something */
    bool blanket;                          /* there are lines of TH_KEY_ANY */
    bool old;                              /* was of version 1: replaced before the first append */
    bool foreign; /* belongs to another folder whose hash is the same, or is newer: never written */
    bool newer;   /* was written by a version of thumbs that is not known here */
    bool broken;  /* no manifest at all: removed before the first append */
    bool unread;  /* there is, or may be, one that could not be read */

    /* Appending. */
    pthread_mutex_t lock;       /* opening; and each append where DEST is remote */
    atomic_int fd;              /* -1: not opened, -2: cannot be opened, given up */
    atomic_bool torn;           /* an append failed half-way: the next begins with a newline */
    atomic_size_t n_new, n_old; /* appended lines about names and keys that were not / were known */
};

/* Takes `data` (from th_alloc; at most 2^30 bytes) as the content of the file. False on no memory
 * to index it. For th_manifest_init() and tests. */
bool th_manifest_adopt(struct th_manifest *m, char *data, size_t len);
/* Back to no content. */
void th_manifest_drop(struct th_manifest *m);

/* What was loaded about `name` under this key; appends of this run are not seen. Never of status
 * 'f'. */
bool th_manifest_find(const struct th_manifest *m, const char *name, const char *key,
                      struct th_manifest_record *out);
/* The last that was made of `name`, under whatever key, even if it was forgotten since. */
bool th_manifest_find_made(const struct th_manifest *m, const char *name,
                           struct th_manifest_record *out);
/* The record to which an output belongs, given as its word without the length. False also where it
 * was deleted. */
bool th_manifest_find_owner(const struct th_manifest *m, const char *word, size_t len,
                            struct th_manifest_record *out);
/* Is this record still the last word about its name and key? */
bool th_manifest_is_current(const struct th_manifest *m, const struct th_manifest_record *record);
/* Does an output, given as its word without the length, stand in this record? */
bool th_manifest_lists(const struct th_manifest_record *record, const char *word, size_t len);
/* Call each() with every record of status 'm', in the order of their lines, until it returns
 * false. */
typedef bool th_manifest_each_fn(void *user, const struct th_manifest_record *record);
void th_manifest_each_made(const struct th_manifest *m, th_manifest_each_fn *each, void *user);

/* The first line and those that tell something. False: no memory. */
bool th_manifest_collect(struct th_manifest *m, struct th_bytes *out);
/* ---- the file (manifest.c) ---- */

/* Load the manifest of `dir` (path of the source folder) if there is one. False on no memory for
 * the header only; a manifest that cannot be read remembers nothing. */
bool th_manifest_init(struct th_manifest *m, struct th_dest *dest, const char *dir);
/* The part of it that touches no file, for tests. */
bool th_manifest_begin(struct th_manifest *m, uint64_t hash_seed, const char *dir);
void th_manifest_finish(struct th_manifest *m);

/* The path of the folder whose manifest this is, and that of a file in DEST/.thumbs/made (false: no
 * manifest). Appended to *dir. */
bool th_manifest_dir(const struct th_manifest *m, struct th_bytes *dir);
bool th_manifest_read_dir(int made, const char *file, struct th_bytes *dir);
/* Read the file again; not while others use what was read. False: that could not be done. */
bool th_manifest_reload(struct th_manifest *m, struct th_dest *dest);

/* Append a whole line (newline at the end) about a name and a key that were known or not. False if
 * it may not have been written. */
bool th_manifest_append(struct th_manifest *m, struct th_dest *dest, bool known, const char *line,
                        size_t len);
/* Remove the file: what cannot be corrected must not be believed. Best effort. */
void th_manifest_remove(struct th_manifest *m, struct th_dest *dest);

/* Would a rewrite shrink it to less than half? Cheap. */
bool th_manifest_is_bloated(const struct th_manifest *m);
/* Replace the file by what th_manifest_collect() gives. The caller makes sure that nobody else
 * writes it. Best effort. */
void th_manifest_compact(struct th_manifest *m, struct th_dest *dest);

#endif

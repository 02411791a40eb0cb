/* SPDX-License-Identifier: MIT */
/*
 * manifest.h - what was made from the files of one source folder: DEST/.thumbs/made/<th_hash64 of the folder, 16 hex
 * digits>.
 *
 * A text file. The first line is "thumbs-manifest 2 /<folder>"; then one line per source that was looked at, of words
 * with one space between:
 *
 *     <fate> <key> <size> <mtime> <ctime> <inode> <whole 0|1> <name> <output>... =<check>
 *
 * Times are <seconds>.<nanoseconds>. fate 'm' (made): key is the fingerprint in 16 hex digits, outputs are
 * <length>:<name in the counterpart folder>, or <length>:/<path below DEST>; length 0: not known. fate 'n' (no image):
 * key is the version, "v0.1", and there are no outputs. fate 'x' (did harm): key is the fingerprint, and in place of
 * outputs stand four words: code and stage as in the report, the nanoseconds it was allowed, and the message. fate 'f'
 * (forgotten): nothing is known of this name under this key, or under any if it is "*".
 *
 * The last line about a name and a key counts. So several recipes (sizes, names) may share DEST; who writes an output
 * takes it from whoever had it, so that an output belongs to the last line of fate 'm' that lists it. The lines of
 * TH_MANIFEST_RECIPES keys are kept, those that wrote last.
 *
 * In names and messages the bytes up to space, '%' and from 0x7f on are written %XX. check is 8 hex digits of th_hash64
 * of all before it, seeded with that of the folder: what is torn, has run together, was damaged or stood in the file of
 * another folder is not believed. A line that is lost, or stands there again from an older copy, cannot be told from
 * the file; that is why lines say how long outputs are, and what stands is compared with that.
 *
 * Lines are only ever appended, each by one write to an O_APPEND descriptor, so several runs may share the file; now
 * and then it is replaced as a whole by one without outdated lines. Whatever in it cannot be understood is as if it
 * were not there: it is a memory, not a truth.
 *
 * Version 1 had no lengths, no ctime, no inode and no check. Its outputs are known to be thumbs' own, but not to be up
 * to date: lines of it are read as of key "v1", and the file is replaced before the first append.
 *
 * Reading (find) may be done by any threads at the same time, appending too.
 */
#ifndef TH_COMMIT_MANIFEST_H
#define TH_COMMIT_MANIFEST_H

#include "commit/commit_internal.h"

#define TH_FATE_MADE      'm'
#define TH_FATE_NOT_IMAGE 'n'
#define TH_FATE_FAILED    'x'
#define TH_FATE_FORGOTTEN 'f'
#define TH_KEY_ANY        "*"
#define TH_KEY_OLD        "v1"

#define TH_MANIFEST_RECIPES 16
#define TH_MANIFEST_MAX     (INT32_C(1) << 30) /* bytes; some six million lines, and offsets fit 32 bits */
#define TH_MANIFEST_MAGIC   "thumbs-manifest 2 /"
#define TH_MANIFEST_MAGIC_1 "thumbs-manifest 1 /"

/* ---- the grammar (manifest_words.c) ---- */

/* One line, taken apart. Points into it. */
struct th_manifest_record {
    const char *line;
    char fate;
    const char *key;
    size_t key_len;
    struct th_source_id id;
    bool keep_extension;
    const char *name; /* as it is written */
    size_t name_len;
    const char *outputs; /* words with a space before each */
    size_t outputs_len;
};

/* A name, percent-encoded: at most 3 * len bytes at `out`; their number. */
size_t th_manifest_encode(char *out, const char *name, size_t len);
void th_manifest_add_name(struct th_bytes *line, const char *name, size_t len);
/* The way back. False if `word` is not what th_manifest_encode() writes. */
bool th_manifest_decode(const char *word, size_t len, struct th_bytes *out);

/* The words of a line up to the name. */
void th_manifest_begin_line(struct th_bytes *line, char fate, const char *key, const struct th_source_id *id,
                            bool keep_extension, const char *name);
/* A word for an output; `word` as th_manifest_add_name() writes it, with '/' before a path below DEST. */
void th_manifest_add_output(struct th_bytes *line, uint64_t len, const struct th_bytes *word);
/* Check and newline behind what stands in `line` from byte `from` on. */
void th_manifest_end_line(struct th_bytes *line, size_t from, uint64_t seed);

/* Take a line of len bytes (without its newline) apart. With a seed also see whether its check is right. */
bool th_manifest_read_line(const char *line, size_t len, const uint64_t *seed, struct th_manifest_record *out);

/* The next word of *rest_len bytes of outputs, without the space before it; false at the end. */
bool th_manifest_next_word(const char **rest, size_t *rest_len, const char **word, size_t *word_len);
/* A word for an output: its length, and the rest of the word. */
bool th_manifest_read_output(const char *word, size_t word_len, uint64_t *len, const char **name, size_t *name_len);

/* Lines of version 1 (what stands behind the first one) in words of today; only those that tell of outputs. */
void th_manifest_convert(const char *data, size_t len, uint64_t seed, struct th_bytes *out);

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
    struct th_manifest_table names;   /* by name: the last line of fate 'm' */
    struct th_manifest_table outputs; /* by word of an output: the last line of fate 'm' with it */
    uint64_t hash_seed;
    char recipes[TH_MANIFEST_RECIPES][20]; /* keys whose lines are kept; "" behind the last */
    size_t n_lines, n_live;                /* lines but the header; those that tell something */
    bool blanket;                          /* there are lines of TH_KEY_ANY */
    bool old;                              /* was of version 1: replaced before the first append */
    bool foreign;                          /* belongs to another folder whose hash is the same: never written */
    bool broken;                           /* no manifest at all: removed before the first append */
    bool unread;                           /* there is, or may be, one that could not be read */

    /* Appending. */
    pthread_mutex_t lock;       /* opening; and each append where DEST is remote */
    atomic_int fd;              /* -1: not opened, -2: cannot be opened, given up */
    atomic_bool torn;           /* an append failed half-way: the next begins with a newline */
    atomic_size_t n_new, n_old; /* appended lines about names and keys that were not / were known */
};

/* Takes `data` (from th_alloc; at most 2^30 bytes) as the content of the file. False on no memory to index it. For
 * th_manifest_init() and tests. */
bool th_manifest_adopt(struct th_manifest *m, char *data, size_t len);
/* Back to no content. */
void th_manifest_drop(struct th_manifest *m);

/* What was loaded about `name` under this key; appends of this run are not seen. Never of fate 'f'. */
bool th_manifest_find(const struct th_manifest *m, const char *name, const char *key, struct th_manifest_record *out);
/* The last that was made of `name`, under whatever key, even if it was forgotten since. */
bool th_manifest_find_made(const struct th_manifest *m, const char *name, struct th_manifest_record *out);
/* The record to which an output belongs, given as its word without the length. */
bool th_manifest_find_owner(const struct th_manifest *m, const char *word, size_t len, struct th_manifest_record *out);
/* Is this record still the last word about its name and key? */
bool th_manifest_is_current(const struct th_manifest *m, const struct th_manifest_record *record);

/* The first line and those that tell something. False: no memory. */
bool th_manifest_collect(struct th_manifest *m, struct th_bytes *out);
/* ---- the file (manifest.c) ---- */

/* Load the manifest of `dir` (path of the source folder) if there is one. False on no memory for the header only; a
 * manifest that cannot be read remembers nothing. */
bool th_manifest_init(struct th_manifest *m, struct th_dest *dest, const char *dir);
/* The part of it that touches no file, for tests. */
bool th_manifest_begin(struct th_manifest *m, uint64_t hash_seed, const char *dir);
void th_manifest_finish(struct th_manifest *m);

/* Append a whole line (newline at the end) about a name and a key that were known or not. False if it may not have been
 * written. */
bool th_manifest_append(struct th_manifest *m, struct th_dest *dest, bool known, const char *line, size_t len);
/* Remove the file: what cannot be corrected must not be believed. Best effort. */
void th_manifest_remove(struct th_manifest *m, struct th_dest *dest);

/* Would a rewrite shrink it to less than half? Cheap. */
bool th_manifest_is_bloated(const struct th_manifest *m);
/* Replace the file by what th_manifest_collect() gives. The caller makes sure that nobody else
 * writes it. Best effort. */
void th_manifest_compact(struct th_manifest *m, struct th_dest *dest);

#endif

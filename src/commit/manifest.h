/*
 * manifest.h - what was made from the files of one source folder: DEST/.thumbs/made/<th_hash64 of the folder, 16 hex
 * digits>.
 *
 * A text file. The first line is "thumbs-manifest 1 /<folder>"; then one line per source that was looked at, of words
 * with one space between:
 *
 *     <key> <size> <seconds>.<nanoseconds> <fate> <whole 0|1> <name> <output>... ;
 *
 * fate 'm' (made): key is the fingerprint in 16 hex digits, outputs are names in the counterpart folder, or paths below
 * DEST with a '/' before them. fate 'n' (no image): key is the version, "v0.1", and there are no outputs. fate 'x'
 * (did harm): key is the fingerprint, and in place of outputs stand four words: code and stage as in the report, the
 * nanoseconds it was allowed, and the message. fate 'f' (forgotten): nothing is known. The last line about a name
 * counts. In names and messages the bytes up to space, '%' and from 0x7f on are written %XX. The closing ";" tells a
 * whole line from a torn one, or from two torn ones that ran together.
 *
 * Lines are only ever appended, each by one write to an O_APPEND descriptor, so several runs may share the file; now
 * and then it is replaced as a whole by one without outdated lines. Whatever in it cannot be understood is as if it
 * were not there: it is a memory, not a truth.
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

struct th_manifest_slot;

/* Zero-initialise, then th_manifest_init(). */
struct th_manifest {
    char file[17];
    struct th_bytes header; /* the first line, newline included */

    /* As loaded; constant afterwards. */
    char *data;
    size_t len;
    struct th_manifest_slot *slots; /* open addressing by hash of the written name */
    size_t n_slots;                 /* a power of two, or 0 */
    uint64_t hash_seed;
    size_t n_lines, n_live; /* lines but the header; names with a line that tells something */
    bool foreign;           /* belongs to another folder whose hash is the same: never written */
    bool broken;            /* no manifest at all: removed before the first append */
    bool unread;            /* there is, or may be, one that could not be read */

    /* Appending. */
    pthread_mutex_t lock;       /* opening; and each append where DEST is remote */
    atomic_int fd;              /* -1: not opened, -2: cannot be opened, given up */
    atomic_bool torn;           /* an append failed half-way: the next begins with a newline */
    atomic_size_t n_new, n_old; /* appended lines about names that were not / were known */
};

/* One line that was found. Points into the manifest. */
struct th_manifest_record {
    const char *line;    /* up to its closing ";" */
    size_t state_len;    /* <key> <size> <time> <fate> <whole>, with the space behind */
    const char *outputs; /* words with a space before each */
    size_t outputs_len;
};

/* Load the manifest of `dir` (path of the source folder) if there is one. False on no memory for the header only; a
 * manifest that cannot be read remembers nothing. */
bool th_manifest_init(struct th_manifest *m, struct th_dest *dest, const char *dir);
/* Takes `data` (from th_alloc; at most 2^30 bytes) as the content of the file. False on no memory to index it. For
 * th_manifest_init() and tests. */
bool th_manifest_adopt(struct th_manifest *m, char *data, size_t len);
void th_manifest_finish(struct th_manifest *m);

/* What was loaded about `name`; appends of this run are not seen. */
bool th_manifest_find(const struct th_manifest *m, const char *name, struct th_manifest_record *out);

/* Is the record's fate 'x'? */
bool th_manifest_is_failure(const struct th_manifest_record *record);

/* The next output (or other word in its place) of a record: moves *rest of *rest_len bytes on, decodes into *out
 * (cleared before). False at the end, and, with *bad set, if a word is malformed. */
bool th_manifest_next_output(const char **rest, size_t *rest_len, struct th_bytes *out, bool *bad);

/* The words of a line up to <whole>, with the space behind. */
void th_manifest_add_state(struct th_bytes *line, const char *key, const struct th_source_id *id, char fate,
                           bool whole_name);
/* A name, percent-encoded. */
void th_manifest_add_name(struct th_bytes *line, const char *name, size_t len);

/* Append whole lines (newline at the end) about `name`. False if they may not have been written. */
bool th_manifest_append(struct th_manifest *m, struct th_dest *dest, const char *name, const char *lines, size_t len);
/* Remove the file: what cannot be corrected must not be believed. Best effort. */
void th_manifest_remove(struct th_manifest *m, struct th_dest *dest);

/* Would a rewrite shrink it to less than half? Cheap. */
bool th_manifest_is_bloated(const struct th_manifest *m);
/* Replace the file by one without outdated lines. The caller makes sure that nobody else writes it. Best effort. */
void th_manifest_compact(struct th_manifest *m, struct th_dest *dest);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * manifest_words.h - the grammar of a manifest: its lines and words, written and read.
 *
 * A text file. The first line is "thumbs-manifest 2 /<folder>"; then one line per source that was
 * looked at, of words with one space between:
 *
 *     <status> <key> <size> <mtime> <ctime> <inode> <whole 0|1><fact>... <name> <output>...
 * =<check>
 *
 * Times are <seconds>.<nanoseconds>. status 'm' (made): key is the fingerprint in 16 hex digits,
 * outputs are <length><fact>...:<name in the counterpart folder>, or <length><fact>...:/<path below
 * DEST>; length 0: not known. A fact is a comma, a letter and a value, and may be missing: ",h" and
 * 16 hex digits: the hash of the content, of the source or of the output as it stands;
 * ",s<format>-<width>x<height>": what that picture is; ",t<time>": the outputs bear this time, not
 * that of the source (which was touched since); ",p<ThumbHash>" and "-<RRGGBB>", both in hex
 * digits: the placeholder of the source, and its dominant colour, which may be missing; ",d1": the
 * source was decoded with errors; ",z" and hex digits: the bits of the sizes that an output stands
 * for, where that is not the first size alone. Letters that are not known are passed over. status
 * 'n' (no image): key is the version, "v0.1", and there are no outputs. status 'x' (did harm): key
 * is the fingerprint, and in place of outputs stand four words: code and stage as in the report,
 * the nanoseconds it was allowed, and the message. status 'f' (forgotten): nothing is known of this
 * name under this key, or under any if it is "*". status 'd' (deleted): these outputs are gone, so
 * they belong to nobody; what else is known of the name stays.
 *
 * The last line about a name and a key counts. So several recipes (sizes, names) may share DEST;
 * who writes an output takes it from whoever had it, so that an output belongs to the last line of
 * status 'm' that lists it. The lines of TH_MANIFEST_RECIPES keys are kept, those that wrote last.
 *
 * In names and messages the bytes up to space, '%' and from 0x7f on are written %XX. check is 8 hex
 * digits of th_hash64 of all before it, seeded with that of the folder: what is torn, has run
 * together, was damaged or stood in the file of another folder is not believed. A line that is
 * lost, or stands there again from an older copy, cannot be told from the file; that is why lines
 * say how long outputs are, and what stands is compared with that.
 *
 * Version 1 had no lengths, no ctime, no inode and no check. Its outputs are known to be thumbs'
 * own, but not to be up to date: lines of it are read as of key "v1", and the file is replaced
 * before the first append.
 *
 * Pure functions, thread-safe. A manifest may hold any bytes.
 */
#ifndef TH_COMMIT_MANIFEST_WORDS_H
#define TH_COMMIT_MANIFEST_WORDS_H

#include <time.h>

#include "base/bytes.h"
#include "commit/source_id.h"

#define TH_MANIFEST_MADE      'm'
#define TH_MANIFEST_NOT_IMAGE 'n'
#define TH_MANIFEST_FAILED    'x'
#define TH_MANIFEST_FORGOTTEN 'f'
#define TH_MANIFEST_DELETED   'd'
#define TH_KEY_ANY            "*"
#define TH_KEY_OLD            "v1"

#define TH_MANIFEST_MAGIC   "thumbs-manifest 2 /"
#define TH_MANIFEST_MAGIC_1 "thumbs-manifest 1 /"

/* One line, taken apart. Points into it. */
struct th_manifest_record {
    const char *line;
    char status;
    const char *key;
    size_t key_len;
    struct th_source_id id;
    bool keep_extension;
    const char *facts; /* of the source */
    size_t facts_len;
    const char *name; /* as it is written */
    size_t name_len;
    const char *outputs; /* words with a space before each */
    size_t outputs_len;
};

/* What a line says beyond what is compared. 0 and false: not known. */
struct th_manifest_facts {
    uint64_t content;
    enum thumbs_format format;
    uint32_t width, height;
    uint32_t sizes;                        /* of an output, bits; 1 unless it is told */
    struct thumbs_placeholder placeholder; /* of a source */
    bool damaged;                          /* of a source */
    bool has_time;
    int64_t time_sec;
    int32_t time_nsec;
};

/* A name, percent-encoded: at most 3 * len bytes at `out`; their number. */
size_t th_manifest_encode(char *out, const char *name, size_t len);
void th_manifest_add_name(struct th_bytes *line, const char *name, size_t len);
/* The way back. False if `word` is not what th_manifest_encode() writes. */
bool th_manifest_decode(const char *word, size_t len, struct th_bytes *out);

/* The words of a line up to the name. `time` (NULL: that of the source) is what the outputs bear.
 */
void th_manifest_begin_line(struct th_bytes *line, char status, const char *key,
                            const struct th_source_id *id, const struct timespec *time,
                            bool keep_extension, const char *name);
/* A word for an output; `word` as th_manifest_add_name() writes it, with '/' before a path below
 * DEST. */
void th_manifest_add_output(struct th_bytes *line, uint64_t len,
                            const struct th_manifest_facts *facts, const struct th_bytes *word);
/* Check and newline behind what stands in `line` from byte `from` on. */
void th_manifest_end_line(struct th_bytes *line, size_t from, uint64_t seed);

/* The folder that a first line of len bytes (without its newline) is about, appended to *dir. False
 * if it is none of a version that is known. */
bool th_manifest_decode_header(const char *first, size_t len, struct th_bytes *dir);
/* Take a line of len bytes (without its newline) apart. With a seed also see whether its check is
 * right. */
bool th_manifest_read_line(const char *line, size_t len, const uint64_t *seed,
                           struct th_manifest_record *out);

/* The next word of *rest_len bytes of outputs, without the space before it; false at the end. */
bool th_manifest_next_word(const char **rest, size_t *rest_len, const char **word,
                           size_t *word_len);
/* A word for an output: its length, and what stands behind the colon. */
bool th_manifest_read_output(const char *word, size_t word_len, uint64_t *len, const char **name,
                             size_t *name_len);
/* The facts in such a word, or those of a record. What is malformed is not known. */
struct th_manifest_facts th_manifest_read_facts(const char *text, size_t len);
struct th_manifest_facts th_manifest_facts_of(const struct th_manifest_record *record);
/* What the source of a record turned out to be, into *id, whose state and content stay. */
void th_manifest_tell_source(const struct th_manifest_record *record, struct th_source_id *id);
/* The source of a record as it was: its state, its content, and what it turned out to be. */
struct th_source_id th_manifest_source_of(const struct th_manifest_record *record);
/* Was it made under this fingerprint? */
bool th_manifest_has_key(const struct th_manifest_record *record, const char *key);

/* Lines of version 1 (what stands behind the first one) in words of today; only those that tell of
 * outputs. */
void th_manifest_convert(const char *data, size_t len, uint64_t seed, struct th_bytes *out);

#endif

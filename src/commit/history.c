/* SPDX-License-Identifier: MIT */
/* What is asked of a manifest, and what is told to it. */
#include "commit/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "commit/maker_mark.h"
#include "commit/output_folder_internal.h"

#define STRING_OF(x) #x
#define NUMBER_OF(x) STRING_OF(x)
/* What is no image to one version may be one to the next. */
#define VERSION_KEY "v" NUMBER_OF(THUMBS_VERSION_MAJOR) "." NUMBER_OF(THUMBS_VERSION_MINOR)

/* ---- what is known ---- */

/* Does an output bear the time of its source, as far as its file system can hold it? Some keep only
 * microseconds, seconds, or (FAT) even seconds. */
static bool is_time_of(const struct th_dest *dest, const struct timespec *output,
                       const struct th_source_id *id)
{
    static const int32_t steps_ns[] = {1, 100, 1000, 1000000, 10000000, 1000000000};
    if (dest->two_second_times && output->tv_nsec == 0 &&
        output->tv_sec == (id->mtime_sec & ~INT64_C(1)))
        return true;
    if (output->tv_sec != id->mtime_sec) return false;
    for (size_t i = 0; i < sizeof steps_ns / sizeof steps_ns[0]; i++) {
        if (output->tv_nsec == id->mtime_nsec - id->mtime_nsec % steps_ns[i]) return true;
    }
    return false;
}

/* Where an output stands: an open folder, and the name in it. */
struct spot {
    struct th_folder_ref ref;
    const char *name;
};

/* Decoded, without a length: as it stands in the manifest. False: it is not there. */
static bool find_spot(struct th_output_folder *folder, const char *output, struct spot *out)
{
    *out = (struct spot){.ref = {.fd = -1}, .name = output};
    if (*output == '/') {
        const char *path = output + 1, *slash = strrchr(path, '/');
        out->name = slash ? slash + 1 : path;
        return th_folder_get(folder, path, slash ? (size_t)(slash - path) : 0, false, &out->ref,
                             NULL);
    }
    out->ref.fd = th_folder_own(folder, false, NULL);
    return out->ref.fd >= 0 && !strchr(output, '/');
}

/* Is this what was made, as far as can be told without opening it? Length 0: it is not known how
 * long it was. An empty file is none of ours, whatever its time: a power cut may leave such. */
static bool is_as_made(const struct th_output_folder *folder, const struct stat *st, uint64_t len,
                       const struct th_source_id *id)
{
    return S_ISREG(st->st_mode) && st->st_size > 0 && (len == 0 || (uint64_t)st->st_size == len) &&
           is_time_of(folder->dest, &st->st_mtim, id);
}

/* word: as it is written, without its length. */
static bool output_stands(struct th_output_folder *folder, const char *word, size_t word_len,
                          uint64_t len, const struct th_source_id *id)
{
    struct th_bytes output = {0};
    struct spot spot = {.ref = {.fd = -1}};
    struct stat st;
    bool stands = len > 0 && th_manifest_decode(word, word_len, &output) &&
                  find_spot(folder, th_bytes_str(&output), &spot) &&
                  fstatat(spot.ref.fd, spot.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                  is_as_made(folder, &st, len, id);
    th_folder_release(&spot.ref);
    th_bytes_finish(&output);
    return stands;
}

/* Does this output still belong to the record, so that nobody has made it since? */
static bool is_owner(const struct th_output_folder *folder, const struct th_manifest_record *record,
                     const char *word, size_t len)
{
    struct th_manifest_record owner;
    return th_manifest_find_owner(&folder->manifest, word, len, &owner) &&
           owner.line == record->line;
}

static bool outputs_stand(struct th_output_folder *folder, const struct th_manifest_record *record,
                          const struct th_source_id *id)
{
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len, n = 0;
    uint64_t len;
    for (; th_manifest_next_word(&rest, &rest_len, &word, &word_len); n++) {
        if (!th_manifest_read_output(word, word_len, &len, &name, &name_len) ||
            !is_owner(folder, record, name, name_len) ||
            !output_stands(folder, name, name_len, len, id))
            return false;
    }
    return n > 0 && rest_len == 0;
}

static bool is_same_id(const struct th_output_folder *folder, const struct th_source_id *a,
                       const struct th_source_id *b)
{
    return a->size == b->size && a->mtime_sec == b->mtime_sec && a->mtime_nsec == b->mtime_nsec &&
           a->ctime_sec == b->ctime_sec && a->ctime_nsec == b->ctime_nsec &&
           (a->inode == b->inode || folder->inodes_change);
}

/* Is there a record of that status about this very state of the source? */
static bool find_state(const struct th_output_folder *folder, const char *name, const char *key,
                       char status, const struct th_source_id *id, struct th_manifest_record *out)
{
    return th_manifest_find(&folder->manifest, name, key, out) && out->status == status &&
           is_same_id(folder, &out->id, id);
}

enum th_known th_history_lookup(struct th_output_folder *folder, const char *name,
                                bool keep_extension, const struct th_source_id *id)
{
    struct th_manifest_record record;
    if (find_state(folder, name, folder->key, TH_MANIFEST_MADE, id, &record))
        return record.keep_extension == keep_extension && outputs_stand(folder, &record, id)
                   ? TH_KNOWN_UP_TO_DATE
                   : TH_KNOWN_NOTHING;
    if (find_state(folder, name, VERSION_KEY, TH_MANIFEST_NOT_IMAGE, id, &record) &&
        record.outputs_len == 0)
        return TH_KNOWN_NOT_IMAGE;
    return TH_KNOWN_NOTHING;
}

/* ---- whose is it ---- */

/* The path of an output as a word of the manifest. Memory failure is left in *word. */
static void add_word(const struct th_output_folder *folder, struct th_bytes *word, const char *path)
{
    const char *slash = strrchr(path, '/');
    bool own = th_folder_is_own(folder, path, slash ? (size_t)(slash - path) : 0);
    if (!own) th_bytes_addc(word, '/');
    const char *shown = own && slash ? slash + 1 : path;
    th_manifest_add_name(word, shown, strlen(shown));
}

static bool find_owner(const struct th_output_folder *folder, const char *path,
                       struct th_manifest_record *out)
{
    struct th_bytes word = {0};
    add_word(folder, &word, path);
    bool found = !th_bytes_failed(&word) &&
                 th_manifest_find_owner(&folder->manifest, word.data, word.len, out);
    th_bytes_finish(&word);
    return found;
}

/* How long a record says that an output was; false if it does not list it. */
static bool find_length(const struct th_output_folder *folder,
                        const struct th_manifest_record *record, const char *path, uint64_t *len)
{
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len;
    struct th_bytes wanted = {0};
    bool found = false;
    add_word(folder, &wanted, path);
    while (!found && !th_bytes_failed(&wanted) &&
           th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        found = th_manifest_read_output(word, word_len, len, &name, &name_len) &&
                name_len == wanted.len && memcmp(name, wanted.data, name_len) == 0;
    }
    th_bytes_finish(&wanted);
    return found;
}

bool th_history_made(const struct th_output_folder *folder, const char *path, const struct stat *st)
{
    struct th_manifest_record owner;
    uint64_t len = 0;
    return find_owner(folder, path, &owner) && find_length(folder, &owner, path, &len) &&
           is_as_made(folder, st, len, &owner.id);
}

bool th_history_edited(const struct th_output_folder *folder, const char *path,
                       const struct stat *st, const struct th_source_id *id)
{
    struct th_manifest_record owner;
    uint64_t len = 0;
    return find_owner(folder, path, &owner) && find_length(folder, &owner, path, &len) && len > 0 &&
           (uint64_t)st->st_size != len && !is_time_of(folder->dest, &st->st_mtim, &owner.id) &&
           !is_time_of(folder->dest, &st->st_mtim, id);
}

static bool is_named(const struct th_manifest_record *a, const struct th_manifest_record *b)
{
    return a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0;
}

bool th_history_kept_name(const struct th_output_folder *folder, const char *name,
                          bool *keep_extension, bool *same_options)
{
    struct th_manifest_record record, owner;
    const char *rest, *word, *output;
    size_t rest_len, word_len, output_len;
    uint64_t ignored;
    bool found = th_manifest_find(&folder->manifest, name, folder->key, &record) &&
                 record.status == TH_MANIFEST_MADE;
    if (!found && !th_manifest_find_made(&folder->manifest, name, &record)) return false;
    rest = record.outputs;
    rest_len = record.outputs_len;
    while (th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        if (!th_manifest_read_output(word, word_len, &ignored, &output, &output_len) ||
            !th_manifest_find_owner(&folder->manifest, output, output_len, &owner) ||
            !is_named(&owner, &record))
            return false;
    }
    *keep_extension = record.keep_extension;
    *same_options = found;
    return true;
}

bool th_history_owns(const struct th_output_folder *folder, const char *path, const char *name)
{
    struct th_manifest_record record;
    struct th_bytes owner = {0};
    bool owns = find_owner(folder, path, &record) &&
                th_manifest_decode(record.name, record.name_len, &owner) &&
                strcmp(th_bytes_str(&owner), name) == 0;
    th_bytes_finish(&owner);
    return owns;
}

bool th_history_owner(const struct th_output_folder *folder, const char *path, const char *name,
                      struct th_bytes *owner)
{
    struct th_manifest_record record;
    if (!find_owner(folder, path, &record) ||
        !th_manifest_decode(record.name, record.name_len, owner))
        return false;
    return strcmp(th_bytes_str(owner), name) != 0;
}

/* ---- remembering ---- */

/* known: there is a line about this name and key already. Ends the line. */
static bool append(struct th_output_folder *folder, bool known, struct th_bytes *line)
{
    th_manifest_end_line(line, 0, folder->manifest.seed);
    bool done = !th_bytes_failed(line) &&
                th_manifest_append(&folder->manifest, folder->dest, known, line->data, line->len);
    th_bytes_finish(line);
    return done;
}

static bool is_known(const struct th_output_folder *folder, const char *name, const char *key)
{
    struct th_manifest_record ignored;
    return th_manifest_find(&folder->manifest, name, key, &ignored);
}

static void begin_line(const struct th_output_folder *folder, struct th_bytes *line, char status,
                       const char *key, const struct th_source_id *id, bool keep_extension,
                       const char *name)
{
    struct th_source_id written = *id;
    if (folder->inodes_change) written.inode = 0;
    th_manifest_begin_line(line, status, key, &written, keep_extension, name);
}

void th_history_remember_not_image(struct th_output_folder *folder, const char *name,
                                   const struct th_source_id *id)
{
    if (folder->dest->dry_run) return;
    struct th_bytes line = {0};
    begin_line(folder, &line, TH_MANIFEST_NOT_IMAGE, VERSION_KEY, id, false, name);
    append(folder, is_known(folder, name, VERSION_KEY), &line);
}

/* Nothing is known of this name under this key. If that cannot be written, all is given up. */
static void forget(struct th_output_folder *folder, const char *name, const char *key)
{
    struct th_bytes line = {0};
    const struct th_source_id none = {0};
    begin_line(folder, &line, TH_MANIFEST_FORGOTTEN, key, &none, false, name);
    if (!append(folder, true, &line)) th_manifest_remove(&folder->manifest, folder->dest);
}

static void forget_record(struct th_output_folder *folder, const struct th_manifest_record *record)
{
    struct th_bytes name = {0}, key = {0};
    th_bytes_add(&key, record->key, record->key_len);
    if (th_manifest_decode(record->name, record->name_len, &name) && !th_bytes_failed(&key))
        forget(folder, name.data, key.data);
    else
        th_manifest_remove(&folder->manifest, folder->dest);
    th_bytes_finish(&name);
    th_bytes_finish(&key);
}

/* Should the run die between the outputs that are now made and their record, would this record say
 * what is wrong: that it is true again, or that outputs of ours were edited by somebody else? Not
 * if it says of the same source what will be said anyway. */
static bool is_misleading(const struct th_output_folder *folder,
                          const struct th_manifest_record *record, const char *name,
                          bool keep_extension, const struct th_source_id *id)
{
    struct th_manifest_record same;
    if (!th_manifest_is_current(&folder->manifest, record)) return false;
    return !find_state(folder, name, folder->key, TH_MANIFEST_MADE, id, &same) ||
           same.line != record->line || same.keep_extension != keep_extension;
}

void th_history_take_back(struct th_output_folder *folder, const char *name, bool keep_extension,
                          const struct th_source_id *id, const struct th_commit_output *outputs,
                          size_t n_outputs)
{
    struct th_manifest_record record;
    const char *last = NULL;
    if (folder->manifest.unread) {
        forget(folder, name, TH_KEY_ANY);
        return;
    }
    if (find_state(folder, name, folder->key, TH_MANIFEST_FAILED, id, &record))
        forget_record(folder, &record);
    for (size_t i = 0; i < n_outputs; i++) {
        if (!find_owner(folder, outputs[i].path, &record) || record.line == last) continue;
        last = record.line;
        if (is_misleading(folder, &record, name, keep_extension, id))
            forget_record(folder, &record);
    }
}

void th_history_remember(struct th_output_folder *folder, const char *name, bool keep_extension,
                         const struct th_source_id *id, const struct th_commit_output *outputs,
                         size_t n_outputs)
{
    struct th_bytes line = {0}, word = {0};
    begin_line(folder, &line, TH_MANIFEST_MADE, folder->key, id, keep_extension, name);
    for (size_t i = 0; i < n_outputs; i++) {
        th_bytes_clear(&word);
        add_word(folder, &word, outputs[i].path);
        th_manifest_add_output(&line, th_mark_len(outputs[i].data, outputs[i].len), &word);
    }
    th_bytes_finish(&word);
    append(folder, is_known(folder, name, folder->key), &line);
}

/* ---- sources that did harm ---- */

void th_history_remember_failure(struct th_output_folder *folder, const char *name,
                                 const struct th_source_id *id, uint64_t timeout_ns,
                                 const struct thumbs_error *error)
{
    if (folder->dest->dry_run) return;
    struct th_bytes line = {0};
    begin_line(folder, &line, TH_MANIFEST_FAILED, folder->key, id, false, name);
    th_bytes_addf(&line, " %s %s %llu ", thumbs_code_name(error->code),
                  thumbs_stage_name(error->stage), (unsigned long long)timeout_ns);
    const char *message = *error->message ? error->message : "no reason known";
    th_manifest_add_name(&line, message, strlen(message));
    append(folder, is_known(folder, name, folder->key), &line);
}

/* What the four words of such a record say. */
struct failure {
    enum thumbs_code code;
    enum thumbs_stage stage;
    uint64_t timeout_ns;
    struct th_bytes message;
};

static bool take_word(const char *word, int i_word, struct failure *out)
{
    switch (i_word) {
    case 0:
        while (out->code < THUMBS_N_CODES && strcmp(word, thumbs_code_name(out->code)) != 0)
            out->code++;
        return th_history_remembers(out->code);
    case 1:
        while (out->stage < THUMBS_N_STAGES && strcmp(word, thumbs_stage_name(out->stage)) != 0)
            out->stage++;
        return out->stage < THUMBS_N_STAGES;
    case 2:
        return th_parse_u64(word, 0, UINT64_MAX, &out->timeout_ns);
    default:
        th_bytes_adds(&out->message, word);
        return i_word == 3;
    }
}

/* out->message is the caller's to finish, whatever comes back. */
static bool read_failure(const struct th_manifest_record *record, struct failure *out)
{
    struct th_bytes text = {0};
    const char *rest = record->outputs, *word;
    size_t rest_len = record->outputs_len, word_len;
    bool good = true;
    int n = 0;
    while (good && th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        th_bytes_clear(&text);
        good =
            th_manifest_decode(word, word_len, &text) && take_word(th_bytes_str(&text), n++, out);
    }
    th_bytes_finish(&text);
    return good && n == 4;
}

/* 0 is time without end, which is longer than any other. */
static bool is_longer(uint64_t now_ns, uint64_t then_ns)
{
    return then_ns != 0 && (now_ns == 0 || now_ns > then_ns);
}

bool th_history_recall_failure(struct th_output_folder *folder, const char *name,
                               const struct th_source_id *id, uint64_t timeout_ns,
                               struct thumbs_error *error)
{
    struct th_manifest_record record;
    struct failure failure = {0};
    if (!find_state(folder, name, folder->key, TH_MANIFEST_FAILED, id, &record)) return false;
    bool known = read_failure(&record, &failure);
    if (failure.code == THUMBS_TIMEOUT && is_longer(timeout_ns, failure.timeout_ns)) known = false;
    if (known)
        th_error_set(error, failure.code, failure.stage,
                     "%s last time (%.120s); --retry-failed tries it again",
                     failure.code == THUMBS_TIMEOUT ? "timed out" : "crashed",
                     th_bytes_str(&failure.message));
    th_bytes_finish(&failure.message);
    return known;
}

void th_history_forget_failure(struct th_output_folder *folder, const char *name)
{
    struct th_manifest_record record;
    if (folder->dest->dry_run || !th_manifest_find(&folder->manifest, name, folder->key, &record))
        return;
    if (record.status == TH_MANIFEST_FAILED) forget_record(folder, &record);
}

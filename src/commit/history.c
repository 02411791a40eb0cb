/* SPDX-License-Identifier: MIT */
/* What is asked of a manifest, and what is told to it. */
#include "commit/history.h"

#include <string.h>

#include "base/sys.h"
#include "commit/history_internal.h"
#include "commit/maker_mark.h"
#include "commit/standing.h"

#define STRING_OF(x) #x
#define NUMBER_OF(x) STRING_OF(x)
/* What is no image to one version may be one to the next. */
#define VERSION_KEY "v" NUMBER_OF(THUMBS_VERSION_MAJOR) "." NUMBER_OF(THUMBS_VERSION_MINOR)

/* ---- what is known ---- */

static bool is_same_id(const struct th_output_folder *folder, const struct th_source_id *a,
                       const struct th_source_id *b)
{
    return a->size == b->size && a->mtime_sec == b->mtime_sec && a->mtime_nsec == b->mtime_nsec &&
           a->ctime_sec == b->ctime_sec && a->ctime_nsec == b->ctime_nsec &&
           (a->inode == b->inode || folder->inodes_change);
}

bool th_history_find_state(const struct th_output_folder *folder, const char *name, const char *key,
                           char status, const struct th_source_id *id,
                           struct th_manifest_record *out)
{
    return th_manifest_find(&folder->manifest, name, key, out) && out->status == status &&
           is_same_id(folder, &out->id, id);
}

bool th_history_find_no_image(const struct th_output_folder *folder, const char *name,
                              const struct th_source_id *id, struct th_manifest_record *out)
{
    return th_manifest_find(&folder->manifest, name, VERSION_KEY, out) &&
           out->status == TH_MANIFEST_NOT_IMAGE && (!id || is_same_id(folder, &out->id, id));
}

enum th_known th_history_lookup(struct th_output_folder *folder, const char *name,
                                bool keep_extension, const struct th_source_id *id)
{
    struct th_manifest_record record;
    bool is_there = th_manifest_find(&folder->manifest, name, folder->key, &record) &&
                    record.status == TH_MANIFEST_MADE;
    bool is_same = is_there && is_same_id(folder, &record.id, id);
    bool may_be_same = is_there && !is_same && record.id.size == id->size &&
                       th_manifest_facts_of(&record).content != 0;
    if (is_same || may_be_same) {
        if (record.keep_extension != keep_extension || !th_standing_outputs(folder, &record))
            return TH_KNOWN_NOTHING;
        return is_same ? TH_KNOWN_UP_TO_DATE : TH_KNOWN_IF_SAME;
    }
    if (th_history_find_state(folder, name, VERSION_KEY, TH_MANIFEST_NOT_IMAGE, id, &record) &&
        record.outputs_len == 0)
        return TH_KNOWN_NOT_IMAGE;
    return TH_KNOWN_NOTHING;
}

bool th_history_is_same(struct th_output_folder *folder, const char *name, bool keep_extension,
                        const struct th_source_id *id)
{
    struct th_manifest_record record;
    return id->content != 0 && th_manifest_find(&folder->manifest, name, folder->key, &record) &&
           record.status == TH_MANIFEST_MADE && record.id.size == id->size &&
           th_manifest_facts_of(&record).content == id->content &&
           record.keep_extension == keep_extension && th_standing_outputs(folder, &record);
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

bool th_history_add_path(const struct th_output_folder *folder, struct th_bytes *path,
                         const char *word, size_t len)
{
    if (*word == '/') {
        word++;
        len--;
    } else if (folder->path.len) {
        th_bytes_add(path, folder->path.data, folder->path.len);
        th_bytes_addc(path, '/');
    }
    return th_manifest_decode(word, len, path);
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

/* How long a record says that an output was, and which time it bears; false if it does not list
 * it. */
static bool find_output(const struct th_output_folder *folder,
                        const struct th_manifest_record *record, const char *path, uint64_t *len,
                        struct timespec *time)
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
        if (found) *time = th_standing_output_time(record, word, word_len);
    }
    th_bytes_finish(&wanted);
    return found;
}

bool th_history_made(const struct th_output_folder *folder, const char *path, const struct stat *st)
{
    struct th_manifest_record owner;
    struct timespec time;
    uint64_t len = 0;
    return find_owner(folder, path, &owner) && find_output(folder, &owner, path, &len, &time) &&
           th_standing_is_as_made(folder, st, len, &time);
}

bool th_history_edited(const struct th_output_folder *folder, const char *path,
                       const struct stat *st, const struct th_source_id *id)
{
    struct th_manifest_record owner;
    struct timespec then;
    uint64_t len = 0;
    if (!find_owner(folder, path, &owner) || !find_output(folder, &owner, path, &len, &then))
        return false;
    const struct timespec now = th_standing_source_time(id);
    return len > 0 && (uint64_t)st->st_size != len &&
           !th_standing_is_time(folder->dest, &st->st_mtim, &then) &&
           !th_standing_is_time(folder->dest, &st->st_mtim, &now);
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

bool th_history_append(struct th_output_folder *folder, bool known, struct th_bytes *line)
{
    th_manifest_end_line(line, 0, folder->manifest.seed);
    bool done = !th_bytes_failed(line) &&
                th_manifest_append(&folder->manifest, folder->dest, known, line->data, line->len);
    th_bytes_finish(line);
    return done;
}

bool th_history_is_known(const struct th_output_folder *folder, const char *name, const char *key)
{
    struct th_manifest_record ignored;
    return th_manifest_find(&folder->manifest, name, key, &ignored);
}

void th_history_begin_line(const struct th_output_folder *folder, struct th_bytes *line,
                           char status, const char *key, const struct th_source_id *id,
                           const struct timespec *time, bool keep_extension, const char *name)
{
    struct th_source_id written = *id;
    if (folder->inodes_change) written.inode = 0;
    th_manifest_begin_line(line, status, key, &written, time, keep_extension, name);
}

void th_history_remember_not_image(struct th_output_folder *folder, const char *name,
                                   const struct th_source_id *id)
{
    if (folder->dest->dry_run) return;
    struct th_bytes line = {0};
    th_history_begin_line(folder, &line, TH_MANIFEST_NOT_IMAGE, VERSION_KEY, id, NULL, false, name);
    th_history_append(folder, th_history_is_known(folder, name, VERSION_KEY), &line);
}

/* Nothing is known of this name under this key. If that cannot be written, all is given up. */
static void forget(struct th_output_folder *folder, const char *name, const char *key)
{
    struct th_bytes line = {0};
    const struct th_source_id none = {0};
    th_history_begin_line(folder, &line, TH_MANIFEST_FORGOTTEN, key, &none, NULL, false, name);
    if (!th_history_append(folder, true, &line))
        th_manifest_remove(&folder->manifest, folder->dest);
}

static uint64_t renewed_hash(const struct th_output_folder *folder, const char *name,
                             const char *key)
{
    return th_hash64(name, strlen(name), th_hash64(key, strlen(key), folder->dest->run.seed));
}

/* The record of a source that has one already. */
static void renew(struct th_output_folder *folder, const char *name, struct th_bytes *line)
{
    pthread_mutex_lock(&folder->renewing);
    /* Without memory for this the newer record may be forgotten, and its outputs made again. */
    th_hashmap_put(&folder->renewed, renewed_hash(folder, name, folder->key), 1, NULL);
    th_history_append(folder, true, line);
    pthread_mutex_unlock(&folder->renewing);
}

static void forget_unless_renewed(struct th_output_folder *folder, const char *name,
                                  const char *key)
{
    pthread_mutex_lock(&folder->renewing);
    if (!th_hashmap_find(&folder->renewed, renewed_hash(folder, name, key)))
        forget(folder, name, key);
    pthread_mutex_unlock(&folder->renewing);
}

void th_history_forget_record(struct th_output_folder *folder,
                              const struct th_manifest_record *record)
{
    struct th_bytes name = {0}, key = {0};
    th_bytes_add(&key, record->key, record->key_len);
    if (th_manifest_decode(record->name, record->name_len, &name) && !th_bytes_failed(&key))
        forget_unless_renewed(folder, name.data, key.data);
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
    return !th_history_find_state(folder, name, folder->key, TH_MANIFEST_MADE, id, &same) ||
           same.line != record->line || same.keep_extension != keep_extension;
}

void th_history_take_back(struct th_output_folder *folder, const char *name, bool keep_extension,
                          const struct th_source_id *id, const struct th_commit_output *outputs,
                          const struct th_stood *stood, size_t n_outputs)
{
    struct th_manifest_record record;
    const char *last = NULL;
    if (folder->manifest.unread) {
        forget(folder, name, TH_KEY_ANY);
        return;
    }
    if (th_history_find_state(folder, name, folder->key, TH_MANIFEST_FAILED, id, &record))
        th_history_forget_record(folder, &record);
    for (size_t i = 0; i < n_outputs; i++) {
        if (stood[i].stood || !find_owner(folder, outputs[i].path, &record) || record.line == last)
            continue;
        last = record.line;
        if (is_misleading(folder, &record, name, keep_extension, id))
            th_history_forget_record(folder, &record);
    }
}

void th_history_remember(struct th_output_folder *folder, const char *name, bool keep_extension,
                         const struct th_source_id *id, const struct th_commit_output *outputs,
                         const struct th_stood *stood, size_t n_outputs)
{
    struct th_bytes line = {0}, word = {0};
    th_history_begin_line(folder, &line, TH_MANIFEST_MADE, folder->key, id, NULL, keep_extension,
                          name);
    for (size_t i = 0; i < n_outputs; i++) {
        th_bytes_clear(&word);
        add_word(folder, &word, outputs[i].path);
        const struct th_manifest_facts facts = {.content = outputs[i].content,
                                                .format = outputs[i].format,
                                                .width = outputs[i].width,
                                                .height = outputs[i].height,
                                                .sizes = outputs[i].sizes,
                                                .has_time = stood[i].stood,
                                                .time_sec = stood[i].time.tv_sec,
                                                .time_nsec = (int32_t)stood[i].time.tv_nsec};
        th_manifest_add_output(&line, th_mark_len(outputs[i].data, outputs[i].len), &facts, &word);
    }
    th_bytes_finish(&word);
    if (th_history_is_known(folder, name, folder->key))
        renew(folder, name, &line);
    else
        th_history_append(folder, false, &line);
}

void th_history_refresh(struct th_output_folder *folder, const char *name,
                        const struct th_source_id *id)
{
    struct th_manifest_record record;
    struct th_bytes line = {0};
    if (folder->dest->dry_run || !th_manifest_find(&folder->manifest, name, folder->key, &record) ||
        record.status != TH_MANIFEST_MADE || is_same_id(folder, &record.id, id))
        return;
    const struct timespec time = th_standing_time(&record);
    struct th_source_id now = *id;
    th_manifest_tell_source(&record, &now);
    th_history_begin_line(folder, &line, TH_MANIFEST_MADE, folder->key, &now, &time,
                          record.keep_extension, name);
    th_bytes_add(&line, record.outputs, record.outputs_len);
    th_history_append(folder, true, &line);
}

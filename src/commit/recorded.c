/* SPDX-License-Identifier: MIT */
#include "commit/recorded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit/history_internal.h"
#include "commit/own_output.h"
#include "commit/standing.h"

/* What was removed of the outputs of one record, to be told when all of them have been seen. */
struct th_recorded_pass {
    struct th_output_folder *folder;
    th_recorded_fn *each;
    void *user;
    struct th_bytes dir, name, path;
    bool ended; /* by each(), or no memory */

    struct th_bytes removed; /* words of outputs, as a line has them */
    size_t n_owned, n_removed;
};

/* ---- one after the other ---- */

static bool is_owner(const struct th_output_folder *folder, const struct th_manifest_record *record,
                     const char *word, size_t len)
{
    struct th_manifest_record owner;
    return th_manifest_find_owner(&folder->manifest, word, len, &owner) &&
           owner.line == record->line;
}

static uint64_t source_of(const struct th_recorded_pass *pass)
{
    const uint64_t seed = pass->folder->dest->run.seed;
    const uint64_t dir = th_hash64(th_bytes_str(&pass->dir), pass->dir.len, seed);
    return th_hash64(th_bytes_str(&pass->name), pass->name.len, dir);
}

/* word: that of an output, without its length. */
static void take_output(struct th_recorded_pass *pass, const struct th_manifest_record *record,
                        const char *word, size_t len)
{
    th_bytes_clear(&pass->path);
    if (!th_history_add_path(pass->folder, &pass->path, word, len)) {
        pass->ended |= th_bytes_failed(&pass->path);
        return;
    }
    const char *path = th_bytes_str(&pass->path);
    if (!th_own_output_may_be_called(path)) return;
    const struct th_recorded recorded = {
        .path = path,
        .dir = th_bytes_str(&pass->dir),
        .name = th_bytes_str(&pass->name),
        .own_options = th_manifest_has_key(record, pass->folder->key),
        .is_owner = is_owner(pass->folder, record, word, len),
        .source = source_of(pass),
        .hash = th_hash64(path, strlen(path), pass->folder->dest->run.seed),
        .record = record,
        .word = word,
        .word_len = len,
        .pass = pass};
    if (!recorded.is_owner && !th_manifest_is_current(&pass->folder->manifest, record)) return;
    pass->n_owned += recorded.is_owner;
    if (!pass->each(pass->user, pass->folder, &recorded)) pass->ended = true;
}

/* What the manifest has to say about what was removed: these outputs are gone and, if they were the
 * last ones, nothing is made of this source any more. */
static void settle(struct th_recorded_pass *pass, const struct th_manifest_record *record)
{
    struct th_output_folder *folder = pass->folder;
    const struct th_source_id none = {0};
    struct th_bytes line = {0}, key = {0};
    if (pass->n_removed == 0) return;
    th_bytes_add(&key, record->key, record->key_len);
    th_history_begin_line(folder, &line, TH_MANIFEST_DELETED, th_bytes_str(&key), &none, NULL,
                          record->keep_extension, th_bytes_str(&pass->name));
    th_bytes_add(&line, th_bytes_str(&pass->removed), pass->removed.len);
    if (th_bytes_failed(&key) || th_bytes_failed(&pass->removed)) line.failed = true;
    th_history_append(folder, true, &line);
    th_bytes_finish(&key);
    if (pass->n_removed == pass->n_owned && th_manifest_is_current(&folder->manifest, record))
        th_history_forget_record(folder, record);
}

static bool take_record(void *user, const struct th_manifest_record *record)
{
    struct th_recorded_pass *pass = user;
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len;
    uint64_t ignored;
    th_bytes_clear(&pass->name);
    th_bytes_clear(&pass->removed);
    pass->n_owned = pass->n_removed = 0;
    if (!th_manifest_decode(record->name, record->name_len, &pass->name)) {
        pass->ended |= th_bytes_failed(&pass->name);
        return !pass->ended;
    }
    while (!pass->ended && th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        if (th_manifest_read_output(word, word_len, &ignored, &name, &name_len))
            take_output(pass, record, name, name_len);
    }
    settle(pass, record);
    return !pass->ended;
}

bool th_recorded_each(struct th_output_folder *folder, th_recorded_fn *each, void *user)
{
    struct th_recorded_pass pass = {.folder = folder, .each = each, .user = user};
    pass.ended = !th_manifest_dir(&folder->manifest, &pass.dir);
    if (!pass.ended) th_manifest_each_made(&folder->manifest, take_record, &pass);
    th_bytes_finish(&pass.dir);
    th_bytes_finish(&pass.name);
    th_bytes_finish(&pass.path);
    th_bytes_finish(&pass.removed);
    return !pass.ended;
}

bool th_recorded_is_stale(struct th_output_folder *folder, const struct th_recorded *recorded)
{
    struct th_manifest_record now;
    return th_manifest_find(&folder->manifest, recorded->name, folder->key, &now) &&
           now.status == TH_MANIFEST_MADE && now.line != recorded->record->line &&
           !th_manifest_lists(&now, recorded->word, recorded->word_len) &&
           th_standing_outputs(folder, &now);
}

bool th_recorded_is_of_no_image(struct th_output_folder *folder, const struct th_recorded *recorded,
                                const struct th_source_id *id)
{
    struct th_manifest_record now;
    return th_history_find_no_image(folder, recorded->name, id, &now) &&
           now.line > recorded->record->line;
}

/* ---- looking and removing ---- */

/* What stands there, and where: the reference is the caller's to release in any case. */
static enum th_stands find_and_look(struct th_output_folder *folder,
                                    const struct th_recorded *recorded, struct th_spot *spot)
{
    const char *path = recorded->path, *slash = strrchr(path, '/');
    struct stat st;
    *spot = (struct th_spot){.ref = {.fd = -1}, .name = slash ? slash + 1 : path};
    if (!th_folder_get(folder, path, slash ? (size_t)(slash - path) : 0, false, &spot->ref, NULL) ||
        fstatat(spot->ref.fd, spot->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || errno == ENOTDIR ? TH_STANDS_NOT : TH_STANDS_FOREIGN;
    return th_own_output_is(folder, path, spot->ref.fd, spot->name, &st, &recorded->record->id)
               ? TH_STANDS_OURS
               : TH_STANDS_FOREIGN;
}

enum th_stands th_recorded_look(struct th_output_folder *folder, const struct th_recorded *recorded)
{
    struct th_spot spot;
    const enum th_stands stands = find_and_look(folder, recorded, &spot);
    th_folder_release(&spot.ref);
    return stands;
}

static void note_removed(const struct th_recorded *recorded)
{
    const struct th_manifest_facts none = {0};
    struct th_bytes word = {0};
    th_bytes_add(&word, recorded->word, recorded->word_len);
    th_manifest_add_output(&recorded->pass->removed, 0, &none, &word);
    th_bytes_finish(&word);
    recorded->pass->n_removed++;
}

enum thumbs_code th_recorded_remove(struct th_output_folder *folder,
                                    const struct th_recorded *recorded, struct thumbs_error *err)
{
    struct th_spot spot;
    enum thumbs_code code = THUMBS_OK;
    switch (find_and_look(folder, recorded, &spot)) {
    case TH_STANDS_NOT:
        break;
    case TH_STANDS_FOREIGN:
        code = th_error_set(err, THUMBS_NOT_OURS, THUMBS_STAGE_WRITE,
                            "what stands there was not made by thumbs, or cannot be looked at");
        break;
    case TH_STANDS_OURS:
        if (unlinkat(spot.ref.fd, spot.name, 0) != 0 && errno != ENOENT)
            code = th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, errno,
                               "cannot remove it");
    }
    th_folder_release(&spot.ref);
    if (code == THUMBS_OK) note_removed(recorded);
    return code;
}

/* ---- folders ---- */

void th_recorded_remove_empty(struct th_dest *dest, const char *path)
{
    size_t len = strlen(path);
    bool removed = !th_dest_has_other_runs(dest);
    while (removed && len > 0) {
        const char *slash = memrchr(path, '/', len);
        const size_t parent_len = slash ? (size_t)(slash - path) : 0;
        struct th_bytes name = {0};
        th_bytes_add(&name, slash ? slash + 1 : path, len - parent_len - (slash ? 1 : 0));
        int fd = th_dest_open_folder(dest, path, parent_len, false, NULL, NULL);
        removed = fd >= 0 && !th_bytes_failed(&name) &&
                  unlinkat(fd, th_bytes_str(&name), AT_REMOVEDIR) == 0;
        if (fd >= 0) th_close(fd);
        th_bytes_finish(&name);
        len = parent_len;
    }
}

struct search {
    const struct th_manifest *manifest;
    bool found;
};

static bool find_current(void *user, const struct th_manifest_record *record)
{
    struct search *search = user;
    search->found = th_manifest_is_current(search->manifest, record);
    return !search->found;
}

/* Another run may be about to append to it. */
void th_recorded_drop_folder(struct th_output_folder *folder)
{
    struct search search = {.manifest = &folder->manifest};
    if (th_dest_has_other_runs(folder->dest) ||
        !th_manifest_reload(&folder->manifest, folder->dest))
        return;
    th_manifest_each_made(&folder->manifest, find_current, &search);
    if (!search.found) th_manifest_remove(&folder->manifest, folder->dest);
}

static bool is_manifest(const char *name)
{
    return strspn(name, "0123456789abcdef") == 16 && name[16] == '\0';
}

bool th_recorded_each_folder(struct th_dest *dest, th_recorded_folder_fn *each, void *user)
{
    struct th_bytes dir = {0};
    struct dirent *entry;
    bool whole = false;
    if (dest->fd < 0) return true;
    int made = th_dest_open_made(dest, false);
    DIR *list = made >= 0 ? fdopendir(made) : NULL;
    if (!list) {
        const bool is_none = made < 0 && errno == ENOENT;
        if (made >= 0) th_close(made);
        return is_none;
    }
    while (errno = 0, (entry = readdir(list))) {
        th_bytes_clear(&dir);
        if (is_manifest(entry->d_name) && th_manifest_read_dir(made, entry->d_name, &dir) &&
            !each(user, th_bytes_str(&dir)))
            goto out;
    }
    whole = errno == 0;
out:
    closedir(list);
    th_bytes_finish(&dir);
    return whole;
}
